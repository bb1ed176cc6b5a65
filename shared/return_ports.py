"""What flows ask about goods and money that come back, what is billed and what is promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from shared.domain.returns import PostedReturn, ReturnWish
    from shared.model.allocation import ErpAllocation
    from shared.model.asked_refund import AskedRefund
    from shared.model.books import PaidOut, Payout
    from shared.model.invoice import BillingDocument
    from shared.model.order import Order
    from shared.model.returns import ErpReturn, Return
    from shared.ports import Page

BILLS_OF: Final = "of:"
"""Marks a key of bills as the document they bill."""


class BillingSource(Protocol):
    """An ERP whose invoices and credit memos can be read."""

    def billed_since(
        self, since: datetime | None, *, page: str | None
    ) -> Page[BillingDocument]: ...
    def read_billed(self, document: str) -> Page[BillingDocument]:
        """What one billing document bills, by sales document; by `BILLS_OF`, what bills one."""
        ...


class PromiseSource(Protocol):
    """An ERP that says what of an order is allocated, and by when the rest is to be."""

    def promised_since(
        self, since: datetime | None, *, page: str | None
    ) -> Page[ErpAllocation]: ...
    def read_promised(self, erp_order: str) -> Page[ErpAllocation]: ...


class PayoutSource(Protocol):
    """A channel whose provider's payouts can be read."""

    def payouts_since(self, since: datetime | None, *, page: str | None) -> Page[Payout]:
        """Payouts that have left or never will, back to some while before, in their states now."""
        ...

    def movements_of(self, payout: Payout, *, page: str | None) -> Page[PaidOut]:
        """What a payout pays out of orders."""
        ...


class RefundMaker(Protocol):
    """A channel that gives money back when it is asked to."""

    def refunds_named(self, order: Order, name: str) -> Sequence[str]:
        """Every refund of the order that was asked for under this name, the oldest first."""
        ...

    def make_refund(self, order: Order, asked: AskedRefund, key: str) -> str:
        """The channel's id of the refund; InDoubtError when the answer was lost.

        `key` is the same for tries that may be one, and another after a refusal.
        """
        ...


class ReturnOpener(Protocol):
    """A channel that is told of returns another system has granted."""

    def returns_named(self, order: Order, return_id: str) -> Sequence[str]:
        """Every return of the order that says it is this one, by the channel's own ids."""
        ...

    def open_return(self, order: Order, one: Return) -> str:
        """The channel's id of the return; InDoubtError when the answer was lost."""
        ...


class ReturnSource(Protocol):
    """An ERP whose returns can be read, with what came of them."""

    def returns_since(self, since: datetime | None, *, page: str | None) -> Page[ErpReturn]: ...
    def read_return(self, document: str) -> Page[ErpReturn]:
        """A return by its number, or the one a returns delivery takes in."""
        ...


class ReturnSink(Protocol):
    """An ERP that is told which returns were granted."""

    def find_return(self, wish: ReturnWish) -> Sequence[PostedReturn]:
        """Every document the ERP holds under the wish's reference, the oldest first."""
        ...

    def post_return(self, wish: ReturnWish) -> PostedReturn:
        """Create the document; raises InDoubtError when the answer was lost."""
        ...

    def returns_of(self, erp_order: str) -> Sequence[ErpReturn]:
        """Every return the ERP holds of an order, whoever made it."""
        ...
