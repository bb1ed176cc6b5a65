"""What the Admin API answers of orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from sandbox.vendors.shopify.state import (
    Allocation,
    Freight,
    Fulfilment,
    Line,
    Order,
    PlacedLine,
    Placement,
    Refund,
    RefundedFreight,
    RefundLine,
    Shop,
    Tax,
    Transaction,
    gid,
    instant,
)
from sandbox.vendors.shopify.views import View, location_view, page
from shared.model.money import Money

Field = Callable[..., View]


@dataclass(frozen=True, slots=True)
class Till:
    """An order's amounts as the shop counts them, and as its shopper was shown them."""

    shop: Shop
    order: Order

    def money(self, amount: int, shown: int | None = None) -> View:
        said = {"amount": self.shop.text(amount), "currencyCode": self.shop.currency}
        currency = self.order.shown_in
        if currency in {"", self.shop.currency}:
            return {"shopMoney": said, "presentmentMoney": said}
        minor = converted(self.order, self.shop.currency, amount) if shown is None else shown
        text = Money(amount=minor, currency=currency).text()
        return {"shopMoney": said, "presentmentMoney": {"amount": text, "currencyCode": currency}}


def converted(order: Order, currency: str, amount: int) -> int:
    """Minor units of the currency an order was shown in, for such of the shop's."""
    if order.shown_in in {"", currency}:
        return amount
    exact = Money(amount=amount, currency=currency).decimal() * Decimal(order.rate)
    return Money.rounded(exact, order.shown_in).amount


def order_view(shop: Shop, order: Order) -> View:
    till = Till(shop, order)

    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(order.lines, lambda line: line_view(till, line), first, after)

    def placements(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(order.placements, lambda p: placement_view(shop, order, p), first, after)

    def freight(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(order.freight, lambda line: freight_view(till, line), first, after)

    return {
        "__typename": "Order",
        "id": gid("Order", order.order_id),
        "legacyResourceId": str(order.order_id),
        "name": f"#{order.number}",
        "test": order.test,
        "createdAt": instant(order.created_at),
        "processedAt": instant(order.created_at),
        "updatedAt": instant(order.updated_at),
        "cancelledAt": instant(order.cancelled_at) if order.cancelled_at else None,
        "currencyCode": shop.currency,
        "presentmentCurrencyCode": order.shown_in or shop.currency,
        "taxesIncluded": order.taxes_included,
        "email": order.email or None,
        "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
        "totalPriceSet": till.money(order.total),
        "totalTaxSet": till.money(order.tax),
        "customer": {"id": gid("Customer", order.customer_id)} if order.customer_id else None,
        "risk": {"recommendation": order.risk},
        "paymentTerms": None
        if order.terms_days is None
        else {"id": gid("PaymentTerms", order.order_id), "dueInDays": order.terms_days},
        "billingAddress": order.address,
        "shippingAddress": order.address,
        "shippingLines": freight,
        "transactions": _first(order.transactions, lambda t: transaction_view(till, t)),
        "refunds": _first(order.refunds, lambda r: refund_view(shop, order, r)),
        "fulfillments": _first(order.fulfilments, lambda f: fulfilment_view(shop, order, f)),
        "lineItems": lines,
        "fulfillmentOrders": placements,
    }


def _first[T](rows: Sequence[T], view: Callable[[T], View]) -> Callable[..., list[View]]:
    def listed(_info: object, first: int | None = None) -> list[View]:
        return [view(row) for row in rows[:first]]

    return listed


def line_view(till: Till, line: Line) -> View:
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line.line_id),
        "title": line.title,
        "sku": line.sku or None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity - line.removed - line.refunded,
        "originalUnitPriceSet": till.money(line.unit_price),
        "discountAllocations": _allocations(till, line.discounts),
        "taxLines": _taxes(till, line.taxes),
    }


def freight_view(till: Till, line: Freight) -> View:
    return {
        "title": line.title,
        "code": line.code,
        "originalPriceSet": till.money(line.price),
        "discountAllocations": _allocations(till, line.discounts),
        "taxLines": _taxes(till, line.taxes),
    }


def _allocations(till: Till, rows: Sequence[Allocation]) -> list[View]:
    return [
        {
            "allocatedAmountSet": till.money(row.amount),
            "discountApplication": {
                "__typename": row.kind,
                "index": 0,
                "code": row.title,
                "title": row.title,
            },
        }
        for row in rows
    ]


def _taxes(till: Till, rows: Sequence[Tax]) -> list[View]:
    return [
        {"title": row.title, "rate": float(row.rate), "priceSet": till.money(row.amount)}
        for row in rows
    ]


def transaction_view(till: Till, transaction: Transaction) -> View:
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", transaction.transaction_id),
        "kind": transaction.kind,
        "status": transaction.status,
        "gateway": transaction.gateway,
        "processedAt": instant(transaction.done_at),
        "parentTransaction": {"id": gid("OrderTransaction", transaction.parent)}
        if transaction.parent
        else None,
        "amountSet": till.money(transaction.amount, transaction.shown),
        "authorizationExpiresAt": instant(transaction.expires_at)
        if transaction.expires_at
        else None,
    }


def refund_view(shop: Shop, order: Order, refund: Refund) -> View:
    till = Till(shop, order)

    def view(row: RefundLine) -> View:
        return {
            "quantity": row.quantity,
            "restockType": row.restock,
            "subtotalSet": till.money(row.subtotal),
            "totalTaxSet": till.money(row.tax),
            "lineItem": line_view(till, order.line(row.line_id)),
        }

    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(refund.lines, view, first, after)

    def post(row: RefundedFreight) -> View:
        return {
            "subtotalAmountSet": till.money(row.subtotal),
            "taxAmountSet": till.money(row.tax),
        }

    def freight(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(refund.freight, post, first, after)

    paid = [t for t in order.transactions if t.refund_id == refund.refund_id]

    def payments(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(paid, lambda one: transaction_view(till, one), first, after)

    return {
        "__typename": "Refund",
        "id": gid("Refund", refund.refund_id),
        "createdAt": instant(refund.created_at),
        "processedAt": instant(refund.created_at),
        "note": refund.note,
        "totalRefundedSet": till.money(refund.total, sum(one.shown for one in paid)),
        "transactions": payments,
        "return": {"id": gid("Return", refund.return_id)} if refund.return_id else None,
        "refundLineItems": lines,
        "refundShippingLines": freight,
    }


def placement_view(shop: Shop, order: Order, placement: Placement) -> View:
    till = Till(shop, order)

    def view(row: PlacedLine) -> View:
        return {
            "id": gid("FulfillmentOrderLineItem", row.placed_id),
            "remainingQuantity": row.remaining,
            "totalQuantity": row.total,
            "lineItem": lambda _info: line_view(till, order.line(row.line_id)),
        }

    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(placement.lines, view, first, after)

    return {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", placement.placement_id),
        "status": placement.status,
        "assignedLocation": {"location": location_view(shop, placement.location_id)},
        "lineItems": lines,
    }


def fulfilment_view(shop: Shop, order: Order, fulfilment: Fulfilment) -> View:
    till = Till(shop, order)

    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        rows = list(fulfilment.lines.items())
        return page(rows, view, first, after)

    def view(row: tuple[int, int]) -> View:
        return {"quantity": row[1], "lineItem": line_view(till, order.line(row[0]))}

    tracked = zip_longest(fulfilment.numbers, fulfilment.urls)
    infos: list[View] = [
        {"company": fulfilment.company, "number": name, "url": url} for name, url in tracked
    ]

    def tracking(_info: object, first: int | None = None) -> list[View]:
        return infos[:first]

    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", fulfilment.fulfilment_id),
        "status": fulfilment.status,
        "trackingInfo": tracking,
        "fulfillmentLineItems": lines,
    }
