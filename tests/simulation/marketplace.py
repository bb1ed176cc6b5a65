"""Amazon in the simulated world: a second channel, with one quantity for all places of a seller."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from sandbox.vendors.amazon import simulator as amazon
from sandbox.vendors.amazon.state import Item, Order
from shared.flows.keys import NOTIFIED
from shared.ports import Clock
from tests.simulation.engine import SECOND, Engine

QUEUES = "arn:aws:sqs:eu-west-1:111111111111:shelfwire-sandbox-"
LOOKED_MS = 5 * SECOND  # from a look to the call that follows from it, at most
KIND, PREVIEW = b"LUGGAGE", b"mode=VALIDATION_PREVIEW"
PRICE, STOCK = b"purchasable_offer", b"fulfillment_availability"

CONNECTION = """
[[connections]]
name = "NAME"
system = "amazon"
base_url = "https://sellingpartnerapi-eu.example"
secret = "NAME"
settle_seconds = 120
poll_minutes = MINUTES
limits = { points_per_second = 5, bucket = 10 }
settings = { seller_id = "A3SELLER", marketplace_id = "A1F83G8C2ARO7P", subscribe = false SELLING }

[[channels]]
name = "NAME"
connection = "NAME"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london", "leeds"]
safety_stock = 0
zone = "Europe/London"
"""
"""Its queue is subscribed from the beginning, and nobody looks after that."""


def seller(name: str, secret: str, clock: Clock) -> amazon.AmazonSimulator:
    """A seller's account whose notifications lead to our queue."""
    found = amazon.AmazonSimulator(clock, amazon.Account(client_secret=secret))
    found.control("subscribe", queue=f"{QUEUES}{name}{NOTIFIED}")
    return found


def secrets(secret: str) -> dict[str, object]:
    return {"client_id": "client", "client_secret": secret, "refresh_token": "refresh"}


@dataclass(frozen=True, slots=True)
class SoldLine:
    """`net` is what is paid for all units, with their tax."""

    line_id: int
    sku: str
    quantity: int
    removed: int
    net: int
    tax: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Freight:
    price: int
    taxes: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Sold:
    """An order of Amazon's as those of shops are looked at. What cannot be there is empty."""

    order_id: str
    cancelled_at: datetime | None
    lines: tuple[SoldLine, ...]
    freight: tuple[Freight, ...]
    total: int
    test: bool = False
    taxes_included: bool = True
    placements: tuple[Any, ...] = ()
    refunds: tuple[Any, ...] = ()
    returns: tuple[Any, ...] = ()
    transactions: tuple[Any, ...] = ()


def orders_of(vendor: Any) -> Iterator[Any]:
    """Every order a shop or a marketplace has sold."""
    if hasattr(vendor, "shop"):
        yield from vendor.shop.orders.values()
    else:
        yield from (_sold(vendor, order) for order in vendor.seller.orders.values())


def order_of(vendor: Any, number: str) -> Any:
    """One of them, by the id it has there."""
    if hasattr(vendor, "shop"):
        return vendor.shop.orders[int(number)]
    return _sold(vendor, vendor.seller.orders[number])


def _sold(vendor: Any, order: Order) -> Sold:
    return Sold(
        order_id=order.order_id,
        cancelled_at=order.updated_at if order.status == "CANCELLED" else None,
        lines=tuple(_line(item) for item in order.items),
        freight=tuple(
            Freight(amount - item.discounts.get(kind, 0))
            for item in order.items
            for kind, amount in item.amounts.items()
            if kind != "ITEM"
        ),
        total=vendor.checkout.grand_total(order),
    )


def _line(item: Item) -> SoldLine:
    net = item.amounts["ITEM"] - item.discounts.get("ITEM", 0)
    return SoldLine(int(item.item_id), item.sku, item.quantity, item.cancelled, net)


def sent(request: httpx.Request) -> bytes | None:
    """Which attribute of a listing a call sets; None of one that sets nothing."""
    if request.method != "PATCH" or PREVIEW in request.url.query:
        return None
    return PRICE if PRICE in request.content else STOCK


def dropped(request: httpx.Request) -> httpx.Request:
    """One that is answered as accepted, and of which nothing is ever shown."""
    url = f"{request.url}&{PREVIEW.decode()}"
    return httpx.Request("PATCH", url, headers=request.headers, content=request.content)


def refused(request: httpx.Request) -> httpx.Request:
    """One that the marketplace finds invalid."""
    other = request.content.replace(KIND, b"ANOTHER")
    return httpx.Request("PATCH", request.url, headers=request.headers, content=other)


def use_up(vendor: amazon.AmazonSimulator, request: httpx.Request) -> None:
    """Somebody else has just made the last call that the operation's plan allows for now."""
    operation = vendor.asked(request)
    if operation is not None:
        vendor.use_up(operation)


@dataclass(slots=True)
class Refusals:
    """Calls a marketplace refused because their plan was used up, and who was told so.

    Whoever was not told cannot know that somebody else called.
    """

    told: dict[tuple[object, str], int] = field(default_factory=dict)

    def amiss(
        self, vendor: amazon.AmazonSimulator, request: httpx.Request, by: object, now_ms: int
    ) -> str:
        """What is wrong with having asked; empty if it could not be known."""
        operation = vendor.asked(request)
        if operation is None:
            return ""
        again, name = self.told.get((by, operation.name), 0), operation.name
        self.told[by, name] = now_ms + int(SECOND / operation.rate)
        if not vendor.counts[f"used up {name}"]:
            return f"{name} was called more often than its plan allows"
        return f"{name} was called again before its time" if now_ms < again else ""


@dataclass(slots=True)
class Parcels:
    """When each parcel was confirmed first. Who has looked since does not confirm it again."""

    confirmed: dict[str, int] = field(default_factory=dict)

    def amiss(self, request: httpx.Request, response: httpx.Response, engine: Engine) -> str:
        """Of a call that lands late nobody can say when it was made."""
        if not request.url.path.endswith("/shipmentConfirmation") or engine.current is None:
            return ""
        number = f"{request.url.path} {_number(request.content)}"
        if response.is_success:
            self.confirmed.setdefault(number, engine.now_ms)
        since = self.confirmed.get(number, engine.now_ms)
        again = not response.is_success and engine.now_ms - since > LOOKED_MS
        return f"{number} is confirmed again, without a look" if again else ""


def _number(content: bytes) -> str:
    told: dict[str, Any] = json.loads(content)
    return str(told["packageDetail"]["packageReferenceId"])
