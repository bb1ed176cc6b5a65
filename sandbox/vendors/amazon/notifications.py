"""Notifications on their way out, as an event bus forwards them: at least once, in any order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from sandbox.simulator import Delivery
from sandbox.vendors.amazon.state import Feed, Item, Order, Seller, instant
from shared.model.base import Json

AGAIN = timedelta(seconds=30)
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
class _Pending:
    delivery: Delivery
    due: datetime
    out: bool = False


@dataclass(slots=True)
class Notifications:
    seller: Seller
    secret: str
    sent: int = 0
    _pending: dict[str, _Pending] = field(default_factory=dict)

    def emit(self, body: Mapping[str, Json], name: str, now: datetime, *, copies: int) -> None:
        headers = {
            "content-type": "application/json",
            "x-shelfwire-secret": self.secret,
        }
        raw = json.dumps(body).encode()
        for copy in range(copies):
            delivery = Delivery(f"{name}/{copy}", headers, raw)
            self._pending[delivery.delivery_id] = _Pending(delivery, now)

    def due(self, now: datetime) -> Sequence[Delivery]:
        found = []
        for pending in self._pending.values():
            if not pending.out and pending.due <= now:
                pending.out = True
                found.append(pending.delivery)
        self.sent += len(found)
        return found

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self._pending.pop(delivery.delivery_id, None)
            return
        pending = self._pending[delivery.delivery_id]
        pending.due = now + AGAIN
        pending.out = False

    @property
    def waiting(self) -> int:
        return len(self._pending)


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
