"""Order cases: an order on its way, with every write to another system recorded first."""

from enum import StrEnum

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import Name
from shared.model.money import Money
from shared.model.order import Order, Refund, Shipment


class CaseState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    RECORDED = "recorded"  # older than the connection: known, never sent to the ERP


class HoldReason(StrEnum):
    UNMAPPED_SKU = "unmapped_sku"
    TOTALS_DIFFER = "totals_differ"
    REJECTED_BY_ERP = "rejected_by_erp"
    PAYMENT = "payment"


class IntentKind(StrEnum):
    POST_ORDER = "post_order"
    SHIP = "ship"
    CREDIT = "credit"


class IntentState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    APPLIED = "applied"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"


class Intent(Canonical):
    """One write to another system: recorded as sent before the first byte leaves."""

    intent_id: str
    kind: IntentKind
    connection: Name
    reference: str
    state: IntentState = IntentState.PLANNED
    attempts: int = 0
    sent_at: Instant | None = None
    settled_at: Instant | None = None
    result: str | None = None
    detail: str = ""

    @property
    def open(self) -> bool:
        return self.state in {IntentState.PLANNED, IntentState.SENT, IntentState.IN_DOUBT}


class Hop(Canonical):
    """One line of the timeline."""

    at: Instant
    what: str
    detail: str = ""


class Case(Canonical):
    """`reference` is what the ERP can be asked for; it never changes."""

    order: Order
    reference: str = Field(max_length=35)
    state: CaseState
    holds: tuple[HoldReason, ...] = ()
    intents: tuple[Intent, ...] = ()
    erp_order: str | None = None
    erp_total: Money | None = None
    erp_items: dict[str, str] = {}
    shipments: tuple[Shipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    timeline: tuple[Hop, ...] = ()
    captured_at: Instant

    def intent(self, intent_id: str) -> Intent | None:
        return next((i for i in self.intents if i.intent_id == intent_id), None)
