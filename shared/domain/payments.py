"""Whether an order is paid for: a function of the set of its payments, however they came in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain import never_left
from shared.model.money import Money, total
from shared.model.order import Order, Payment, PaymentKind


class PaymentState(StrEnum):
    """Of the whole order, over all its gateways and gift cards."""

    PENDING = "pending"
    ON_TERMS = "on_terms"  # to be paid later, as was agreed
    AUTHORISED = "authorised"
    EXPIRED = "expired"  # authorised once, and no longer
    VOIDED = "voided"
    PARTLY_CAPTURED = "partly_captured"
    CAPTURED = "captured"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


_P = PaymentState
_MONEY_BACK = frozenset({_P.PARTLY_REFUNDED, _P.REFUNDED})
_TAKEN = frozenset({_P.PARTLY_CAPTURED, _P.CAPTURED}) | _MONEY_BACK
_PROMISED = frozenset(_P) - _TAKEN
NEXT: Final[Mapping[PaymentState, frozenset[PaymentState]]] = {
    **{promised: frozenset(_P) - {promised} for promised in _PROMISED},
    _P.PARTLY_CAPTURED: frozenset({_P.CAPTURED}) | _MONEY_BACK,
    _P.CAPTURED: _MONEY_BACK,
    _P.PARTLY_REFUNDED: frozenset({_P.REFUNDED}),
    _P.REFUNDED: frozenset({_P.PARTLY_REFUNDED}),  # another tender is captured after the refund
}
"""Where more payments can lead. Promises come and go: of two authorisations that cover an order
one is voided, another follows an expiry; what was taken is only added to or given back."""


def joined(known: Iterable[Payment], told: Iterable[Payment]) -> tuple[Payment, ...]:
    """Every payment heard of, once; one that succeeded stays so, whoever tells it otherwise."""
    found: dict[str, Payment] = {}
    for payment in (*known, *told):
        before = found.get(payment.reference)
        found[payment.reference] = payment if before is None else _newer(before, payment)
    return tuple(found[reference] for reference in sorted(found))


def _newer(one: Payment, other: Payment) -> Payment:
    return one if one == other else max(one, other, key=_fullness)


def _fullness(one: Payment) -> tuple[bool, int, str]:
    """What succeeded first, then what says more; what says as much in a fixed order."""
    said = (one.expires_at, one.at, one.shopper, one.parent)
    return one.succeeded, sum(each is not None for each in said), repr(one)


def state_of(order: Order, payments: Iterable[Payment], *, now: datetime) -> PaymentState:
    """`payments` are all that were heard of; those that failed count for nothing."""
    done = [payment for payment in payments if payment.succeeded]
    taken = _sum(order, done, PaymentKind.CAPTURE)
    back = _sum(order, done, PaymentKind.REFUND)
    if taken.amount and back.amount:
        return _P.REFUNDED if back.amount >= taken.amount else _P.PARTLY_REFUNDED
    if taken.amount >= order.total.amount:
        return _P.CAPTURED
    if taken.amount:
        return _P.PARTLY_CAPTURED
    return _promised(order, done, now)


def _promised(order: Order, done: Iterable[Payment], now: datetime) -> PaymentState:
    """Nothing is captured yet: what stands in for the money."""
    asked, kept, valid = _authorisations(done, now)
    if valid and total(order.currency, (p.amount for p in valid)).amount >= order.total.amount:
        return _P.AUTHORISED
    if kept and len(valid) < len(kept):
        return _P.EXPIRED
    if asked and not kept:
        return _P.VOIDED
    return _P.ON_TERMS if order.terms_days is not None else _P.PENDING


def _authorisations(
    done: Iterable[Payment], now: datetime
) -> tuple[list[Payment], list[Payment], list[Payment]]:
    """All there were, those that nobody voided, and of these those that have not expired."""
    done = list(done)
    asked = [p for p in done if p.kind is PaymentKind.AUTHORISATION]
    void = {p.parent for p in done if p.kind is PaymentKind.VOID}
    kept = [p for p in asked if p.reference not in void and not (None in void and len(asked) == 1)]
    return asked, kept, [p for p in kept if p.expires_at is None or now < p.expires_at]


def due(order: Order) -> Money:
    """What an order takes to be paid: its total, less what was cancelled and never paid for.

    Money that went back for cancelled units is not taken off: it was captured, and counts as that.
    """
    off = (
        max(0, never_left.cancelled(order, refund) - refund.total.amount)
        for refund in order.refunds
    )
    return Money(amount=max(0, order.total.amount - sum(off)), currency=order.currency)


def promised(order: Order, payments: Iterable[Payment], *, now: datetime) -> Money:
    """What may still be captured of authorisations that are neither voided nor expired."""
    done = [payment for payment in payments if payment.succeeded]
    taken = Counter[str | None]()
    for payment in done:
        taken[payment.parent] += payment.amount.amount * (payment.kind is PaymentKind.CAPTURE)
    valid = _authorisations(done, now)[2]
    rest = sum(max(0, p.amount.amount - taken[p.reference]) for p in valid)
    return Money(amount=rest, currency=order.currency)


def on_terms(order: Order, *, now: datetime) -> bool:
    """Whether credit was agreed, and no authorisation has lapsed since."""
    lapsed = state_of(order, order.payments, now=now) in {_P.EXPIRED, _P.VOIDED}
    return order.terms_days is not None and not lapsed


def captured(order: Order, payments: Iterable[Payment]) -> Money:
    """What was taken, over all gateways and gift cards."""
    return _sum(order, [p for p in payments if p.succeeded], PaymentKind.CAPTURE)


def _sum(order: Order, done: Iterable[Payment], kind: PaymentKind) -> Money:
    return total(order.currency, (p.amount for p in done if p.kind is kind))
