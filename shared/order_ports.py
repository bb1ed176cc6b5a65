"""What changes an order that an ERP holds already."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.demand import AmendedOrder, Amendment
from shared.model.order import Order
from shared.ports import PostedOrder


class OrderWithdrawer(Protocol):
    """An ERP that lets go of an order it holds beside the one that is kept."""

    def find_order(self, order: Order, reference: str) -> Sequence[PostedOrder]:
        """Every order the ERP holds under our reference."""
        ...

    def withdraw_order(self, erp_order: str) -> None:
        """See that nothing of it leaves; what is so already is not written again.

        RejectedError if goods of it are on their way, InDoubtError when the answer was lost.
        """
        ...


class OrderAmender(Protocol):
    """An ERP whose orders can be changed."""

    def amend_order(self, order: Order, erp_order: str, wish: Amendment) -> AmendedOrder:
        """Bring lines to the units and amounts wanted, each looked at before it is written.

        Answers every line as it is then, and what the order comes to; raises InDoubtError when
        the answer to a write was lost.
        """
        ...
