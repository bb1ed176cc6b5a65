"""What the Admin API answers of orders."""

from collections.abc import Callable, Sequence
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

Field = Callable[..., View]


def order_view(shop: Shop, order: Order) -> View:
    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(order.lines, lambda line: line_view(shop, line), first, after)

    def placements(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(order.placements, lambda p: placement_view(shop, order, p), first, after)

    def freight(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(order.freight, lambda line: freight_view(shop, line), first, after)

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
        "taxesIncluded": order.taxes_included,
        "email": order.email or None,
        "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
        "totalPriceSet": money(shop, order.total),
        "totalTaxSet": money(shop, order.tax),
        "customer": {"id": gid("Customer", order.customer_id)} if order.customer_id else None,
        "risk": {"recommendation": order.risk},
        "paymentTerms": None
        if order.terms_days is None
        else {"id": gid("PaymentTerms", order.order_id), "dueInDays": order.terms_days},
        "billingAddress": order.address,
        "shippingAddress": order.address,
        "shippingLines": freight,
        "transactions": _first(order.transactions, lambda t: transaction_view(shop, t)),
        "refunds": _first(order.refunds, lambda r: refund_view(shop, order, r)),
        "fulfillments": _first(order.fulfilments, lambda f: fulfilment_view(shop, order, f)),
        "lineItems": lines,
        "fulfillmentOrders": placements,
    }


def _first[T](rows: Sequence[T], view: Callable[[T], View]) -> Callable[..., list[View]]:
    def listed(_info: object, first: int | None = None) -> list[View]:
        return [view(row) for row in rows[:first]]

    return listed


def money(shop: Shop, amount: int) -> View:
    said = {"amount": shop.text(amount), "currencyCode": shop.currency}
    return {"shopMoney": said, "presentmentMoney": said}


def line_view(shop: Shop, line: Line) -> View:
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line.line_id),
        "title": line.title,
        "sku": line.sku or None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity - line.removed - line.refunded,
        "originalUnitPriceSet": money(shop, line.unit_price),
        "discountAllocations": _allocations(shop, line.discounts),
        "taxLines": _taxes(shop, line.taxes),
    }


def freight_view(shop: Shop, line: Freight) -> View:
    return {
        "title": line.title,
        "code": line.code,
        "originalPriceSet": money(shop, line.price),
        "discountAllocations": _allocations(shop, line.discounts),
        "taxLines": _taxes(shop, line.taxes),
    }


def _allocations(shop: Shop, rows: Sequence[Allocation]) -> list[View]:
    return [
        {
            "allocatedAmountSet": money(shop, row.amount),
            "discountApplication": {
                "__typename": row.kind,
                "index": 0,
                "code": row.title,
                "title": row.title,
            },
        }
        for row in rows
    ]


def _taxes(shop: Shop, rows: Sequence[Tax]) -> list[View]:
    return [
        {"title": row.title, "rate": float(row.rate), "priceSet": money(shop, row.amount)}
        for row in rows
    ]


def transaction_view(shop: Shop, transaction: Transaction) -> View:
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", transaction.transaction_id),
        "kind": transaction.kind,
        "status": transaction.status,
        "gateway": transaction.gateway,
        "amountSet": money(shop, transaction.amount),
        "authorizationExpiresAt": instant(transaction.expires_at)
        if transaction.expires_at
        else None,
    }


def refund_view(shop: Shop, order: Order, refund: Refund) -> View:
    def view(row: RefundLine) -> View:
        return {
            "quantity": row.quantity,
            "restockType": row.restock,
            "subtotalSet": money(shop, row.subtotal),
            "totalTaxSet": money(shop, row.tax),
            "lineItem": line_view(shop, order.line(row.line_id)),
        }

    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(refund.lines, view, first, after)

    def post(row: RefundedFreight) -> View:
        return {
            "subtotalAmountSet": money(shop, row.subtotal),
            "taxAmountSet": money(shop, row.tax),
        }

    def freight(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(refund.freight, post, first, after)

    return {
        "__typename": "Refund",
        "id": gid("Refund", refund.refund_id),
        "createdAt": instant(refund.created_at),
        "processedAt": instant(refund.created_at),
        "totalRefundedSet": money(shop, refund.total),
        "return": {"id": gid("Return", refund.return_id)} if refund.return_id else None,
        "refundLineItems": lines,
        "refundShippingLines": freight,
    }


def placement_view(shop: Shop, order: Order, placement: Placement) -> View:
    def view(row: PlacedLine) -> View:
        return {
            "id": gid("FulfillmentOrderLineItem", row.placed_id),
            "remainingQuantity": row.remaining,
            "totalQuantity": row.total,
            "lineItem": lambda _info: line_view(shop, order.line(row.line_id)),
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
    def lines(_info: object, first: int | None = None, after: str | None = None) -> View:
        rows = list(fulfilment.lines.items())
        return page(rows, view, first, after)

    def view(row: tuple[int, int]) -> View:
        return {"quantity": row[1], "lineItem": line_view(shop, order.line(row[0]))}

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
