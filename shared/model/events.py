"""Business events: the news a retailer's own systems may want, with versioned schemas."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import Facet, Name
from shared.model.money import Money
from shared.model.parity import Cause, Finding, Repair
from shared.model.refund_shares import TenderShare

SOURCE = "shelfwire"


class _Event(Canonical):
    schema_version: ClassVar[int] = 1
    at: Instant


class OrderAccepted(_Event):
    """The ERP holds the order."""

    type: Literal["OrderAccepted"] = "OrderAccepted"
    order_id: str
    channel: Name
    erp_order: str
    total: Money


class OrderHeld(_Event):
    type: Literal["OrderHeld"] = "OrderHeld"
    order_id: str
    channel: Name
    reasons: tuple[str, ...]
    total: Money


class OrderReleased(_Event):
    """A hold was solved; the order goes on by itself."""

    type: Literal["OrderReleased"] = "OrderReleased"
    order_id: str
    channel: Name


class OrderCancelled(_Event):
    """Nothing of the order is to leave any more, in the ERP neither."""

    type: Literal["OrderCancelled"] = "OrderCancelled"
    order_id: str
    channel: Name


class CancellationTooLate(_Event):
    """Units, by line, were asked back after they had left: a return is due."""

    type: Literal["CancellationTooLate"] = "CancellationTooLate"
    order_id: str
    channel: Name
    lines: dict[str, int]


class OrderShipped(_Event):
    type: Literal["OrderShipped"] = "OrderShipped"
    order_id: str
    channel: Name
    shipment_id: str
    complete: bool


class OrderRefunded(_Event):
    """`tenders` are the payments it went back to, `shopper` the total as the shopper saw it."""

    type: Literal["OrderRefunded"] = "OrderRefunded"
    order_id: str
    channel: Name
    refund_id: str
    total: Money
    shopper: Money | None = None
    tenders: tuple[TenderShare, ...] = ()


class _Billed(_Event):
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


class RefundCredited(_Event):
    """The ERP keeps a document of money that went back; `document` is its number there."""

    type: Literal["RefundCredited"] = "RefundCredited"
    order_id: str
    channel: Name
    refund_id: str
    document: str
    total: Money


class OrderPromised(_Event):
    """What the ERP promises now: units allocated by line, and the day of what comes later."""

    type: Literal["OrderPromised"] = "OrderPromised"
    order_id: str
    channel: Name
    allocated: dict[str, int]
    backorders: dict[str, str]


class ReturnAuthorised(_Event):
    """A customer may send these units back, by line."""

    type: Literal["ReturnAuthorised"] = "ReturnAuthorised"
    order_id: str
    channel: Name
    return_id: str
    lines: dict[str, int]


class ReturnReceived(_Event):
    """Units of a return came, by line; `complete` once all that was announced has."""

    type: Literal["ReturnReceived"] = "ReturnReceived"
    order_id: str
    channel: Name
    return_id: str
    told_by: str
    lines: dict[str, int]
    complete: bool


class IssueRaised(_Event):
    type: Literal["IssueRaised"] = "IssueRaised"
    issue_id: str
    kind: str
    severity: str
    connection: Name


class IssueSolved(_Event):
    type: Literal["IssueSolved"] = "IssueSolved"
    issue_id: str
    kind: str
    solved_by: str


class ReconciliationFinding(_Event):
    """A comparison found a channel showing something else than it should, `count` times.

    `examples` are a few of them; `repair` says what became of all, None that nothing did.
    """

    type: Literal["ReconciliationFinding"] = "ReconciliationFinding"
    channel: Name
    facet: Facet
    cause: Cause
    repair: Repair | None
    count: int
    examples: tuple[Finding, ...]


class PriceApproved(_Event):
    """A person let a price through that the guardrails had held; `before` is what was shown."""

    type: Literal["PriceApproved"] = "PriceApproved"
    channel: Name
    sku: str
    price: Money
    before: Money | None
    by: str
    why: str


class PriceRejected(_Event):
    """A person said no to a price that the guardrails had held; what was shown stays."""

    type: Literal["PriceRejected"] = "PriceRejected"
    channel: Name
    sku: str
    price: Money
    before: Money | None
    by: str
    why: str


class FeedApproved(_Event):
    """A person let a file be applied that was held whole, for these reasons."""

    type: Literal["FeedApproved"] = "FeedApproved"
    file: str
    reasons: tuple[str, ...]
    by: str
    why: str


class FeedRejected(_Event):
    """A person dropped a file that was held whole; nothing of it is applied."""

    type: Literal["FeedRejected"] = "FeedRejected"
    file: str
    reasons: tuple[str, ...]
    by: str
    why: str


BusinessEvent = Annotated[
    OrderAccepted
    | OrderHeld
    | OrderReleased
    | OrderCancelled
    | CancellationTooLate
    | OrderShipped
    | OrderRefunded
    | RefundCredited
    | InvoicePosted
    | CreditMemoPosted
    | OrderPromised
    | ReturnAuthorised
    | ReturnReceived
    | IssueRaised
    | IssueSolved
    | ReconciliationFinding
    | PriceApproved
    | PriceRejected
    | FeedApproved
    | FeedRejected,
    Field(discriminator="type"),
]

ALL = (
    OrderAccepted,
    OrderHeld,
    OrderReleased,
    OrderCancelled,
    CancellationTooLate,
    OrderShipped,
    OrderRefunded,
    RefundCredited,
    InvoicePosted,
    CreditMemoPosted,
    OrderPromised,
    ReturnAuthorised,
    ReturnReceived,
    IssueRaised,
    IssueSolved,
    ReconciliationFinding,
    PriceApproved,
    PriceRejected,
    FeedApproved,
    FeedRejected,
)
