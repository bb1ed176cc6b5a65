"""Order cases: an order on its way, with every write to another system recorded first."""

import operator
from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.model.asked_refund import AskedRefund
from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku
from shared.model.invoice import BillingDocument
from shared.model.money import Money
from shared.model.order import Address, Order, Refund, Shipment
from shared.model.returns import Return


class CaseState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    RECORDED = "recorded"  # older than the connection: known, never sent to the ERP


class HoldReason(StrEnum):
    UNMAPPED_SKU = "unmapped_sku"
    TOTALS_DIFFER = "totals_differ"
    REJECTED_BY_ERP = "rejected_by_erp"
    PAYMENT = "payment"
    FRAUD = "fraud"
    ADDRESS = "address"
    TAX_CODE = "tax_code"
    CANCELLATION = "cancellation"
    SHIPPED_ELSEWHERE = "shipped_elsewhere"
    STOCK = "stock"


class IntentKind(StrEnum):
    POST_ORDER = "post_order"
    AMEND_ORDER = "amend_order"
    SHIP = "ship"
    TRACK = "track"
    CREDIT = "credit"
    RETURN = "return"
    REFUND = "refund"
    WITHDRAW = "withdraw"
    OPEN_RETURN = "open_return"


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


class PartAmounts(Canonical):
    """What a line or the freight costs in the ERP, as the order's prices are.

    `price` is that of one unit, `off` is taken off the whole part, `tax` is what comes on top of it
    where prices do not contain it.
    """

    price: Money
    off: Money
    tax: Money

    def gross(self, units: int = 1) -> Money:
        return self.price * units - self.off + self.tax


class ErpHeader(Canonical):
    """What the ERP holds of an order beside its lines: freight by tax code, and where it goes.

    `address` and `shipping_condition` are None where the ERP is told none. `blocked` is whether it
    was asked to deliver nothing more of the order for now.
    """

    freight: dict[str, PartAmounts] = Field(default_factory=dict)
    address: Address | None = None
    shipping_condition: str | None = None
    blocked: bool = Field(default=False, exclude_if=operator.not_)


class ErpLine(Canonical):
    """One line as the ERP holds it: `units` ordered, or `rejected`, so that no more of it leaves.

    `place` is the number by which the ERP's item names our line. `delivered` says that the ERP let
    all of it go, also where we have not heard of the shipment yet. `amounts` are those of `order`
    where there are none. `refused` are the units the ERP would not change it to, at the amounts
    of `refused_amounts`.
    """

    item: str
    place: int = Field(ge=1)
    units: int = Field(ge=0)
    rejected: bool = False
    delivered: bool = False
    amounts: PartAmounts | None = Field(default=None, exclude_if=operator.not_)
    refused: int | None = None
    refused_amounts: PartAmounts | None = Field(default=None, exclude_if=operator.not_)


class Counts(Canonical):
    """Units by line that the ERP says are promised, billed, and back.

    Each only ever grows, but for what is billed: that follows from the bills there are.
    """

    allocated: dict[str, int] = Field(default_factory=dict)
    invoiced: dict[str, int] = Field(default_factory=dict)
    returned: dict[str, int] = Field(default_factory=dict)


class Case(Canonical):
    """`reference` is what the ERP can be asked for; it never changes.

    `order` is what the ERP was sent, or is to be sent; `told` is what the channel has made of it
    since, until the ERP holds that too. `late` are units asked back after they had left, by line.
    `waived` are reasons a person has decided not to hold it for. `short` are units by line that it
    waits for because they are not there. `skus` are all articles it ever
    had, also those of lines that were taken away. `erp_header` is what the ERP holds beside its
    lines, where that is not as `order` says, and `refused_header` what it would not change that to.
    `heard` are shipments of whoever is not believed about them: to be compared, never counted.
    `asked` are refunds by call, also once they are among the `refunds`. `suspect` is whether the
    newest verdict on fraud is one that an order of its channel is held for.
    """

    order: Order
    reference: str = Field(max_length=35)
    state: CaseState
    holds: tuple[HoldReason, ...] = ()
    intents: tuple[Intent, ...] = ()
    erp_order: str | None = None
    erp_total: Money | None = None
    erp_lines: dict[str, ErpLine] = Field(default_factory=dict)
    erp_header: ErpHeader | None = Field(default=None, exclude_if=operator.not_)
    refused_header: ErpHeader | None = Field(default=None, exclude_if=operator.not_)
    told: Order | None = None
    late: dict[str, int] = Field(default_factory=dict)
    waived: tuple[HoldReason, ...] = ()
    suspect: bool = Field(default=False, exclude_if=operator.not_)
    short: dict[str, int] = Field(default_factory=dict, exclude_if=operator.not_)
    skus: tuple[Sku, ...] = ()
    counts: Counts = Counts.model_construct()
    shipments: tuple[Shipment, ...] = ()
    heard: tuple[Shipment, ...] = Field(default=(), exclude_if=operator.not_)
    refunds: tuple[Refund, ...] = ()
    asked: tuple[AskedRefund, ...] = Field(default=(), exclude_if=operator.not_)
    returns: tuple[Return, ...] = Field(default=(), exclude_if=operator.not_)
    promised_at: Instant | None = Field(default=None, exclude_if=operator.not_)
    backorders: dict[str, date] = Field(default_factory=dict, exclude_if=operator.not_)
    credits_from: Instant | None = Field(default=None, exclude_if=operator.not_)
    bills: tuple[BillingDocument, ...] = ()
    timeline: tuple[Hop, ...] = ()
    captured_at: Instant

    @property
    def erp_items(self) -> dict[str, str]:
        """Our line ids, and the ERP's item numbers."""
        return {line_id: line.item for line_id, line in self.erp_lines.items() if line.item}

    @property
    def newest(self) -> Order:
        """The order as its channel has it now."""
        return self.told or self.order

    def intent(self, intent_id: str) -> Intent | None:
        return next((i for i in self.intents if i.intent_id == intent_id), None)
