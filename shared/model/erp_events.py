"""What the ERP did about an order."""

from typing import Literal

from shared.model.event import Event
from shared.model.ids import Name
from shared.model.money import Money


class OrderAccepted(Event):
    """The ERP holds the order."""

    type: Literal["OrderAccepted"] = "OrderAccepted"
    order_id: str
    channel: Name
    erp_order: str
    total: Money


class OrderPromised(Event):
    """What the ERP promises now: units allocated by line, and the day of what comes later."""

    type: Literal["OrderPromised"] = "OrderPromised"
    order_id: str
    channel: Name
    allocated: dict[str, int]
    backorders: dict[str, str]


class _Billed(Event):
    """The ERP booked a billing document, or took it back; `total` is with tax."""

    order_id: str
    channel: Name
    document: str
    total: Money
    cancelled: bool


class InvoicePosted(_Billed):
    type: Literal["InvoicePosted"] = "InvoicePosted"


class CreditMemoPosted(_Billed):
    """`refund_id` is the refund it is for, None if it was credited in the ERP by hand."""

    type: Literal["CreditMemoPosted"] = "CreditMemoPosted"
    refund_id: str | None


class RefundCredited(Event):
    """The ERP keeps a document of money that went back; `document` is its number there."""

    type: Literal["RefundCredited"] = "RefundCredited"
    order_id: str
    channel: Name
    refund_id: str
    document: str
    total: Money
