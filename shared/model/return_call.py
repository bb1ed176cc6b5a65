"""Returns as they are posted: what a customer may send back, and what came of it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId, Name
from shared.model.returns import Disposition

LINES_MAX = 200
OwnId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,29}$")]
"""What a caller calls something of its own."""


class CalledReturnLine(Canonical):
    line_id: ExternalId
    quantity: int = Field(gt=0, le=1_000_000)
    reason: Annotated[str, StringConstraints(max_length=100)] = ""


class ReturnCall(Canonical):
    """The body of POST /v1/returns: granted with the call."""

    order_id: Annotated[str, StringConstraints(min_length=3, max_length=160)] = Field(
        description="ours: <channel>:<order>"
    )
    return_id: OwnId = Field(description="the caller's own; the answer has ours")
    lines: tuple[CalledReturnLine, ...] = Field(min_length=1, max_length=LINES_MAX)


class CalledReceiptLine(Canonical):
    line_id: ExternalId
    quantity: int = Field(gt=0, le=1_000_000)
    disposition: Disposition


class ReceiptCall(Canonical):
    """The body of POST /v1/returns/{return_id}/receipts: units that came, and what becomes of them.

    `receipt_id` is the warehouse's own; the same told again counts once.
    """

    receipt_id: OwnId
    received_at: Instant
    location: Name = Field(description="our name of where the units lie now")
    lines: tuple[CalledReceiptLine, ...] = Field(min_length=1, max_length=LINES_MAX)


class ReturnedLine(Canonical):
    line_id: str
    sku: str | None
    announced: int
    received: int


class ReturnAnswer(Canonical):
    """Where a return stands."""

    return_id: str
    order_id: str
    state: str
    lines: tuple[ReturnedLine, ...]
    document: str | None = Field(description="the ERP's, once it has it")
