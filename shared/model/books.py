"""What an order comes to in money, in shop and ERP, day by day, and where the two differ."""

from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from shared.model.base import Canonical, Instant
from shared.model.money import Money


class EntryKind(StrEnum):
    ORDERED = "ordered"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    INVOICED = "invoiced"
    CREDITED = "credited"


class Entry(Canonical):
    """One fact about money. `day` is a date of the retailer's zone; amounts are never negative."""

    kind: EntryKind
    reference: str
    day: str
    amount: Money


class Bucket(StrEnum):
    """Where a cent lies: in one of these, on the shop's side, on the ERP's, or on both."""

    SALE = "sale"
    CREDIT = "credit"
    NEVER_LEFT = "never_left"
    TO_SHIP = "to_ship"
    NOT_IN_ERP = "not_in_erp"
    NOT_INVOICED = "captured_not_invoiced"
    NOT_CAPTURED = "invoiced_not_captured"
    NOT_CREDITED = "refund_without_credit_memo"
    NOT_REFUNDED = "credit_memo_without_refund"
    SALE_DIFFERS = "sale_differs"
    CREDIT_DIFFERS = "credit_differs"


AGREED = frozenset({Bucket.SALE, Bucket.CREDIT, Bucket.NEVER_LEFT, Bucket.TO_SHIP})
"""Nothing is wrong with these: both sides say the same, or nothing is due yet."""


class Side(StrEnum):
    SHOP = "shop"
    ERP = "erp"
    BOTH = "both"


class Share(Canonical):
    """What of an order lies in a bucket. `reference` is the refund or credit memo it is of."""

    bucket: Bucket
    side: Side
    amount: Money
    reference: str = ""


class Difference(Canonical):
    """One that does not go away by itself. `again` is the message that repairs it, if any does."""

    bucket: Bucket
    amount: Money
    reference: str = ""
    repair: str
    again: dict[str, str] | None = None


class OrderBooks(Canonical):
    """Where an order's differences stand; `since` is when these were first seen."""

    order_id: str
    differences: tuple[Difference, ...]
    since: Instant
    told: tuple[Bucket, ...] = ()


class BookRules(Canonical):
    """How the books of shop and ERP are compared."""

    zone: str = Field(default="UTC", description="whose days the ledger has")
    after_hours: int = Field(
        default=24, ge=0, le=720, description="how old a difference is before a person is told"
    )

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return zone
