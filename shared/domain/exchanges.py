"""What goes out in the place of what came back: it is paid with what would have been refunded.

A channel then refunds only the difference, or nothing. The new goods stand on the order and are
invoiced, so what came back is credited whole: the credit is the refund and what the new goods cost,
and invoices less credits stay what the customer has paid.
"""

from shared.domain import orders
from shared.model.case import Case
from shared.model.money import Money, total
from shared.model.order import Order, OrderLine, Refund


def whole(case: Case) -> tuple[Refund, ...]:
    """The refunds of a case, each with what of it went into other goods."""
    left = {
        one.return_id: _worth(case, frozenset(one.exchanged))
        for one in case.returns
        if one.exchanged
    }
    found = []
    for refund in case.refunds:
        name = refund.return_id or ""
        kept = min(_kept(case.order, refund), left.get(name, 0))
        if kept > 0:
            left[name] -= kept
            more = Money(amount=kept, currency=refund.total.currency)
            refund = refund.model_copy(update={"total": refund.total + more})  # noqa: PLW2901
        found.append(refund)
    return tuple(found)


def _kept(order: Order, refund: Refund) -> int:
    """What the parts of a refund are worth beyond the money that went back."""
    worth = [(line.amount, line.tax) for line in refund.lines]
    if refund.freight is not None:
        worth.append((refund.freight.amount, refund.freight.tax))
    tax = 0 if order.taxes_included else sum(tax.amount for _, tax in worth)
    return sum(amount.amount for amount, _ in worth) + tax - refund.total.amount


def _worth(case: Case, line_ids: frozenset[str]) -> int:
    return sum(_gross(case.newest, x) for x in orders.lines_of(case) if x.line_id in line_ids)


def _gross(order: Order, line: OrderLine) -> int:
    off = total(order.currency, (discount.amount for discount in line.discounts))
    tax = total(order.currency, (tax.amount for tax in line.taxes))
    made = line.unit_price * line.quantity - off
    return (made if order.taxes_included else made + tax).amount
