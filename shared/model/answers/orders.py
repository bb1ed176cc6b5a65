"""What is answered of orders and returns: where they stand, and their whole story.

A part that is a model of ours is answered as it is written; an amount of text is `19.99 GBP`.
"""

from datetime import date
from typing import NotRequired, TypedDict

from shared.model.base import Instant
from shared.model.case import CaseState, HoldReason, Hop, Intent
from shared.model.ids import ExternalId, Name, Sku
from shared.model.invoice import BillingKind
from shared.model.money import Money
from shared.model.order import Payment, RefundedFreight, RefundLine, Shipment
from shared.model.order_terms import OrderTerms
from shared.model.refund_shares import RefundShares
from shared.model.reservation import ReservationState, ReservedLine
from shared.model.return_call import ReturnedLine
from shared.model.returns import (
    Disposition,
    Receipt,
    ReturnLine,
    ReturnMove,
    ReturnState,
    ReturnStatus,
)


class OrderStanding(TypedDict):
    """Where an order stands, in the aspects that move by themselves."""

    state: CaseState
    payment: str
    fraud: str
    fulfilment: str
    billing: str
    cancellation: str


class OrderedLine(TypedDict):
    """`sku` is our article, once the channel's own is mapped to one."""

    line_id: ExternalId
    channel_sku: str
    sku: Sku | None
    quantity: int
    unit_price: str
    location: Name | None


class RefundStory(TypedDict):
    """Money that went back, and how it divides over tenders, lines, freight and taxes."""

    refund_id: ExternalId
    created_at: Instant
    total: Money
    lines: tuple[RefundLine, ...]
    freight: RefundedFreight | None
    return_id: NotRequired[str]
    payments: NotRequired[tuple[ExternalId, ...]]
    shopper: NotRequired[Money]
    asked: NotRequired[str]
    shares: RefundShares


class ReturnStory(TypedDict):
    """What a customer sends back, and what came of it; `worth` is of one the ERP opened."""

    return_id: str
    origin: Name
    status: ReturnStatus
    told_at: Instant
    lines: tuple[ReturnLine, ...]
    exchanged: tuple[ExternalId, ...]
    receipts: tuple[Receipt, ...]
    moves: NotRequired[tuple[ReturnMove, ...]]
    kits: NotRequired[dict[Sku, dict[Sku, int]]]
    document: str | None
    worth: Money | None
    state: ReturnState


class Bill(TypedDict):
    """An invoice or credit memo; `bills` is the document of the ERP it is made for."""

    document: ExternalId
    kind: BillingKind
    bills: ExternalId
    reference: str
    issued_at: Instant
    total: Money
    tax: Money
    cancelled: bool
    changed_at: NotRequired[Instant]


class OrderStory(TypedDict):
    """An order from its capture on, without the customer's name and address.

    `late`, `allocated` and `backorders` are by line: units asked back too late, units the ERP has
    promised, and the days on which the others are expected.
    """

    order_id: str
    number: str
    state: CaseState
    holds: tuple[HoldReason, ...]
    standing: OrderStanding
    late: dict[str, int]
    allocated: dict[str, int]
    backorders: dict[str, date]
    total: str
    shopper_total: str | None
    erp_order: str | None
    erp_total: str | None
    reference: str
    terms: OrderTerms | None
    lines: tuple[OrderedLine, ...]
    payments: tuple[Payment, ...]
    intents: tuple[Intent, ...]
    shipments: tuple[Shipment, ...]
    compared: tuple[Shipment, ...]
    refunds: tuple[RefundStory, ...]
    returns: tuple[ReturnStory, ...]
    bills: tuple[Bill, ...]
    timeline: tuple[Hop, ...]


class RefundOfReturn(TypedDict):
    refund_id: ExternalId
    total: str


class ReturnFound(TypedDict):
    """Where a return stands, with its timeline; `became` is by article what became of its units."""

    return_id: str
    order_id: str
    state: ReturnState
    lines: tuple[ReturnedLine, ...]
    document: str | None
    receipts: tuple[Receipt, ...]
    became: dict[Sku, dict[Disposition, int]]
    exchanged: tuple[ExternalId, ...]
    refunds: tuple[RefundOfReturn, ...]
    timeline: tuple[Hop, ...]


class ReservationFound(TypedDict):
    """Units kept for a checkout; `order` is the channel's own number, once it is known."""

    reservation: str
    channel: Name
    state: ReservationState
    order: str | None
    expires_at: Instant
    lines: tuple[ReservedLine, ...]


class ShortLine(TypedDict):
    line: int
    sku: Sku
    location: Name | None
    asked: int
    available: int
