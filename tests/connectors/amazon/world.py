"""A retailer with a marketplace, the simulated Amazon, and a wire that checks every word."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from sandbox.simulator import Vanish
from sandbox.vendors.amazon.simulator import Account, AmazonSimulator, Doubts, Pace
from shared.connectors.amazon.client import AmazonSeller, connect
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.order import Order
from shared.model.product import Product, Variant
from shared.model.retailer import Retailer
from shared.model.target import Outcome, PriceValue, Push, StockValue
from shared.ports import Pacer
from shared.settings import load_retailer
from tests.connectors.amazon.contract import (
    answer_complaints,
    document_complaints,
    request_complaints,
)
from tests.fakes import FreePacer, SetClock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
UK = "A1F83G8C2ARO7P"
HOST = "https://sellingpartnerapi-eu.example"
SECRET: Mapping[str, object] = {
    "client_id": "client",
    "client_secret": "secret",
    "refresh_token": "refresh",
    "token_url": f"{HOST}/auth/o2/token",
}

RETAILER_TOML = """
retailer = "demo"
home_currency = "GBP"
stage = "sandbox"
authority = { product = "erp", price = "erp", stock = "erp" }

[[connections]]
name = "erp"
system = "sap-s4hana"
base_url = "https://erp.example"
secret = "erp"
limits = { points_per_second = 50, bucket = 100 }

[[connections]]
name = "market"
system = "amazon"
base_url = "https://sellingpartnerapi-eu.example"
secret = "market"
settle_seconds = 60
limits = { points_per_second = 5, bucket = 10 }
settings = { seller_id = "A3SELLER", marketplace_id = "A1F83G8C2ARO7P" }

[[locations]]
name = "london"
external = { erp = "1710/171A", market = "all" }

[[locations]]
name = "leeds"
external = { erp = "1720/172A", market = "all" }

[[price_lists]]
name = "retail"
currency = "GBP"
tax_basis = "gross"
conditions = { PR00 = "base" }

[[channels]]
name = "amazon-uk"
connection = "market"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london", "leeds"]
"""


def retailer(tax_display: str = "gross", /, **settings: Json) -> Retailer:
    """The retailer, its marketplace with these settings."""
    plain = load_retailer(RETAILER_TOML.replace('"gross"\nprice', f'"{tax_display}"\nprice'))
    market = plain.connection("market")
    market = market.model_copy(update={"settings": {**market.settings, **settings}})
    return plain.model_copy(update={"connections": (plain.connection("erp"), market)})


class Wire(httpx.BaseTransport):
    """Carries requests to the simulator, and holds both sides to Amazon's models.

    `next` are answers to give instead, once each; None lets the simulator answer.
    """

    def __init__(self, simulator: AmazonSimulator) -> None:
        self.simulator = simulator
        self.next: list[httpx.Response | Exception | None] = []
        self.sent: list[httpx.Request] = []
        self.before: Callable[[httpx.Request], None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        assert request_complaints(request) == []
        if request.method == "PUT":
            name = "feeds/listings-feed-schema-v2.json"
            assert document_complaints(name, request.content) == []
        self.sent.append(request)
        self.before(request)
        answer = self.next.pop(0) if self.next and "/auth/" not in request.url.path else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        try:
            response = self.simulator.handle(request)
        except Vanish as vanish:
            raise httpx.ReadTimeout("no answer", request=request) from vanish
        assert answer_complaints(request, response) == []
        if request.method == "GET" and request.url.path.startswith("/_documents/"):
            name = "feeds/listings-feed-processing-report-schema-v2.json"
            assert document_complaints(name, gzip.decompress(response.content)) == []
        return response

    def paths(self) -> list[str]:
        """What was asked for, without tokens."""
        return [f"{r.method} {r.url.path}" for r in self.sent if "/auth/" not in r.url.path]


@dataclass
class World:
    """One retailer, one marketplace. `links` is what a publisher would remember."""

    clock: SetClock
    simulator: AmazonSimulator
    wire: Wire
    market: AmazonSeller
    retailer: Retailer
    links: dict[str, dict[str, str]] = field(default_factory=dict)

    def control(self, name: str, **kwargs: Json) -> Json:
        return self.simulator.control(name, **kwargs)

    def listed(self, *skus: str, price: str | None = "9.99", quantity: int | None = 5) -> None:
        """Listings there are, and the links a publisher has of them."""
        for sku in skus:
            self.control("list_item", sku=sku, price=price, quantity=quantity)
            self.links[sku] = {"asin": "B", "product_type": "LUGGAGE"}

    def push(self, facet: Facet, *pushes: Push) -> list[Outcome]:
        return list(self.market.push(facet, pushes))

    def shown(self, facet: Facet, *pushes: Push) -> Mapping[str, Json]:
        return self.market.shown(facet, pushes)

    def content(self, *skus: str, product_id: str = "HAT") -> Push:
        variants = tuple(Variant(sku=sku, option_values=(sku,), base_unit="PC") for sku in skus)
        product = Product(
            product_id=product_id, title="Hat", option_names=("Size",), variants=variants
        )
        return self.line(product_id, product.model_dump(mode="json"))

    def price(self, sku: str, amount: int, receipt: str = "") -> Push:
        value = PriceValue(price=gbp(amount)).model_dump(mode="json")
        return self.line(sku, value).model_copy(update={"receipt": receipt})

    def stock(self, sku: str, **levels: int) -> Push:
        return self.line(sku, StockValue(levels=levels).model_dump(mode="json"))

    def line(self, key: str, desired: Json) -> Push:
        return Push(
            key=key,
            group="HAT",
            desired=desired,
            version=1,
            operation=f"amazon-uk/x/{key}/1",
            links=self.links.get(key, {}),
        )

    def prices(self) -> dict[str, Json]:
        found = self.control("read_prices")
        assert isinstance(found, dict)
        return found

    def quantities(self) -> dict[str, Json]:
        found = self.control("read_stock")
        assert isinstance(found, dict)
        return found

    def ordered(self, **wish: Json) -> dict[str, Json]:
        placed = self.control("place_order", **wish)
        assert isinstance(placed, dict)
        return placed

    def read(self, placed: Mapping[str, Json]) -> Order:
        order = self.market.read_order(str(placed["id"]))
        assert order is not None
        return order

    def counter(self, name: str) -> int:
        counters = self.control("counters")
        assert isinstance(counters, dict)
        return int(str(counters.get(name, 0)))


def world(
    *,
    doubts: Doubts | None = None,
    pace: Pace | None = None,
    pacer: Pacer | None = None,
    clock: SetClock | None = None,
    ours: Retailer | None = None,
    **settings: Json,
) -> World:
    clock = clock or SetClock(NOW)
    simulator = AmazonSimulator(clock, Account(), pace=pace, doubts=doubts)
    wire = Wire(simulator)
    ours = ours or retailer(**settings)
    market = connect(
        ours.connection("market"),
        ours,
        SECRET,
        pacer=pacer or FreePacer(),
        clock=clock,
        transport=wire,
    )
    return World(clock, simulator, wire, market, ours)


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")
