"""`refundCreate`: money of one order that goes back, to the payments that took it.

Documented are the idempotency key, the currency of a foreign order, and that no more goes back than
was paid unless over-refunding is allowed, which this shop does not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from graphql import GraphQLResolveInfo

from sandbox.vendors.shopify.checkout import Checkout
from sandbox.vendors.shopify.inventory import Inventory
from sandbox.vendors.shopify.order_views import refund_view
from sandbox.vendors.shopify.state import Line, Order, Refund, RefundedFreight, Transaction, number
from sandbox.vendors.shopify.views import View
from shared.model.money import Money


class Refused(Exception):  # noqa: N818 - a user error of the answer, not an error of ours
    """A rule of refunds is broken; `path` is where in the input."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(slots=True)
class Refunds:
    """`told` is told of every refund that was made."""

    checkout: Checkout
    keys: Inventory
    now: Callable[[], datetime]
    told: Callable[[Order, Refund], None]

    def create(self, info: GraphQLResolveInfo[None], **given: object) -> View:
        return self.keys.once(info, given, lambda: self._create(given["input"]))

    def _create(self, wanted: object) -> View:
        try:
            order, refund = self._made(wanted if isinstance(wanted, Mapping) else {})
        except Refused as refused:
            error = {"field": ["input", *refused.path], "message": str(refused)}
            return {"refund": None, "userErrors": [error]}
        self.told(order, refund)
        return {"refund": refund_view(self.checkout.shop, order, refund), "userErrors": []}

    def _made(self, wanted: Mapping[str, object]) -> tuple[Order, Refund]:
        order = self.checkout.shop.orders.get(number("Order", wanted["orderId"]) or 0)
        if order is None:
            raise Refused("Order does not exist", "orderId")
        shown = order.shown_in or self.checkout.shop.currency
        said = wanted.get("currency")
        if shown != self.checkout.shop.currency and said is None:
            raise Refused("Currency is required for orders in another currency", "currency")
        if said is not None and said != shown:
            raise Refused("Currency must be the presentment currency", "currency")
        chosen = self._chosen(order, _rows(wanted.get("refundLineItems")))
        tenders = self._tenders(order, shown, _rows(wanted.get("transactions")))
        postage = self._postage(order, shown, wanted.get("shipping"))
        if not chosen and not tenders and postage is None:
            raise Refused("Nothing is refunded")
        refund = self.checkout.refund(
            order,
            chosen,
            self.now(),
            restock=False,
            amount=sum(tenders.values()),
            postage=postage,
            tenders=tenders,
        )
        note = wanted.get("note")
        refund.note = None if note is None else str(note)
        return order, refund

    def _chosen(self, order: Order, rows: Sequence[Mapping[str, object]]) -> list[tuple[Line, int]]:
        found: list[tuple[Line, int]] = []
        for i, row in enumerate(rows):
            at = ("refundLineItems", str(i))
            wanted = number("LineItem", row["lineItemId"])
            line = next((one for one in order.lines if one.line_id == wanted), None)
            if line is None or line in [one for one, _ in found]:
                raise Refused("Line item does not exist or occurs twice", *at, "lineItemId")
            if row.get("restockType", "NO_RESTOCK") != "NO_RESTOCK":
                raise Refused("The simulator puts nothing back", *at, "restockType")
            units = int(str(row["quantity"]))
            if not 0 < units <= line.quantity - line.removed - line.refunded:
                raise Refused("Quantity cannot refund more items than were purchased", *at)
            found.append((line, units))
        return found

    def _tenders(
        self, order: Order, currency: str, rows: Sequence[Mapping[str, object]]
    ) -> dict[str, int]:
        """What goes back in the shop's currency, by the payment that took it."""
        taken = {one.transaction_id: (one, left) for one, left in self.checkout.tills.open(order)}
        found: dict[str, int] = {}
        for i, row in enumerate(rows):
            at = ("transactions", str(i))
            parent = taken.get(number("OrderTransaction", row.get("parentId")) or 0)
            if parent is None:
                raise Refused("Parent transaction does not exist", *at, "parentId")
            if row["gateway"] != parent[0].gateway:
                raise Refused("Gateway is not the parent's", *at, "gateway")
            if number("Order", row["orderId"]) != order.order_id:
                raise Refused("Order is another one", *at, "orderId")
            shown = Money.parse(str(row["amount"]), currency).amount
            amount = self._in_shop(order, parent[0], shown, parent[1])
            name = str(parent[0].transaction_id)
            found[name] = found.get(name, 0) + amount
            if amount <= 0 or found[name] > parent[1]:
                raise Refused("Refund amount is more than can be refunded", *at, "amount")
        return found

    def _in_shop(self, order: Order, parent: Transaction, shown: int, left: int) -> int:
        """The amount of the shop's currency; the last of a payment takes all that is left of it."""
        if parent.shown == parent.amount:
            return shown
        back = [one for one in order.transactions if one.parent == parent.transaction_id]
        if shown == parent.shown - sum(one.shown for one in back):
            return left
        return (2 * shown * parent.amount + parent.shown) // (2 * parent.shown)

    def _postage(self, order: Order, currency: str, wanted: object) -> RefundedFreight | None:
        if not isinstance(wanted, Mapping) or wanted.get("amount") is None:
            return None
        gross = Money.parse(str(wanted["amount"]), currency).amount
        price = sum(part.price for part in order.freight)
        tax = sum(one.amount for part in order.freight for one in part.taxes)
        whole = price + (0 if order.taxes_included else tax)
        given = [post for refund in order.refunds for post in refund.freight]
        gone = sum(p.subtotal + (0 if order.taxes_included else p.tax) for p in given)
        if currency == self.checkout.shop.currency and gross > whole - gone:
            raise Refused("Shipping is more than can be refunded", "shipping", "amount")
        part = gross * tax // whole if whole else 0
        return RefundedFreight(gross if order.taxes_included else gross - part, part)


def _rows(found: object) -> Sequence[Mapping[str, object]]:
    return found if isinstance(found, Sequence) else ()
