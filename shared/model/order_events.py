"""What became of an order on its way from its channel to the customer."""

from typing import Literal

from shared.model.event import Event
from shared.model.ids import Name
from shared.model.money import Money
from shared.model.refund_shares import TenderShare


class OrderHeld(Event):
    type: Literal["OrderHeld"] = "OrderHeld"
    order_id: str
    channel: Name
    reasons: tuple[str, ...]
    total: Money


class OrderReleased(Event):
    """A hold was solved; the order goes on by itself."""

    type: Literal["OrderReleased"] = "OrderReleased"
    order_id: str
    channel: Name


class OrderCancelled(Event):
    """Nothing of the order is to leave any more, in the ERP neither."""

    type: Literal["OrderCancelled"] = "OrderCancelled"
    order_id: str
    channel: Name


class CancellationTooLate(Event):
    """Units, by line, were asked back after they had left: a return is due."""

    type: Literal["CancellationTooLate"] = "CancellationTooLate"
    order_id: str
    channel: Name
    lines: dict[str, int]


class OrderShipped(Event):
    type: Literal["OrderShipped"] = "OrderShipped"
    order_id: str
    channel: Name
    shipment_id: str
    complete: bool


class OrderRefunded(Event):
    """`tenders` are the payments it went back to, `shopper` the total as the shopper saw it."""

    type: Literal["OrderRefunded"] = "OrderRefunded"
    order_id: str
    channel: Name
    refund_id: str
    total: Money
    shopper: Money | None = None
    tenders: tuple[TenderShare, ...] = ()
