"""Billing documents: what the ERP charged for goods, or gave back, and booked."""

import operator
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId
from shared.model.money import Money


class BillingKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"


class BilledLine(Canonical):
    """`erp_item` is the item of the document it bills: an order, or what was posted of a refund."""

    erp_item: str
    quantity: int = Field(ge=0)
    net: Money
    tax: Money


class BillingDocument(Canonical):
    """One billing document, as far as it bills one sales document.

    `reference` is what the buyer calls that; ours begin with a channel's name. `total` is with
    tax. `cancelled` says that the ERP has taken it back since. `changed_at` is the instant of this
    telling, if the ERP says: an older one says nothing.
    """

    document: ExternalId
    kind: BillingKind
    bills: ExternalId
    reference: str = ""
    issued_at: Instant
    total: Money
    tax: Money
    cancelled: bool = False
    changed_at: Instant | None = Field(default=None, exclude_if=operator.not_)
    lines: tuple[BilledLine, ...] = Field(min_length=1)

    @property
    def key(self) -> tuple[str, str]:
        return self.document, self.bills

    @property
    def content(self) -> Self:
        """What it says, whenever it said so."""
        return self.model_copy(update={"changed_at": None})

    def overtaken_by(self, known: Self) -> bool:
        """Whether this is an older telling of what is known; one that is taken back stays so."""
        if self.changed_at is None or known.changed_at is None:
            return known.cancelled and not self.cancelled
        return self.changed_at < known.changed_at
