"""Refunds that are asked for: looked up by their note first, then made, once under their name.

A refund has no field for a reference of ours but its note, which ends with the name in brackets.
`refundCreate` takes an idempotency key, which the shop forgets after a day; the note stays. What
the payments give back is said, in the currency the shopper paid in; units are not put back on sale,
for goods come back by returns.
"""

from collections.abc import Sequence

from shared.connectors.shopify import orders, refund_queries, refund_schema
from shared.connectors.shopify.graphql import AdminApi
from shared.domain.credits import by
from shared.errors import InDoubtError, RejectedError
from shared.frozen import frozen
from shared.model.asked_refund import AskedRefund
from shared.model.money import Money
from shared.model.order import Order


def note_of(asked: AskedRefund) -> str:
    return f"{asked.reason} [{asked.name}]"


@frozen
class Refunding:
    api: AdminApi

    def find(self, order: Order, name: str) -> Sequence[str]:
        """The shop's ids of refunds that carry this name."""
        variables = {"id": orders.gid("Order", order.external_id)}
        answer = self.api.call(
            refund_queries.REFUND_NOTES, variables, refund_schema.RefundNotesAnswer
        )
        if answer.order is None:
            raise _refused(f"the shop has no order {order.number}", "orderId")
        return [
            orders.legacy_id(r.id) for r in answer.order.refunds if orders.asked_by(r.note) == name
        ]

    def make(self, order: Order, asked: AskedRefund, key: str) -> str:
        """The shop's id of the refund; InDoubtError if its answer was lost.

        A key stands for one try until that is refused, for the shop spends it with a refusal.
        """
        variables = {"input": _input(order, asked), "key": key}
        answer = self.api.call(refund_queries.GIVE_BACK, variables, refund_schema.GiveBackAnswer)
        made = answer.refund_create
        if made.user_errors:
            error = made.user_errors[0]
            raise _refused(error.message, "/".join(error.field or ("input",)))
        if made.refund is None:
            raise InDoubtError("GiveBack: the shop says neither which refund it made nor why none")
        return orders.legacy_id(made.refund.id)


def _input(order: Order, asked: AskedRefund) -> dict[str, object]:
    gid = orders.gid("Order", order.external_id)
    sent: dict[str, object] = {
        "orderId": gid,
        "note": note_of(asked),
        "refundLineItems": [
            {
                "lineItemId": orders.gid("LineItem", line.line_id),
                "quantity": line.quantity,
                "restockType": "NO_RESTOCK",
            }
            for line in asked.lines
            if line.quantity
        ],
        "transactions": [
            {
                "orderId": gid,
                "kind": "REFUND",
                "gateway": share.gateway,
                "parentId": orders.gid("OrderTransaction", share.payment),
                "amount": (share.shopper or share.amount).text(),
            }
            for share in asked.tenders
        ],
    }
    if asked.shopper is not None:
        sent["currency"] = asked.shopper.currency
    if asked.freight is not None:
        sent["shipping"] = {"amount": _shown(order, asked).text()}
    return sent


def _shown(order: Order, asked: AskedRefund) -> Money:
    """The freight that goes back, with tax, as the shopper sees it."""
    assert asked.freight is not None  # noqa: S101 - its caller looked
    price, tax = asked.freight.amount, asked.freight.tax
    gross = price if order.taxes_included else price + tax
    if asked.shopper is None:
        return gross
    weights = [gross.amount, asked.total.amount - gross.amount]
    part, _ = by(asked.shopper.amount, weights)
    return Money(amount=part, currency=asked.shopper.currency)


def _refused(text: str, field: str) -> RejectedError:
    return RejectedError(
        text,
        code="refund_refused",
        field=field,
        remedy="see in the shop what is left of this order; make the refund there if it is due",
    )
