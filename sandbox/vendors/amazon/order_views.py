"""An order as Orders 2026-01-01 tells it: whole, and then only the data sets asked for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.vendors.amazon.state import Item, Order, Package, Seller, instant
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.amazon.checkout import Checkout

ALWAYS = frozenset(
    {"orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems", "programs"}
)
ORDER_SETS = {
    "buyer": "BUYER",
    "recipient": "RECIPIENT",
    "proceeds": "PROCEEDS",
    "fulfillment": "FULFILLMENT",
    "packages": "PACKAGES",
}
ITEM_SETS = {
    "proceeds": "PROCEEDS",
    "fulfillment": "FULFILLMENT",
    "cancellation": "CANCELLATION",
}
SETS = frozenset(
    {
        *ORDER_SETS.values(),
        *ITEM_SETS.values(),
        "EXPENSE",
        "PROMOTION",
        "TAX",
        "PAYMENT",
        "FULFILLMENT_ORDERS",
    }
)


def order_view(seller: Seller, order: Order, checkout: "Checkout") -> dict[str, Json]:
    """Everything there is; buyer and recipient too, who must be asked for to be told."""
    view: dict[str, Json] = {
        "orderId": order.order_id,
        "createdTime": instant(order.created_at),
        "lastUpdatedTime": instant(order.updated_at),
        "programs": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": seller.marketplace_id},
        "buyer": {"buyerName": order.buyer, "buyerEmail": "x@marketplace.example"},
        "recipient": {"deliveryAddress": {"name": order.buyer, "addressLine1": "1 Main Street"}},
        "fulfillment": {
            "fulfillmentStatus": order.status,
            "fulfilledBy": order.fulfilled_by,
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {
                "earliestDateTime": instant(order.created_at),
                "latestDateTime": instant(order.created_at + timedelta(hours=order.ship_hours)),
            },
        },
        "orderItems": [_item(seller, order, item, checkout) for item in order.items],
        "packages": [_package(package) for package in order.packages],
    }
    if order.status != "PENDING":
        view["proceeds"] = _proceeds(seller, order, checkout)
    return view


def included(view: Mapping[str, Json], wanted: frozenset[str]) -> dict[str, Json]:
    """The data sets asked for; items, ids and times are always told."""
    shown = {
        name: value
        for name, value in view.items()
        if name in ALWAYS or ORDER_SETS.get(name) in wanted
    }
    items = view["orderItems"]
    shown["orderItems"] = [
        {name: value for name, value in item.items() if ITEM_SETS.get(name, "") in {"", *wanted}}
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    ]
    return shown


def _proceeds(seller: Seller, order: Order, checkout: "Checkout") -> Json:
    tip: list[Json] = []
    if order.tip:
        subtotal = seller.money(order.tip)
        tip = [{"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": subtotal}]
    return {"grandTotal": seller.money(checkout.grand_total(order)), "breakdowns": tip}


def _item(seller: Seller, order: Order, item: Item, checkout: "Checkout") -> Json:
    units = item.quantity
    if item.cancelled and checkout.cancelled_units == "zero":
        units -= item.cancelled
    view: dict[str, Json] = {
        "orderItemId": item.item_id,
        "quantityOrdered": units,
        "product": {"sellerSku": item.sku, "title": item.title},
        "fulfillment": {
            "quantityFulfilled": item.shipped,
            "quantityUnfulfilled": item.open,
        },
        "cancellation": _cancellation(item),
    }
    if order.status != "PENDING":
        view["proceeds"] = {"breakdowns": _breakdowns(seller, item, checkout.discount_sign)}
    return view


def _breakdowns(seller: Seller, item: Item, sign: int) -> list[Json]:
    rows: list[Json] = [
        {"type": kind, "subtotal": seller.money(amount)} for kind, amount in item.amounts.items()
    ]
    for kind, parts, factor in (("DISCOUNT", item.discounts, sign), ("TAX", item.tax, 1)):
        if parts:
            rows.append(
                {
                    "type": kind,
                    "subtotal": seller.money(factor * sum(parts.values())),
                    "detailedBreakdowns": [
                        {"subtype": part, "value": seller.money(factor * amount)}
                        for part, amount in parts.items()
                    ],
                }
            )
    return rows


def _cancellation(item: Item) -> Json:
    told: dict[str, Json] = {}
    if item.cancel_requested:
        told["cancellationRequest"] = {"requester": "BUYER", "cancelReason": "changed mind"}
    if item.cancelled_by:
        told["cancellationExecution"] = {"cancelledBy": item.cancelled_by}
    return told


def _package(package: Package) -> Json:
    return {
        "packageReferenceId": package.reference,
        "packageStatus": {"status": "SHIPPED"},
        "carrier": package.carrier,
        "shipTime": package.shipped_at,
        "trackingNumber": package.tracking_number,
        "packageItems": [
            {"orderItemId": item, "quantity": units} for item, units in package.items.items()
        ],
    }
