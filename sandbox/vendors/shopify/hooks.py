"""Webhooks on their way out: signed, retried by Shopify's schedule, lost or doubled on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus

from pydantic_core import to_json

from sandbox.simulator import Delivery
from sandbox.vendors.shopify.state import Order, Refund, Shop, Variant, gid, instant
from sandbox.vendors.shopify.subscriptions import Subscriptions
from shared.connectors.shopify.webhook import sign

# Shopify: anything but a 2xx is tried again 8 times within 4 hours, ever more slowly.
RETRIES = tuple(timedelta(seconds=56 * 2**i) for i in range(8))


@dataclass(slots=True)
class Pending:
    delivery: Delivery
    due: datetime
    subscription: int | None = None
    attempts: int = 0
    out: bool = False


@dataclass(slots=True)
class Hooks:
    """`secret` signs; deliveries are handed out once and answered, or wait for their next try."""

    shop: Shop
    domain: str
    secret: str
    version: str
    subscriptions: Subscriptions
    sent: int = 0
    given_up: int = 0
    _pending: dict[str, Pending] = field(default_factory=dict)

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
            self._pending[delivery.delivery_id] = Pending(delivery, now, subscription)

    def due(self, now: datetime) -> Sequence[Delivery]:
        """What to deliver now, each once until it is answered."""
        found = []
        for pending in self._pending.values():
            if not pending.out and pending.due <= now:
                pending.out = True
                found.append(pending.delivery)
        self.sent += len(found)
        return found

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        """A 2xx ends it; anything else comes again until the schedule is over."""
        pending = self._pending[delivery.delivery_id]
        accepted = status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        if accepted or pending.attempts == len(RETRIES):
            if not accepted:
                self.given_up += 1
                self.subscriptions.gave_up(pending.subscription)
            del self._pending[delivery.delivery_id]
            return
        pending.due = now + RETRIES[pending.attempts]
        pending.attempts += 1
        pending.out = False

    @property
    def waiting(self) -> int:
        return len(self._pending)


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
