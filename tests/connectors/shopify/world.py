"""A retailer with a shop, the simulated shop, and a wire between them that checks every word."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
from graphql import (
    GraphQLResolveInfo,
    GraphQLSchema,
    build_client_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution import get_variable_values

from sandbox.simulator import Vanish
from sandbox.vendors.shopify.simulator import Account, Doubts, Plan, ShopifySimulator
from shared.connectors.shopify.client import ShopifyAdmin, connect
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.order import Order
from shared.model.product import Lifecycle, Product, Variant
from shared.model.retailer import Retailer
from shared.model.target import Outcome, PriceValue, Push, StockValue, Verdict
from shared.ports import Pacer
from shared.settings import load_retailer
from tests.fakes import FreePacer, SetClock
from tests.specs import specs_dir

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET: Mapping[str, object] = {"client_id": "client", "client_secret": "secret"}
LONDON, LEEDS, YORK = (f"gid://shopify/Location/{n}" for n in (1, 2, 3))

RETAILER_TOML = """
retailer = "demo"
home_currency = "EUR"
stage = "sandbox"
authority = { product = "erp", price = "erp", stock = "erp" }

[[connections]]
name = "erp"
system = "sap-s4hana"
base_url = "https://erp.example"
secret = "erp"
limits = { points_per_second = 50, bucket = 100 }

[[connections]]
name = "shop"
system = "shopify"
base_url = "https://sandbox.myshopify.com"
secret = "shop"
limits = { points_per_second = 100, bucket = 2000 }

[[locations]]
name = "london"
external = { erp = "1710/171A", shop = "gid://shopify/Location/1" }

[[locations]]
name = "leeds"
external = { erp = "1720/172A", shop = "gid://shopify/Location/2" }

[[locations]]
name = "york"
external = { erp = "1730/173A" }

[[price_lists]]
name = "retail"
currency = "EUR"
tax_basis = "gross"
conditions = { PR00 = "base" }

[[channels]]
name = "web"
connection = "shop"
erp = "erp"
currency = "EUR"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london", "leeds"]
"""


def retailer(**settings: Json) -> Retailer:
    """The retailer, its shop with these settings."""
    plain = load_retailer(RETAILER_TOML)
    shop = plain.connection("shop").model_copy(update={"settings": settings})
    return plain.model_copy(update={"connections": (plain.connection("erp"), shop)})


def shopify_specs() -> Path:
    return specs_dir() / "commerce" / "shopify"


@cache
def vendor_schema() -> GraphQLSchema | None:
    """Shopify's own schema, or None when it is not on this machine."""
    path = shopify_specs() / "admin_2026-10.introspection.json.gz"
    if not path.is_file():
        return None
    with gzip.open(path) as stream:
        read = json.load(stream)
    return build_client_schema(read.get("data", read), assume_valid=True)


@cache
def complaints(document: str) -> tuple[str, ...]:
    """What Shopify's schema has against a document."""
    schema = vendor_schema()
    return tuple(e.message for e in validate(schema, parse(document))) if schema else ()


def input_complaints(document: str, variables: Mapping[str, object]) -> list[str]:
    """What Shopify's schema has against the variables of a document."""
    schema = vendor_schema()
    if schema is None:
        return []
    operation = parse(document).definitions[0]
    declared = getattr(operation, "variable_definitions", None) or ()
    found = get_variable_values(schema, declared, dict(variables))
    return [error.message for error in found] if isinstance(found, list) else []


def answer_complaints(
    document: str, variables: Mapping[str, object], data: Mapping[str, object]
) -> list[str]:
    """What Shopify's schema has against an answer: run the document over the answer itself."""
    schema = vendor_schema()
    if schema is None:
        return []
    result = execute_sync(
        schema,
        parse(document),
        root_value=data,
        variable_values=dict(variables),
        field_resolver=_said,
        type_resolver=_kind,
    )
    return [f"{error.path}: {error.message}" for error in result.errors or ()]


def _said(source: Mapping[str, object], info: GraphQLResolveInfo[None], **_: object) -> object:
    return source[str(info.path.key)]


def _kind(value: Mapping[str, object], *_: object) -> str:
    name = str(value.get("id", ""))
    if name.startswith("gid://shopify/"):
        return name.split("/")[3]
    return "DiscountCodeApplication" if "code" in value else "ManualDiscountApplication"


class Wire(httpx.BaseTransport):
    """Carries requests to the simulator, and holds both sides to Shopify's schema.

    `next` are answers to give instead, once each; None lets the simulator answer. `sent` are the
    variables that went out, `stated` the points the simulator asked for. `files` are answers to
    give instead about files; what `loses` names takes effect and is not answered.
    """

    def __init__(self, simulator: ShopifySimulator) -> None:
        self.simulator = simulator
        self.next: list[httpx.Response | Exception | None] = []
        self.sent: list[tuple[str, Mapping[str, object]]] = []
        self.stated: list[tuple[str, int]] = []
        self.twin: ShopifySimulator | None = None
        self.files: list[httpx.Response] = []
        self.loses = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path.startswith("/_files"):
            return self.files.pop(0) if self.files else self.simulator.handle(request)
        if not request.url.path.endswith("graphql.json"):
            response = self.simulator.handle(request)
            self._check_twin(request, response)
            return response
        asked = json.loads(request.content)
        document, variables = asked["query"], asked["variables"]
        assert complaints(document) == ()
        assert input_complaints(document, variables) == []
        self.sent.append((asked["operationName"], variables))
        answer = self.next.pop(0) if self.next else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        response = self._answered(request)
        if asked["operationName"] == self.loses:
            raise httpx.ReadTimeout("no answer", request=request)
        if response.is_success:
            self._check(asked, response.json())
            self._check_twin(request, response)
        return response

    def _check_twin(self, request: httpx.Request, response: httpx.Response) -> None:
        """The quick way of answering, on a shop of its own, says the same word for word."""
        if self.twin is not None:
            assert self.twin.handle(request).json() == response.json()

    def _answered(self, request: httpx.Request) -> httpx.Response:
        try:
            return self.simulator.handle(request)
        except Vanish as vanish:
            raise httpx.ReadTimeout("no answer", request=request) from vanish

    def _check(self, asked: Mapping[str, object], body: Mapping[str, object]) -> None:
        data, extensions = body.get("data"), body.get("extensions")
        if isinstance(extensions, dict):
            stated = extensions["cost"]["requestedQueryCost"]
            self.stated.append((str(asked["operationName"]), stated))
        if isinstance(data, dict) and not body.get("errors"):
            variables = asked["variables"]
            assert isinstance(variables, dict)
            assert answer_complaints(str(asked["query"]), variables, data) == []

    def operations(self) -> list[str]:
        return [name for name, _ in self.sent]


@dataclass
class World:
    """One retailer, one shop. `links` is what a publisher would remember."""

    clock: SetClock
    simulator: ShopifySimulator
    wire: Wire
    shop: ShopifyAdmin
    retailer: Retailer
    links: dict[str, dict[str, str]] = field(default_factory=dict)

    def list(self, product: Product) -> Outcome:
        """Push a product's content and remember the ids the shop gave."""
        push = self.content(product)
        [outcome] = self.shop.push(Facet.CONTENT, [push])
        if outcome.verdict is Verdict.APPLIED:
            self.links |= outcome.links
        return outcome

    def content(self, product: Product) -> Push:
        desired: Json = product.model_dump(mode="json")
        return self.line(product.product_id, product.product_id, desired)

    def price(self, sku: str, amount: int, compare_at: int | None = None) -> Push:
        value = PriceValue(
            price=eur(amount), compare_at=None if compare_at is None else eur(compare_at)
        )
        return self.line(sku, sku.split("-", maxsplit=1)[0], value.model_dump(mode="json"))

    def stock(
        self,
        sku: str,
        levels: Mapping[str, int],
        before: Mapping[str, int] | None = None,
        version: int = 1,
    ) -> Push:
        desired = StockValue(levels=dict(levels)).model_dump(mode="json")
        push = self.line(sku, sku.split("-", maxsplit=1)[0], desired, version)
        if before is None:
            return push
        published = StockValue(levels=dict(before)).model_dump(mode="json")
        return push.model_copy(update={"published": published})

    def line(self, key: str, group: str, desired: Json, version: int = 1) -> Push:
        return Push(
            key=key,
            group=group,
            desired=desired,
            version=version,
            operation=f"web/x/{key}/{version}",
            links=self.links.get(key, {}),
        )

    def ordered(self, **wish: Json) -> dict[str, Json]:
        """Place an order in the shop."""
        placed = self.simulator.control("place_order", **wish)
        assert isinstance(placed, dict)
        return placed

    def read(self, placed: Mapping[str, Json]) -> Order:
        order = self.shop.read_order(str(placed["id"]))
        assert order is not None
        return order

    def counter(self, name: str) -> int:
        counters = self.simulator.control("counters")
        assert isinstance(counters, dict)
        return int(str(counters.get(name, 0)))

    def level(self, sku: str, location: str, name: str = "available") -> int | None:
        stock = self.simulator.control("read_stock")
        assert isinstance(stock, dict)
        places = stock[sku]
        assert isinstance(places, dict)
        level = places.get(location)
        return int(str(level[name])) if isinstance(level, dict) else None

    def shop_price(self, sku: str) -> tuple[int, int | None]:
        prices = self.simulator.control("read_prices")
        assert isinstance(prices, dict)
        found = prices[sku]
        assert isinstance(found, dict)
        compare_at = found["compare_at"]
        return int(str(found["price"])), None if compare_at is None else int(str(compare_at))


def world(
    *,
    plan: Plan | None = None,
    doubts: Doubts | None = None,
    pacer: Pacer | None = None,
    account: Account | None = None,
    clock: SetClock | None = None,
    **settings: Json,
) -> World:
    clock = clock or SetClock(NOW)
    account = account or Account(locations=("London", "Leeds"))
    simulator = ShopifySimulator(
        clock, account, plan=plan or Plan(points_per_second=1000, bucket=20_000), doubts=doubts
    )
    wire = Wire(simulator)
    ours = retailer(**settings)
    shop = connect(
        ours.connection("shop"),
        ours,
        SECRET,
        pacer=pacer or FreePacer(),
        clock=clock,
        transport=wire,
    )
    return World(clock, simulator, wire, shop, ours)


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def jacket(
    *sizes: str, product_id: str = "TJ", gone: Sequence[str] = (), title: str = "Trail jacket"
) -> Product:
    """A jacket in sizes; those in `gone` are discontinued. SKUs are `TJ-<size>`."""
    return Product(
        product_id=product_id,
        title=title,
        description="Warm & dry",
        brand="Acme",
        option_names=("Size",),
        variants=tuple(
            Variant(
                sku=f"{product_id}-{size}",
                gtin="4006381333931" if i == 0 else None,
                option_values=(size,),
                base_unit="PC",
                lifecycle=Lifecycle.DISCONTINUED if size in gone else Lifecycle.ACTIVE,
            )
            for i, size in enumerate(sizes)
        ),
    )


def mug(sku: str = "MUG") -> Product:
    """A product without options: its id is its only SKU."""
    return Product(product_id=sku, title="Mug", variants=(Variant(sku=sku, base_unit="PC"),))
