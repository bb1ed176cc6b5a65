"""Returns that the ERP made: looked up by their note first, then opened, once under their name.

Source: Admin GraphQL, `returnableFulfillments` and `returnCreate`, which takes no idempotency key.
A return has no field for a reference of ours but the note of its reason, which ends with the name
in brackets.
"""

from collections.abc import Iterator, Sequence

from shared.connectors.shopify import open_queries, open_schema, orders
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.returns import named
from shared.domain import returns
from shared.errors import InDoubtError, RejectedError
from shared.frozen import frozen
from shared.model.order import Order
from shared.model.returns import Return


@frozen
class Opening:
    api: AdminApi

    def find(self, order: Order, return_id: str) -> Sequence[str]:
        """The shop's ids of returns that carry this name."""
        variables = {"id": orders.gid("Order", order.external_id)}
        answer = self.api.call(open_queries.RETURN_NOTES, variables, open_schema.ReturnNotesAnswer)
        if answer.order is None:
            raise _refused(f"the shop has no order {order.number}", "orderId")
        known = answer.order.returns
        if known.next is not None:
            raise _refused(f"order {order.number} has more returns than are read", "returns")
        return [
            orders.legacy_id(one.id)
            for one in known.nodes
            if named(row.return_reason_note for row in one.return_line_items.nodes) == return_id
        ]

    def open(self, order: Order, one: Return) -> str:
        """The shop's id of the return; InDoubtError if its answer was lost."""
        rows = [
            {
                "fulfillmentLineItemId": item,
                "quantity": units,
                "returnReason": "OTHER",
                "returnReasonNote": f"ERP return {one.document} [{one.return_id}]",
            }
            for item, units in self._fulfilled(order, one)
        ]
        wish = {"orderId": orders.gid("Order", order.external_id), "returnLineItems": rows}
        operation = open_queries.OPEN_RETURN
        answer = self.api.call(operation, {"input": wish}, open_schema.OpenReturnAnswer)
        made = answer.return_create
        if made.user_errors:
            error = made.user_errors[0]
            raise _refused(error.message, "/".join(error.field or ("returnInput",)))
        if made.returned is None:
            raise InDoubtError("OpenReturn: the shop says neither which return it made nor why not")
        return orders.legacy_id(made.returned.id)

    def _fulfilled(self, order: Order, one: Return) -> Iterator[tuple[str, int]]:
        """Units of the return by the fulfilled lines that may still come back, the first first."""
        variables = {"order": orders.gid("Order", order.external_id)}
        answer = self.api.call(open_queries.RETURNABLE, variables, open_schema.ReturnableAnswer)
        left = returns.units(one.lines)
        for sent in answer.returnable_fulfillments.nodes:
            for row in sent.returnable_fulfillment_line_items.nodes:
                line_id = orders.legacy_id(row.fulfillment_line_item.line_item.id)
                units = min(row.quantity, left[line_id])
                if units > 0:
                    left[line_id] -= units
                    yield row.fulfillment_line_item.id, units
        if short := {line_id: units for line_id, units in left.items() if units > 0}:
            said = ", ".join(f"{units} of line {name}" for name, units in sorted(short.items()))
            raise _refused(f"{said} cannot come back: not fulfilled, refunded, or in a return")


def _refused(text: str, field: str = "returnLineItems") -> RejectedError:
    return RejectedError(
        text,
        code="return_refused",
        field=field,
        remedy="see in the shop what may still come back of this order, then replay",
    )
