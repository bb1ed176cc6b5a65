"""What of a refund went back to which payment, and for which part of the order."""

import operator

from pydantic import Field

from shared.model.base import Canonical
from shared.model.ids import ExternalId
from shared.model.money import Money


class TenderShare(Canonical):
    """What one captured payment gives back of a refund; a gift card is a gateway.

    `shopper` is the same in the currency the shopper paid in, where that is not the shop's.
    """

    payment: ExternalId
    gateway: str
    amount: Money
    shopper: Money | None = Field(default=None, exclude_if=operator.not_)


class PartShare(Canonical):
    """What one line, or without a `line_id` the freight, gives back: of one `tax`, else its net."""

    line_id: ExternalId | None
    tax: str | None
    amount: Money
    shopper: Money | None = Field(default=None, exclude_if=operator.not_)


class RefundShares(Canonical):
    """A refund divided twice: each division sums to it exactly, in both currencies.

    A division that is not known is empty: no payment was told, or more went back than was paid.
    """

    refund_id: ExternalId
    tenders: tuple[TenderShare, ...] = ()
    parts: tuple[PartShare, ...] = ()
