"""Returns: goods a customer may send back, what came of them, and in what condition."""

import operator
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId, Name, Sku
from shared.model.money import Money

ReturnId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}:[A-Za-z0-9._-]{1,64}$")]
"""Who opened it, and what it is called there: `shop:5812`, `erp:60000017`."""

ReceiptId = Annotated[str, StringConstraints(min_length=1, max_length=300)]

CALLED: Final = "api"
"""Who tells what came by a call of ours."""


class ReturnStatus(StrEnum):
    """What whoever opened it says of it."""

    REQUESTED = "requested"
    OPEN = "open"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class ReturnState(StrEnum):
    """Where it stands by all that is known."""

    REQUESTED = "requested"
    AUTHORISED = "authorised"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CLOSED = "closed"  # with less than was announced


class Disposition(StrEnum):
    """What becomes of units that came: only those restocked may be sold again."""

    RESTOCK = "restock"
    DAMAGED = "damaged"
    QUARANTINE = "quarantine"
    SCRAP = "scrap"


class ReturnLine(Canonical):
    line_id: ExternalId
    quantity: int = Field(gt=0)
    reason: str = ""


class ReceivedLine(Canonical):
    line_id: ExternalId
    quantity: int = Field(gt=0)
    disposition: Disposition


class Receipt(Canonical):
    """Units that came, as one system tells it; `receipt_id` is its own name of them."""

    receipt_id: ReceiptId
    told_by: Name
    received_at: Instant
    location: Name | None = None
    lines: tuple[ReceivedLine, ...] = Field(min_length=1)


class ReturnMove(Canonical):
    """Units in the base unit of an article that a source moved under a return.

    They came, or `was` says what became of them before.
    """

    movement_id: ReceiptId
    source: Name
    sku: Sku
    quantity: int = Field(gt=0)
    location: Name
    moved_at: Instant
    was: Disposition | None = None
    became: Disposition


class Return(Canonical):
    """`origin` is the channel or ERP that opened it; `told_at` the instant of its newest telling.

    `exchanged` are the lines of the order that go out in its place. `document` is the ERP's, and
    `worth` what one made in the ERP gives back, as the order's prices are. `moves` are what sources
    of stock told of it. `kits` are those on its lines of which components came, with the units one
    takes of each. `names` is the ERP's return that whoever opened this one says it is; `called` is
    what such a one is called where it was opened.
    """

    return_id: ReturnId
    origin: Name
    status: ReturnStatus
    told_at: Instant
    lines: tuple[ReturnLine, ...] = ()
    exchanged: tuple[ExternalId, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    moves: tuple[ReturnMove, ...] = Field(default=(), exclude_if=operator.not_)
    kits: dict[Sku, dict[Sku, int]] = Field(default={}, exclude_if=operator.not_)
    document: str | None = None
    worth: Money | None = None
    names: ReturnId | None = Field(default=None, exclude_if=operator.not_)
    called: tuple[ReturnId, ...] = Field(default=(), exclude_if=operator.not_)


class ErpReceiptLine(Canonical):
    """`item` is that of the ERP's return."""

    item: str
    quantity: int = Field(gt=0)
    disposition: Disposition


class ErpReceipt(Canonical):
    receipt_id: ExternalId
    received_at: Instant
    location: Name | None = None
    lines: tuple[ErpReceiptLine, ...] = Field(min_length=1)


class ErpReturnLine(Canonical):
    """`item` is the return's own, `erp_item` that of the order it takes units back of."""

    item: str
    erp_item: str
    quantity: int = Field(gt=0)
    rejected: bool = False


class ErpReturn(Canonical):
    """A return as the ERP keeps it; `reference` is ours if we asked for it.

    `worth` is its net total there: with tax where the order's prices contain it.
    """

    document: ExternalId
    erp_order: str
    reference: str = ""
    told_at: Instant
    worth: Money
    lines: tuple[ErpReturnLine, ...] = ()
    receipts: tuple[ErpReceipt, ...] = ()
