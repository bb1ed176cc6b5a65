"""Whether an order may go to the ERP, and if not, for which reasons: every one there is."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from shared.domain import addresses, enrichment, orders, payments
from shared.domain.held import Held
from shared.domain.payments import PaymentState
from shared.model.case import HoldReason
from shared.model.order import FraudVerdict, Order
from shared.model.order_policy import AddressLimits, OrderPolicy
from shared.model.order_rules import OrderRule
from shared.model.retailer import Channel

_PAID = frozenset(
    {
        PaymentState.CAPTURED,
        PaymentState.PARTLY_REFUNDED,
        PaymentState.REFUNDED,
        PaymentState.ON_TERMS,
    }
)
_PROMISED = _PAID | {PaymentState.AUTHORISED, PaymentState.PARTLY_CAPTURED}
_ENOUGH = {"placed": frozenset(PaymentState), "authorised": _PROMISED, "captured": _PAID}


WAIVABLE = frozenset({HoldReason.CANCELLATION, HoldReason.SHIPPED_ELSEWHERE, HoldReason.STOCK})
"""Reasons that end by a person's word alone."""


def told_of(
    order: Order,
    policy: OrderPolicy,
    *,
    now: datetime,
    rules: Sequence[OrderRule] = (),
    limits: AddressLimits | None = None,
) -> Iterator[Held]:
    """Reasons that lie in the order and the retailer's rules; what codes mean is not asked here.

    A verdict or a payment that may still come by itself is a reason too. `limits` are those of the
    ERP.
    """
    yield from _payment(order, policy, now)
    if policy.fraud == "hold" and order.fraud in {FraudVerdict.PENDING, FraudVerdict.REJECTED}:
        yield Held(
            HoldReason.FRAUD,
            "fraud",
            order.fraud,
            "look at the order's risk in the channel, then accept or cancel it there",
        )
    yield from _decided(order, policy)
    sent = order.terms is not None and order.terms.told_address
    address = addresses.held(order, policy, limits if sent else None)
    tax = enrichment.untaxed(order, rules)
    yield from (one for one in (address, tax) if one is not None)


def _decided(order: Order, policy: OrderPolicy) -> Iterator[Held]:
    """What a person decides: cancel in the channel, or waive the reason by a replay."""
    if order.asked_back and policy.buyer_cancels == "hold":
        yield Held(
            HoldReason.CANCELLATION,
            "asked_back",
            f"{len(order.asked_back)} of {len(order.lines)} lines",
            "the buyer asks to cancel: do so in the channel, or replay to send it all the same",
        )
    if order.left and policy.shipped_elsewhere == "hold":
        units = sum(line.quantity for line in order.lines)
        yield Held(
            HoldReason.SHIPPED_ELSEWHERE,
            "left",
            f"{sum(order.left.values())} of {units} units",
            "these units left without the ERP: book them there by hand, or replay to send all "
            "the same",
        )


def _payment(order: Order, policy: OrderPolicy, now: datetime) -> Iterator[Held]:
    state = payments.state_of(order, order.payments, now=now)
    if order.pending or state not in _ENOUGH[policy.release_when]:
        yield Held(
            HoldReason.PAYMENT,
            "payments",
            state,
            "nothing to do while the customer is paying; else cancel the order in the channel",
        )


def reasons(
    order: Order,
    channel: Channel,
    *,
    now: datetime,
    refused: bool,
    waived: Collection[HoldReason] = (),
    rules: Sequence[OrderRule] = (),
    limits: AddressLimits | None = None,
) -> tuple[HoldReason, ...]:
    """Why this order is held, nothing if it is released; `refused` is what the ERP said of it."""
    told = told_of(order, channel.orders, now=now, rules=rules, limits=limits)
    found = [held.reason for held in told if held.reason not in waived]
    if orders.check_totals(order, tolerance_minor=channel.tolerance_minor):
        found.append(HoldReason.TOTALS_DIFFER)
    if orders.unmapped(order):
        found.append(HoldReason.UNMAPPED_SKU)
    if refused:
        found.append(HoldReason.REJECTED_BY_ERP)
    return tuple(found)
