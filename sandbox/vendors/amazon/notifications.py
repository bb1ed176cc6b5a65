"""Notifications on their way to a queue: at least once, in any order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.simulator import Delivery
from sandbox.vendors.amazon.state import Feed, Item, Order, Seller, instant
from sandbox.vendors.outgoing import Outgoing
from shared.model.base import Json

AGAIN = timedelta(seconds=30)
ACCOUNT = "437568002678"  # what Amazon sends with
# Orders 2026-01-01 -> the words of notifications
STATUS = {
    "PENDING": "Pending",
    "PENDING_AVAILABILITY": "PendingAvailability",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}


@dataclass(slots=True)
class Notifications:
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(lambda _failed: AGAIN))

    def emit(
        self, body: Mapping[str, Json], name: str, queue: str, now: datetime, *, copies: int
    ) -> None:
        raw = json.dumps(body).encode()
        for copy in range(copies):
            self.outgoing.put(Delivery(f"{name}/{copy}", {}, raw, queue, ACCOUNT), now)


def notification_id(seller: Seller) -> str:
    return f"00000000-0000-4000-8000-{seller.next():012}"


def order_changed(seller: Seller, order: Order, name: str, now: datetime) -> dict[str, Json]:
    """ORDER_CHANGE, whose members begin with capitals."""
    open_units = sum(item.open for item in order.items)
    shipped = sum(item.shipped for item in order.items)
    asked = any(item.cancel_requested for item in order.items)
    change: dict[str, Json] = {
        "NotificationLevel": "OrderLevel",
        "SellerId": seller.seller_id,
        "AmazonOrderId": order.order_id,
        "OrderChangeType": "BuyerRequestedChange" if asked else "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": instant(now), "ChangeReason": "status"},
        "Summary": {
            "MarketplaceId": seller.marketplace_id,
            "OrderStatus": STATUS[order.status],
            "PurchaseDate": instant(order.created_at),
            "DestinationPostalCode": "",
            "FulfillmentType": "AFN" if order.fulfilled_by == "AMAZON" else "MFN",
            "OrderType": "StandardOrder",
            "NumberOfItemsShipped": shipped,
            "NumberOfItemsUnshipped": open_units,
            "OrderItems": [_item(order, item) for item in order.items],
        },
    }
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": instant(now),
        "Payload": {"OrderChangeNotification": change},
        "NotificationMetadata": {
            "ApplicationId": "app-id-sandbox",
            "SubscriptionId": "subscription-id-sandbox",
            "PublishTime": instant(now),
            "NotificationId": name,
        },
    }


def feed_finished(seller: Seller, feed: Feed, name: str, now: datetime) -> dict[str, Json]:
    """FEED_PROCESSING_FINISHED, whose members begin with small letters."""
    result: dict[str, Json] = {"resultFeedDocumentId": feed.result_id} if feed.result_id else {}
    told: dict[str, Json] = {
        "sellerId": seller.seller_id,
        "accountId": f"amzn1.merchant.o.{seller.seller_id}",
        "feedId": feed.feed_id,
        "feedType": feed.kind,
        "processingStatus": feed.fate,
        **result,
    }
    return {
        "notificationVersion": "2020-09-04",
        "notificationType": "FEED_PROCESSING_FINISHED",
        "payloadVersion": "2020-09-04",
        "eventTime": instant(now),
        "payload": {"feedProcessingFinishedNotification": told},
        "notificationMetadata": {
            "applicationId": "amzn1.sellerapps.app.sandbox",
            "subscriptionId": "subscription-id-sandbox",
            "publishTime": instant(now),
            "notificationId": name,
        },
    }


def _item(order: Order, item: Item) -> Json:
    return {
        "OrderItemId": item.item_id,
        "SellerSKU": item.sku,
        "SupplySourceId": "",
        "OrderItemStatus": STATUS[order.status],
        "Quantity": item.quantity,
        "QuantityShipped": item.shipped,
        "IsBuyerRequestedCancel": item.cancel_requested,
    }
