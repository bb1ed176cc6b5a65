"""`returnableFulfillments` and `returnCreate`: what was sent and may come back, opened as a return.

Documented are that only fulfilled units that are neither refunded nor in a return can be returned,
the length of a note, and that a reason of `OTHER` has one. Who lacks the scope is told so.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from graphql import GraphQLError

from sandbox.vendors.shopify.order_views import Till, line_view
from sandbox.vendors.shopify.return_views import return_view
from sandbox.vendors.shopify.returning import DEAD, NOTE_MAX
from sandbox.vendors.shopify.state import Fulfilment, Order, Return, Shop, gid, number
from sandbox.vendors.shopify.views import View, page

SCOPE: Final = "write_returns"
APART: Final = 1_000_000


class Refused(Exception):  # noqa: N818 - a user error of the answer, not an error of ours
    """A rule of returns is broken; `path` is where in the input."""

    def __init__(self, code: str, message: str, *path: str) -> None:
        super().__init__(message)
        self.code, self.path = code, path


@dataclass(slots=True)
class ReturnApi:
    """`granted` says whether the app has the scope; `told` is told of every return."""

    shop: Shop
    now: Callable[[], datetime]
    told: Callable[[Order, Return, str], None]
    granted: bool = True

    def resolvers(self) -> Mapping[str, object]:
        return {"returnableFulfillments": self._returnable, "returnCreate": self._create}

    def _returnable(
        self, _info: object, first: int | None = None, after: str | None = None, **given: object
    ) -> View:
        order = self.shop.orders.get(number("Order", given["orderId"]) or 0)
        found = list(_open(order)) if order is not None else []
        shown = list({row[0].fulfilment_id: row[0] for row in found}.values())

        def view(one: Fulfilment) -> View:
            rows = [(line, units) for sent_, line, units in found if sent_ is one]

            def row(each: tuple[int, int]) -> View:
                assert order is not None  # noqa: S101 - it has what was sent
                item = {
                    "id": gid("FulfillmentLineItem", one.fulfilment_id * APART + each[0]),
                    "lineItem": line_view(Till(self.shop, order), order.line(each[0])),
                }
                return {"quantity": each[1], "fulfillmentLineItem": item}

            def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
                return page(rows, row, first, after)

            return {
                "__typename": "ReturnableFulfillment",
                "id": gid("ReturnableFulfillment", one.fulfilment_id),
                "returnableFulfillmentLineItems": lines,
            }

        return page(shown, view, first, after)

    def _create(self, _info: object, **given: object) -> View:
        if not self.granted:
            said = f"Access denied for returnCreate field. Required access: `{SCOPE}`"
            raise GraphQLError(said, extensions={"code": "ACCESS_DENIED"})
        wanted = given["returnInput"]
        try:
            order, made = self._made(wanted if isinstance(wanted, Mapping) else {})
        except Refused as refused:
            error = {
                "code": refused.code,
                "field": ["returnInput", *refused.path],
                "message": str(refused),
            }
            return {"return": None, "userErrors": [error]}
        self.told(order, made, "returns/approve")
        return {"return": return_view(self.shop, order, made), "userErrors": []}

    def _made(self, wanted: Mapping[str, object]) -> tuple[Order, Return]:
        order = self.shop.orders.get(number("Order", wanted["orderId"]) or 0)
        if order is None:
            raise Refused("NOT_FOUND", "Order does not exist", "orderId")
        left = {(one.fulfilment_id, line): units for one, line, units in _open(order)}
        rows = wanted["returnLineItems"]
        units: dict[int, int] = {}
        note = ""
        for i, row in enumerate(rows if isinstance(rows, Sequence) else ()):
            at = ("returnLineItems", str(i))
            place = divmod(number("FulfillmentLineItem", row["fulfillmentLineItemId"]) or 0, APART)
            count = int(str(row["quantity"]))
            if not 0 < count <= left.get(place, 0):
                raise Refused("INVALID", "Quantity is not returnable", *at, "quantity")
            note = str(row.get("returnReasonNote") or "")
            if len(note) > NOTE_MAX:
                raise Refused("TOO_LONG", "Note is too long", *at, "returnReasonNote")
            if row.get("returnReason") == "OTHER" and not note:
                raise Refused("INVALID", "Note is required", *at, "returnReasonNote")
            left[place] -= count
            units[place[1]] = units.get(place[1], 0) + count
        if not units:
            raise Refused("INVALID", "Nothing is returned", "returnLineItems")
        made = Return(self.shop.next(), "OPEN", units, self.now(), note=note)
        order.returns.append(made)
        return order, made


def _open(order: Order) -> Iterator[tuple[Fulfilment, int, int]]:
    """What of each fulfilment, by line, is neither refunded nor in a return."""
    gone = _gone(order)
    for sent in order.fulfilments:
        for line, units in sent.lines.items():
            taken = min(units, gone[line])
            gone[line] -= taken
            if sent.status != "CANCELLED" and units > taken:
                yield sent, line, units - taken


def _gone(order: Order) -> Counter[int]:
    """Units by line that are in a return, or were refunded without one after they had left."""
    gone = Counter[int]()
    for one in order.returns:
        if one.status not in DEAD:
            gone.update(one.units)
    for refund in order.refunds:
        for row in refund.lines if refund.return_id is None else ():
            gone[row.line_id] += row.quantity if row.restock != "CANCEL" else 0
    return gone
