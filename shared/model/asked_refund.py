"""Refunds asked for by call, which stand on the order until its channel tells of them."""

import operator

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.money import Money
from shared.model.order import RefundedFreight, RefundLine
from shared.model.refund_shares import TenderShare


class AskedRefund(Canonical):
    """A refund somebody asked for. `name` is ours: the channel is told it, and tells it back.

    `digest` tells a repeat from another refund under the caller's own id.

    `lines` without units are an amount off a line. What `total` exceeds the parts by is goodwill.
    `tenders` are empty where no capture of the order was ever told.
    """

    name: str
    refund_id: str
    asked_at: Instant
    reason: str
    digest: str
    total: Money
    lines: tuple[RefundLine, ...] = ()
    freight: RefundedFreight | None = None
    tenders: tuple[TenderShare, ...] = ()
    shopper: Money | None = Field(default=None, exclude_if=operator.not_)

    @property
    def intent_id(self) -> str:
        """Of the intent by which its channel is asked for it."""
        return f"refund#{self.name}"
