"""Webhooks on their way out: signed, retried by Shopify's schedule, lost or doubled on demand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic_core import to_json

from sandbox.simulator import Delivery
from sandbox.vendors.outgoing import Outgoing
from sandbox.vendors.shopify.state import Order, Refund, Shop, Variant, gid, instant
from sandbox.vendors.shopify.subscriptions import Subscriptions
from shared.connectors.shopify.webhook import sign

# Shopify: anything but a 2xx is tried again 8 times within 4 hours, ever more slowly.
RETRIES = tuple(timedelta(seconds=56 * 2**i) for i in range(8))


@dataclass(slots=True)
class Hooks:
    """`secret` signs; deliveries are handed out once and answered, or wait for their next try."""

    shop: Shop
    domain: str
    secret: str
    version: str
    subscriptions: Subscriptions
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(_again))

    def emit(self, topic: str, body: Mapping[str, object], now: datetime, *, copies: int) -> None:
        """Queue one event per subscription; copies beyond the first carry its webhook id."""
        for subscription in self.subscriptions.of(topic):
            self._queue(topic, body, now, copies, subscription)

    def _queue(
        self,
        topic: str,
        body: Mapping[str, object],
        now: datetime,
        copies: int,
        subscription: int | None,
    ) -> None:
        name = sha256(f"{self.domain}/{self.shop.next()}".encode()).hexdigest()[:32]
        raw = to_json(body)
        headers = {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": sign(raw, self.secret),
            "x-shopify-shop-domain": self.domain,
            "x-shopify-api-version": self.version,
            "x-shopify-webhook-id": name,
            "x-shopify-event-id": name[:16],
            "x-shopify-triggered-at": now.isoformat(),
        }
        for copy in range(copies):
            delivery = Delivery(f"{name}/{copy}", headers, raw)
            self.outgoing.put(delivery, now, lost=lambda: self.subscriptions.gave_up(subscription))


def _again(failed: int) -> timedelta | None:
    return RETRIES[failed - 1] if failed <= len(RETRIES) else None


def order_body(shop: Shop, order: Order) -> dict[str, object]:
    """The members of the REST order that say which order it is and what it is worth."""
    return {
        "id": order.order_id,
        "admin_graphql_api_id": gid("Order", order.order_id),
        "name": f"#{order.number}",
        "test": order.test,
        "created_at": instant(order.created_at),
        "updated_at": instant(order.updated_at),
        "cancelled_at": instant(order.cancelled_at) if order.cancelled_at else None,
        "currency": shop.currency,
        "taxes_included": order.taxes_included,
        "total_price": shop.text(order.total),
        "total_tax": shop.text(order.tax),
        "line_items": [
            {
                "id": line.line_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "price": shop.text(line.unit_price),
            }
            for line in order.lines
        ],
    }


def level_body(variant: Variant, place: int, now: datetime) -> dict[str, object]:
    return {
        "inventory_item_id": variant.variant_id,
        "location_id": place,
        "available": variant.levels[place].available,
        "updated_at": instant(now),
    }


def refund_body(order: Order, refund: Refund) -> dict[str, object]:
    """The members of the REST refund that say which refund of which order it is."""
    return {
        "id": refund.refund_id,
        "admin_graphql_api_id": gid("Refund", refund.refund_id),
        "order_id": order.order_id,
        "created_at": instant(refund.created_at),
        "refund_line_items": [
            {"line_item_id": line.line_id, "quantity": line.quantity} for line in refund.lines
        ],
    }
