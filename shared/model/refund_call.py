"""Refunds as they are posted: money that goes back, of lines, of the freight or for nothing."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.model.base import Canonical
from shared.model.ids import ExternalId
from shared.model.money import Currency
from shared.model.order_call import Amount
from shared.model.refund_shares import TenderShare
from shared.model.return_call import LINES_MAX, OwnId


class CalledRefundLine(Canonical):
    """Units that left, or an amount off the line, or both: so much for these units."""

    line_id: ExternalId
    quantity: int = Field(default=0, ge=0, le=1_000_000)
    amount: Amount | None = Field(default=None, description="with tax; what was paid, if left out")


class CalledTender(Canonical):
    payment: ExternalId = Field(description="the reference of a captured payment of the order")
    amount: Amount


class RefundCall(Canonical):
    """The body of POST /v1/refunds. Amounts are in the order's currency, with tax.

    Money alone goes back: goods come back by a return, and units that have not left are cancelled.
    """

    order_id: Annotated[str, StringConstraints(min_length=3, max_length=160)] = Field(
        description="ours: <channel>:<order>"
    )
    refund_id: OwnId = Field(description="the caller's own; the answer has ours")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    lines: tuple[CalledRefundLine, ...] = Field(default=(), max_length=LINES_MAX)
    shipping: Amount | None = None
    appeasement: Amount | None = Field(default=None, description="for nothing in particular")
    tenders: tuple[CalledTender, ...] = Field(
        default=(), max_length=20, description="as it was paid, if left out"
    )


class RefundAnswer(Canonical):
    """What becomes of a refund: `recorded` as paid elsewhere, or `asked` of the channel.

    `left` is what may still be refunded of the order.
    """

    refund_id: str
    name: str = Field(description="ours: what the refund is known by in the channel's note")
    order_id: str
    state: str
    total: str
    left: str
    currency: Currency
    tenders: tuple[TenderShare, ...]
