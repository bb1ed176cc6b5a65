"""To which payments refunds went back, and for which parts: in both currencies.

A shopper pays with a gift card and a card, or in another currency than the shop's. A channel tells
by which payments a refund went back, or does not: what it does not tell is divided over what is
left. Each currency is divided by itself, always by what is left: every division sums to the refund
exactly, no payment and no part gives back more than it took, and the last refund takes the rest.
"""

from collections.abc import Iterable, Iterator, Sequence

from shared.domain.credits import Credit, OverRefund, by, paid_parts, steps
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.money import Money
from shared.model.order import Order, Payment, PaymentKind, Refund
from shared.model.refund_shares import PartShare, RefundShares, TenderShare


@frozen
class _Told:
    """One payment back: among which captures, by their places, and how much of them."""

    gateway: str
    among: frozenset[int]
    shop: int
    shopper: int


def tendered(
    order: Order, payments: Iterable[Payment], refunds: Sequence[Refund]
) -> tuple[TenderShare, ...] | OverRefund:
    """What each capture gives back of the last of `refunds`; those before it went first.

    Empty if nothing that was captured is known: on terms, or its channel tells of no payments.
    """
    done = [payment for payment in payments if payment.succeeded]
    captures = [payment for payment in done if payment.kind is PaymentKind.CAPTURE]
    back = {p.reference: p for p in done if p.kind is PaymentKind.REFUND}
    shop = [payment.amount.amount for payment in captures]
    shopper = [p.shopper.amount for p in captures if p.shopper is not None]
    named = [back[name] for refund in refunds for name in refund.payments if name in back]
    both = len(shopper) == len(captures) and all(refund.shopper for refund in refunds)
    both = both and all(payment.shopper for payment in named)
    found: tuple[TenderShare, ...] = ()
    for refund in refunds if captures else ():
        told = [_told(back[name], captures) for name in refund.payments if name in back]
        taken = _taken(refund.total, [(t.gateway, t.among, t.shop) for t in told], shop)
        if isinstance(taken, OverRefund):
            return taken
        other: Sequence[Money | None] = [None] * len(captures)
        if both and refund.shopper is not None:
            parts = _taken(refund.shopper, [(t.gateway, t.among, t.shopper) for t in told], shopper)
            if isinstance(parts, OverRefund):
                return parts
            other = [Money(amount=part, currency=refund.shopper.currency) for part in parts]
        found = tuple(_shares(captures, order.currency, taken, other))
    return found


def _told(back: Payment, captures: Sequence[Payment]) -> _Told:
    """To its capture, else to those of its gateway; store credit goes back to any of them."""
    places = range(len(captures))
    among = (
        [i for i in places if back.parent is not None and captures[i].reference == back.parent]
        or [i for i in places if captures[i].gateway == back.gateway]
        or places
    )
    shopper = (back.shopper or back.amount).amount
    return _Told(back.gateway, frozenset(among), back.amount.amount, shopper)


def _taken(
    stated: Money, told: Iterable[tuple[str, frozenset[int], int]], left: list[int]
) -> list[int] | OverRefund:
    """What each capture gives back, which is taken off what of it is `left`."""
    taken = [0] * len(left)
    for gateway, among, amount in told:
        room = [had - gone if i in among else 0 for i, (had, gone) in _both(left, taken)]
        if amount > sum(room):
            return _over(amount, sum(room), stated.currency, gateway)
        taken = _added(taken, by(amount, room))
    rest = stated.amount - sum(taken)
    if rest < 0:
        taken = _added(taken, [-part for part in by(-rest, taken)])
    else:
        room = [had - gone for _, (had, gone) in _both(left, taken)]
        if rest > sum(room):
            return _over(stated.amount, sum(left), stated.currency, "")
        taken = _added(taken, by(rest, room))
    left[:] = _added(left, [-part for part in taken])
    return taken


def _over(stated: int, left: int, currency: str, gateway: str) -> OverRefund:
    return OverRefund(
        Money(amount=stated, currency=currency), Money(amount=left, currency=currency), gateway
    )


def _shares(
    captures: Sequence[Payment], currency: str, taken: list[int], other: Sequence[Money | None]
) -> Iterator[TenderShare]:
    for capture, amount, shopper in zip(captures, taken, other, strict=True):
        if amount or (shopper is not None and shopper.amount):
            yield TenderShare(
                payment=capture.reference,
                gateway=capture.gateway,
                amount=Money(amount=amount, currency=currency),
                shopper=shopper,
            )


type Cell = tuple[str | None, str | None]
"""A line, or None for the freight; and a tax by its name, or None for what is without tax."""


def parted(order: Order, refunds: Sequence[Refund]) -> tuple[PartShare, ...] | OverRefund:
    """For what the last of `refunds` went back: each part's net and its taxes by name."""
    paid = paid_parts(order)
    cells = list(paid)
    whole = order.shopper_total
    left = by(whole.amount, list(paid.values())) if whole is not None else []
    found: tuple[PartShare, ...] = ()
    for refund, credited in zip(refunds, steps(order, refunds), strict=False):
        if isinstance(credited, OverRefund):
            return credited
        shop = _cells(credited, cells)
        other: Sequence[Money | None] = [None] * len(cells)
        if whole is not None and refund.shopper is not None:
            if refund.shopper.amount > sum(left):
                return _over(refund.shopper.amount, sum(left), whole.currency, "")
            parts = _capped(refund.shopper.amount, shop, left)
            left = _added(left, [-part for part in parts])
            other = [Money(amount=part, currency=whole.currency) for part in parts]
        found = tuple(
            PartShare(
                line_id=line_id,
                tax=tax,
                amount=Money(amount=amount, currency=order.currency),
                shopper=shopper,
            )
            for (line_id, tax), amount, shopper in zip(cells, shop, other, strict=True)
            if amount or (shopper is not None and shopper.amount)
        )
    return found


def _cells(credited: Iterable[Credit], cells: Sequence[Cell]) -> list[int]:
    found = dict.fromkeys(cells, 0)
    for credit in credited:
        for tax, amount in [(None, credit.net), *credit.taxes.items()]:
            if amount.amount:  # a line that was edited away is no cell, and gives nothing back
                found[credit.line_id, tax] += amount.amount
    return list(found.values())


def _capped(amount: int, weights: Sequence[int], caps: Sequence[int]) -> list[int]:
    """Divide by weight, each part no more than its cap; `amount` is no more than all caps."""
    parts = [min(part, cap) for part, cap in zip(by(amount, weights), caps, strict=True)]
    for named in (True, False):  # what did not fit goes to the other parts it is for, then to any
        room = [
            cap - part if weight or not named else 0
            for part, cap, weight in zip(parts, caps, weights, strict=True)
        ]
        parts = _added(parts, by(min(amount - sum(parts), sum(room)), room))
    return parts


def shares(case: Case, refund: Refund) -> RefundShares:
    """Both divisions of one refund of a case."""
    parts = parted(case.order, _until(case, refund))
    return RefundShares(
        refund_id=refund.refund_id,
        tenders=of_payments(case, refund),
        parts=() if isinstance(parts, OverRefund) else parts,
    )


def of_payments(case: Case, refund: Refund) -> tuple[TenderShare, ...]:
    """The first of them alone, which takes far less of an order of many lines and refunds."""
    found = tendered(case.newest, case.newest.payments, _until(case, refund))
    return () if isinstance(found, OverRefund) else found


def _until(case: Case, refund: Refund) -> Sequence[Refund]:
    return case.refunds[: case.refunds.index(refund) + 1]


def _both(one: Sequence[int], other: Sequence[int]) -> Iterable[tuple[int, tuple[int, int]]]:
    return enumerate(zip(one, other, strict=True))


def _added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
