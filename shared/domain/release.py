"""Whether an order may go to the ERP, and if not, for which reasons: every one there is."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from shared.domain import addresses, enrichment, orders, payments, suspicion
from shared.domain.held import Held
from shared.model.case import HoldReason
from shared.model.order import Order
from shared.model.order_policy import AddressLimits, OrderPolicy
from shared.model.order_rules import OrderRule
from shared.model.retailer import Channel

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
    if suspicion.suspect(order, policy):
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
    due, got = payments.due(order), payments.captured(order, order.payments)
    if policy.release_when == "authorised":
        got += payments.promised(order, order.payments, now=now)
    state = payments.state_of(order, order.payments, now=now)
    enough = got.amount >= due.amount or payments.on_terms(order, now=now)
    if order.pending or (policy.release_when != "placed" and not enough):
        yield Held(
            HoldReason.PAYMENT,
            "payments",
            f"{state}: {got} of {due}",
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
