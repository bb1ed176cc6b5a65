"""What an order comes to in money, in shop and ERP, day by day, and where the two differ."""

import operator
from enum import StrEnum
from typing import Final

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.money import Money

DIFFERENCES_TOLD: Final = "DifferencesTold"
"""The metric that counts orders whose books have differed for too long."""


class EntryKind(StrEnum):
    ORDERED = "ordered"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    INVOICED = "invoiced"
    CREDITED = "credited"
    PAID_OUT = "paid_out"
    PAID_BACK = "paid_back"
    FEE = "fee"


class Entry(Canonical):
    """One fact about money. `day` is a date of the retailer's zone.

    Only a fee that was given back is negative. `tender` is the gateway of what was captured or
    refunded, `shopper` the amount in the currency the shopper paid in, where that is another.
    """

    kind: EntryKind
    reference: str
    day: str
    amount: Money
    tender: str = Field(default="", exclude_if=operator.not_)
    shopper: Money | None = Field(default=None, exclude_if=operator.not_)


class Bucket(StrEnum):
    """Where a cent lies: in one of these, on one side's, or on both."""

    SALE = "sale"
    CREDIT = "credit"
    NEVER_LEFT = "never_left"
    TO_SHIP = "to_ship"
    COLLECTED = "collected_elsewhere"
    NOT_IN_ERP = "not_in_erp"
    NOT_INVOICED = "captured_not_invoiced"
    NOT_CAPTURED = "invoiced_not_captured"
    NOT_CREDITED = "refund_without_credit_memo"
    NOT_REFUNDED = "credit_memo_without_refund"
    SALE_DIFFERS = "sale_differs"
    CREDIT_DIFFERS = "credit_differs"
    PAID_OUT = "paid_out"
    PAID_BACK = "paid_back"
    NOT_PAID_OUT = "payout_missing"
    PAYOUT_DIFFERS = "payout_differs"


AGREED = frozenset(
    {
        Bucket.SALE,
        Bucket.CREDIT,
        Bucket.NEVER_LEFT,
        Bucket.TO_SHIP,
        Bucket.COLLECTED,
        Bucket.PAID_OUT,
        Bucket.PAID_BACK,
    }
)
"""Nothing is wrong with these: both sides say the same, or nothing is due yet."""


class Side(StrEnum):
    SHOP = "shop"
    ERP = "erp"
    PAYOUT = "payout"
    BOTH = "both"


class PayoutKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"


class PayoutLine(Canonical):
    """One movement of a provider's balance; `gross` is never negative, `fee` if it came back."""

    payout: str = Field(max_length=128)
    reference: str = Field(max_length=128)
    kind: PayoutKind
    gross: Money
    fee: Money
    day: str


class Payout(Canonical):
    """Money on its way to the bank; `day` is that of its issue, `state` the provider's word.

    One that has not `left`, since it failed or was cancelled, pays nothing.
    """

    payout: str = Field(max_length=128)
    day: str
    state: str
    left: bool = True


class PaidOut(Canonical):
    """One movement of a payout, and the order it is of; `at` is when the money was moved."""

    order_id: str
    at: Instant
    line: PayoutLine


class OrderPayouts(Canonical):
    """What was paid out for an order, each movement once.

    `days` are those on which movements stood that failed, or are paid on another day, since.
    """

    lines: tuple[PayoutLine, ...] = ()
    days: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)


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
