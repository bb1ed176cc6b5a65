"""Whether an order may go to the ERP, and if not, for which reasons: every one there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.domain import orders, payments
from shared.domain.payments import PaymentState
from shared.model.case import HoldReason
from shared.model.order import Address, FraudVerdict, Order
from shared.model.order_policy import OrderPolicy
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


@dataclass(frozen=True, slots=True)
class Held:
    """One reason, with the field that shows it, its value, and what ends it."""

    reason: HoldReason
    field: str
    value: str
    remedy: str


def told_of(order: Order, policy: OrderPolicy, *, now: datetime) -> Iterator[Held]:
    """Reasons that lie in the order and the retailer's policy; what codes mean is not asked here.

    A verdict or a payment that may still come by itself is a reason too.
    """
    yield from _payment(order, policy, now)
    if policy.fraud == "hold" and order.fraud in {FraudVerdict.PENDING, FraudVerdict.REJECTED}:
        yield Held(
            HoldReason.FRAUD,
            "fraud",
            order.fraud,
            "look at the order's risk in the channel, then accept or cancel it there",
        )
    missing = [name for name in policy.address if not _says(order.shipping_address, name)]
    if missing:
        yield Held(
            HoldReason.ADDRESS,
            "shipping_address",
            f"without {', '.join(missing)}",
            "complete the address in the channel",
        )


def _payment(order: Order, policy: OrderPolicy, now: datetime) -> Iterator[Held]:
    state = payments.state_of(order, order.payments, now=now)
    enough = {"placed": frozenset(PaymentState), "authorised": _PROMISED, "captured": _PAID}
    if order.pending or state not in enough[policy.release_when]:
        yield Held(
            HoldReason.PAYMENT,
            "payments",
            state,
            "nothing to do while the customer is paying; else cancel the order in the channel",
        )


def _says(address: Address | None, name: str) -> bool:
    return address is not None and bool(getattr(address, name))


def reasons(
    order: Order, channel: Channel, *, now: datetime, refused: bool
) -> tuple[HoldReason, ...]:
    """Why this order is held, nothing if it is released; `refused` is what the ERP said of it."""
    found = [held.reason for held in told_of(order, channel.orders, now=now)]
    if orders.check_totals(order, tolerance_minor=channel.tolerance_minor):
        found.append(HoldReason.TOTALS_DIFFER)
    if orders.unmapped(order):
        found.append(HoldReason.UNMAPPED_SKU)
    if refused:
        found.append(HoldReason.REJECTED_BY_ERP)
    return tuple(found)
