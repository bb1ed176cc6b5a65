"""Exceptions in business terms: rows a person can act on. Repeats fold into one."""

import operator
from enum import StrEnum
from typing import Final

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.candidate import Candidate
from shared.model.ids import Name
from shared.model.money import Money


class IssueKind(StrEnum):
    """Each kind has a page in the runbook."""

    BAD_MESSAGE = "bad_message"
    UNMAPPED_SKU = "unmapped_sku"
    TOTALS_DIFFER = "totals_differ"
    ORDER_REJECTED = "order_rejected"
    ORDER_IN_DOUBT = "order_in_doubt"
    DUPLICATE_IN_ERP = "duplicate_in_erp"
    ORDER_HELD = "order_held"
    CHANGE_REJECTED = "change_rejected"
    CANCELLED_TOO_LATE = "cancelled_too_late"
    CANCELLATION_ASKED = "cancellation_asked"
    FRAUD_TOO_LATE = "fraud_too_late"
    CONTENT_DIFFERS = "content_differs"
    LINE_REJECTED = "line_rejected"
    UNMAPPED_LOCATION = "unmapped_location"
    NO_PRICE = "no_price"
    BAD_FACT = "bad_fact"
    KIT_BLOCKED = "kit_blocked"
    STOCK_STALE = "stock_stale"
    STOCK_ZEROED = "stock_zeroed"
    STOCK_NULL = "stock_null"
    STOCK_MISSING = "stock_missing"
    STOCK_NEGATIVE = "stock_negative"
    STOCK_ABSURD = "stock_absurd"
    BAD_FILE = "bad_file"
    BAD_MOVEMENT = "bad_movement"
    MOVEMENT_GAP = "movement_gap"
    TRANSFER_DIFFERS = "transfer_differs"
    STOCK_DIFFERS = "stock_differs"
    NOT_THE_OWNER = "not_the_owner"
    REFUND_EXCEEDS_PAID = "refund_exceeds_paid"
    CREDIT_REJECTED = "credit_rejected"
    RETURN_REJECTED = "return_rejected"
    RETURN_DIFFERS = "return_differs"
    RETURN_UNKNOWN = "return_unknown"
    REFUND_DUE = "refund_due"
    REFUND_REJECTED = "refund_rejected"
    CHANNEL_SILENT = "channel_silent"
    WEBHOOK_LOST = "webhook_lost"
    BOOKS_DIFFER = "books_differ"
    SHIPMENT_WITHOUT_ORDER = "shipment_without_order"
    SHIPMENT_REJECTED = "shipment_rejected"
    SHIPMENT_UNPLACED = "shipment_unplaced"
    SHIPMENT_DIFFERS = "shipment_differs"
    EDITED_ON_CHANNEL = "edited_on_channel"
    OLD_VALUE_SHOWN = "old_value_shown"
    MISSING_ON_CHANNEL = "missing_on_channel"
    DERIVATION_LAGS = "derivation_lags"
    PRICE_HELD = "price_held"
    FEED_HELD = "feed_held"
    NOTICE_UNSENT = "notice_unsent"
    DEAD_LETTER = "dead_letter"
    ACCESS = "access"
    CIRCUIT_OPEN = "circuit_open"


OUTLASTING: Final = frozenset(
    {
        IssueKind.ACCESS,
        IssueKind.BAD_FACT,
        IssueKind.BAD_FILE,
        IssueKind.BAD_MESSAGE,
        IssueKind.BAD_MOVEMENT,
        IssueKind.CANCELLED_TOO_LATE,
        IssueKind.CONTENT_DIFFERS,
        IssueKind.DEAD_LETTER,
        IssueKind.DUPLICATE_IN_ERP,
        IssueKind.FRAUD_TOO_LATE,
        IssueKind.KIT_BLOCKED,
        IssueKind.LINE_REJECTED,
        IssueKind.NO_PRICE,
        IssueKind.NOTICE_UNSENT,
        IssueKind.NOT_THE_OWNER,
        IssueKind.REFUND_EXCEEDS_PAID,
        IssueKind.REFUND_REJECTED,
        IssueKind.RETURN_DIFFERS,
        IssueKind.RETURN_UNKNOWN,
        IssueKind.SHIPMENT_DIFFERS,
        IssueKind.SHIPMENT_REJECTED,
        IssueKind.SHIPMENT_UNPLACED,
        IssueKind.SHIPMENT_WITHOUT_ORDER,
        IssueKind.TOTALS_DIFFER,
        IssueKind.UNMAPPED_LOCATION,
    }
)
"""Kinds of which one may stay in the list though its cause is gone, until a person closes it."""


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"


class IssueState(StrEnum):
    OPEN = "open"
    SOLVED = "solved"


class Closing(Canonical):
    """That a person closed an exception: the client of the call, when, and why."""

    by: str
    at: Instant
    why: str


class Issue(Canonical):
    """One thing that is stuck. `subject` names it; `kind` and `subject` together are its identity.

    `replay` says what to do again once the cause is gone: a message for one of our own queues.
    `candidates` are articles that codes nobody knows may mean. `closed` is how a person closed it
    last, and is kept when it is told again.
    """

    kind: IssueKind
    subject: str
    connection: Name
    severity: Severity
    summary: str
    remedy: str
    owner: str
    field: str | None = None
    value: str | None = None
    at_risk: Money | None = None
    first_seen: Instant
    last_seen: Instant
    count: int = Field(default=1, ge=1)
    state: IssueState = IssueState.OPEN
    solved_at: Instant | None = None
    solved_by: str | None = None
    replay: dict[str, str] | None = None
    candidates: tuple[Candidate, ...] = Field(default=(), exclude_if=operator.not_)
    closed: Closing | None = Field(default=None, exclude_if=operator.not_)

    @property
    def issue_id(self) -> str:
        return f"{self.kind}#{self.subject}"

    @property
    def closable(self) -> bool:
        """Whether a person may close it; one that holds an order lasts as long as it does so."""
        holds = self.kind is IssueKind.TOTALS_DIFFER and not self.subject.endswith("/erp")
        return self.kind in OUTLASTING and not holds
