"""What of a refund was taken off its order before it left: never billed, so never credited."""

from typing import Final

from shared.domain import demand
from shared.model.case import Case, Intent
from shared.model.invoice import BillingKind
from shared.model.order import Order, Refund

TAKEN_BACK: Final = "the order was taken back whole"


def cancelled(order: Order, refund: Refund) -> int:
    """What the units of a refund that had not left were sold for, in minor units and with tax."""
    return sum(
        line.amount.amount + (0 if order.taxes_included else line.tax.amount)
        for line in refund.lines
        if line.cancelled
    )


def whole(case: Case) -> bool:
    """Whether nothing of an order is ever billed, its freight included: it was taken back whole.

    So it is once the ERP has let go of every line of an order of which nothing has left.
    """
    billed = any(b.kind is BillingKind.INVOICE and not b.cancelled for b in case.bills)
    if case.erp_order is None or billed or not _unwanted(case):
        return False
    return all(line.rejected and not line.delivered for line in case.erp_lines.values())


def undecided(case: Case) -> bool:
    """Whether the ERP is still to say if it lets go of an order that nobody wants any more."""
    return case.erp_order is not None and _unwanted(case) and demand.unsettled(case)


def premature(case: Case, intent: Intent) -> bool:
    """Whether a refund was closed as never billed, and something left or was billed after all."""
    return intent.detail == TAKEN_BACK and not whole(case)


def _unwanted(case: Case) -> bool:
    wanted, gone = demand.wanted(case.newest, case.refunds), demand.shipped(case)
    return not any(wanted.values()) and not any(gone.values())
