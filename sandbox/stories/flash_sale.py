"""A flash sale on a shop and a marketplace, while goods come in, move, and are counted wrong.

A warehouse system tells what it moves and counts; nobody can ask it. Meanwhile shoppers buy in both
channels, the marketplace throttles, a kit shares its parts with everybody, one count is below
nothing, and one snapshot says that nothing is left of anything. In the end each channel shows
exactly what the engine says it may sell, and that is what lies there, less what was sold.
"""

import json
import time
import tomllib
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from random import Random
from typing import Any, Final

from sandbox.api import Api
from sandbox.failures import CannotRunError
from sandbox.home import Home, Steps
from sandbox.play.loading import CUSTOM, FREIGHT, load, price_text
from sandbox.play.quiet import bodies, open_at_last, settle, targets
from sandbox.play.record import Record
from sandbox.retailer.day import Article, Day
from sandbox.retailer.generated import generate
from sandbox.toml_text import written
from sandbox.world import World
from shared.flows import keys
from shared.model.base import Json
from shared.model.guardrails import Rule
from shared.model.ids import Facet
from shared.model.issue import IssueKind

FILE: Final = "retailers/flash-sale.toml"
ERP, WMS, SHOP, MARKET = "erp", "wms", "shop", "market"
PLACES: Final = ("leeds", "york")
KIT: Final = "SALE-SET"
PRODUCTS, EACH = 6, 4  # articles of a product
OPENING: Final = 24  # of each article at each place
BUYERS: Final = 90
THROTTLE_S: Final = 15
APPLIED_S: Final = 2  # until the marketplace shows what it accepted
LINES: Final = 250  # of a call
TRIES: Final = 3  # of a call that is not answered, before the one that counts
PATIENCE_S: Final = 900.0

type Books = Counter[tuple[str, str]]


def retailer_file(home: Home, base: Path, *, export: Path | None) -> Path:
    """The retailer of the sale, whatever `base` is: with its kit, and times that suit a sandbox."""
    del base, export
    raw = tomllib.loads((home.root / FILE).read_text(encoding="utf-8"))
    for connection in raw["connections"]:
        connection["settle_seconds"] = 5
    parts = [{"sku": sku, "quantity": n} for n, sku in enumerate(_assortment().skus[:2], 1)]
    raw["kits"]["defined"] = [{"sku": KIT, "components": parts}]
    path = home.path("flash-sale.toml")
    path.write_text(written(raw), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Assortment:
    """What is sold: articles that lie on shelves, and one kit made of the first two."""

    day: Day

    @property
    def skus(self) -> list[str]:
        return sorted(sku for sku in self.day.opening_prices if sku != KIT)


def _assortment() -> Assortment:
    made = generate(products=PRODUCTS, skus=PRODUCTS * EACH, orders=0)
    kit = Article(KIT, KIT, "Set", "", None, "PC", made.articles[0].group)
    day = replace(
        made,
        articles=(*made.articles, kit),
        opening_prices={**made.opening_prices, KIT: 4999},
        opening_stock=(),
        promotions=(),
    )
    return Assortment(day)


@dataclass(slots=True)
class Sale:
    """The story on one world. `books` are what really lies where, `sold` what was taken."""

    world: World
    record: Record
    goods: Assortment
    random: Random
    books: Books = field(default_factory=Counter)
    sold: Counter[str] = field(default_factory=Counter)
    told: int = 0
    orders: int = 0

    def poll(self, entity: str, facet: Facet, wanted: int) -> None:
        url = self.world.deployed.queues[f"{ERP}-read"]
        body = json.dumps({"poll": entity})
        self.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
        self.settle(facet, wanted)

    def settle(self, facet: Facet | None = None, wanted: int = 0) -> None:
        def enough() -> bool:
            return facet is None or all(
                targets(self.world, facet, name) >= wanted for name in (SHOP, MARKET)
            )

        settle(self.world, within_s=PATIENCE_S, enough=enough)

    # the warehouse

    def tell(self, rows: Sequence[dict[str, str]], *, levels: bool = False) -> int:
        """Post these lines; how many were refused."""
        warehouse, refused = Api(self.world.deployed, client="warehouse"), 0
        for some in batched(rows, LINES, strict=False):
            lines = list[Json](map(dict, some))
            body: Json = {"connection": WMS, "levels" if levels else "movements": lines}
            refused += int(str(_told(warehouse, body)["refused"]))
        return refused

    def count(self, skus: Iterable[str], **over: str) -> None:
        """Count what lies there; `over` is what is told instead."""
        rows = [
            {
                "sku": sku,
                "location": place,
                "unit": "PC",
                "on_hand": over.get(place, str(self.books[sku, place])),
                "as_of": datetime.now(UTC).isoformat(),
            }
            for sku in skus
            for place in PLACES
        ]
        if self.tell(rows, levels=True):
            self.record.wrong.append("counts were refused")

    def receive(self, sku: str, place: str, units: int) -> dict[str, str]:
        self.books[sku, place] += units
        return self._moved("receipt", sku, units) | {"to_location": place}

    def transfer(self, sku: str, units: int) -> list[dict[str, str]]:
        """From Leeds to York, out and in under one document."""
        start, end = PLACES
        self.books[sku, start] -= units
        self.books[sku, end] += units
        out = self._moved("transfer_out", sku, units)
        document = {"document": f"T-{self.told}"}
        into = self._moved("transfer_in", sku, units) | {"to_location": end} | document
        return [out | {"from_location": start, "to_location": end} | document, into]

    def _moved(self, kind: str, sku: str, units: int) -> dict[str, str]:
        self.told += 1
        return {
            "movement_id": f"M-{self.told}",
            "kind": kind,
            "sku": sku,
            "quantity": str(units),
            "unit": "PC",
            "occurred_at": datetime.now(UTC).isoformat(),
        }

    # the channels

    def buy(self, channel: str, sku: str, units: int) -> None:
        """A shopper takes what is offered; one who finds too little goes away."""
        price = price_text(self.goods.day.opening_prices[sku])
        line: dict[str, Json] = {"sku": sku, "quantity": units, "price": price}
        placed = self.world.controls.control(channel, "place_order", lines=[line])
        if isinstance(placed, dict) and "sold_out" not in placed:
            self.orders += 1
            self.sold[sku] += units

    def shown(self, channel: str) -> dict[str, dict[str, int]]:
        """Units a channel offers by place; those of the marketplace have one for all."""
        found: Any = self.world.controls.control(channel, "read_stock")
        if channel == MARKET:
            return {sku: {"all": units or 0} for sku, units in found.items()}
        names = {str(self.world.retailer.external_location(SHOP, p)): p for p in PLACES}
        return {
            sku: {names[gid]: max(0, level["available"]) for gid, level in levels.items()}
            for sku, levels in found.items()
        }

    def lookup(self, channel: str) -> dict[str, dict[str, int]]:
        """What the engine says may be sold, by place."""
        api = Api(self.world.deployed, client="shopfront")
        found: dict[str, dict[str, int]] = {}
        for some in batched((*self.goods.skus, KIT), 100, strict=False):
            said: Any = api.call(
                "POST", "v1", "availability", channel, "lookup", body={"skus": list(some)}
            )
            found |= {one["sku"]: one["levels"] for one in said["availability"]}
        return found


def _told(warehouse: Api, body: Json) -> dict[str, Json]:
    """What the API says of a call; where it says nothing, the call is repeated under its key."""
    key = {"idempotency-key": str(uuid.uuid4())}
    for _ in range(TRIES):
        with suppress(CannotRunError):
            return warehouse.call("POST", "v1", "movements", body=body, headers=key)
    return warehouse.call("POST", "v1", "movements", body=body, headers=key)


def run(world: World, *, export: Path | None, steps: Steps) -> dict[str, Json]:
    """Play and compare; `ok` is False when a level, an order or an exception is not right."""
    del export
    began = time.monotonic()
    sale = Sale(world, Record(steps), _assortment(), Random(1))  # noqa: S311 - the same sale every time
    _open(sale)
    _sell(sale)
    _miscount(sale)
    _empty(sale)
    _compare(sale)
    _account(sale)
    return sale.record.result(began)


def _subscribed(sale: Sale) -> None:
    """The marketplace tells of orders from now on; the sweep would see to it within a minute."""
    url = sale.world.deployed.queues[keys.read_queue(MARKET)]
    sale.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody='{"hooks":"now"}')
    sale.settle()
    told: Any = sale.world.controls.control(MARKET, "subscriptions")
    wrong = [] if "ORDER_CHANGE" in told else ["the marketplace tells nobody of its orders"]
    sale.record.check("the marketplace tells of its orders", wrong, of=1)


def _open(sale: Sale) -> None:
    """Both channels list the assortment, its prices and what lies there."""
    began = time.monotonic()
    controls, day = sale.world.controls, sale.goods.day
    controls.control(MARKET, "slow_changes", seconds=APPLIED_S)
    _subscribed(sale)
    load(controls, ERP, day, sale.world.retailer)
    for sku in (*day.opening_prices, CUSTOM, FREIGHT):
        controls.control(MARKET, "list_item", sku=sku)
    sale.poll("product", Facet.CONTENT, len({a.product_id for a in day.articles}))
    sale.poll("price", Facet.PRICE, len(day.opening_prices))
    sale.record.timed("list and price", began)
    began = time.monotonic()
    for sku in sale.goods.skus:
        for place in PLACES:
            sale.books[sku, place] = OPENING
    sale.count(sale.goods.skus)
    sale.settle(Facet.STOCK, len(day.opening_prices))
    sale.record.timed("count and publish", began)


def _sell(sale: Sale) -> None:
    """Shoppers in both channels, goods coming in and moving, Amazon throttling for a while."""
    began = time.monotonic()
    skus = sale.goods.skus
    hot = (KIT, *skus[:6])
    for number in range(BUYERS):
        if number == BUYERS // 3:
            sale.world.controls.control(MARKET, "throttle", seconds=THROTTLE_S)
        wish = sale.random.choice(hot if sale.random.random() < 0.8 else skus)  # noqa: PLR2004
        sale.buy(sale.random.choice((SHOP, SHOP, MARKET)), wish, sale.random.randint(1, 3))
        if number % 10 == 0:
            some = sale.random.sample(skus, 3)
            rows = [sale.receive(sku, sale.random.choice(PLACES), 5) for sku in some]
            rows += sale.transfer(sale.random.choice(skus), 2)
            if sale.tell(rows):
                sale.record.wrong.append("movements were refused")
    sale.settle()
    sale.record.figures |= {
        "orders": sale.orders,
        "units sold": sale.sold.total(),
        "movements": sale.told,
    }
    sale.record.timed("sell while goods move", began)


def _miscount(sale: Sale) -> None:
    """A count says that less than nothing lies in Leeds: shown as none, and told of."""
    began = time.monotonic()
    wrong = sale.goods.skus[-1]
    sale.count([wrong], leeds="-3")
    sale.settle()
    told = [i for i in sale.world.api.exceptions() if i["kind"] == IssueKind.STOCK_NEGATIVE]
    missing = [] if len(told) == 1 else [f"{len(told)} exceptions tell of the negative count"]
    levels = sale.shown(SHOP)[wrong]["leeds"]
    missing += [f"the shop offers {levels} of what is less than nothing"] if levels else []
    sale.record.check("a count below nothing is shown as none, and told of", missing, of=1)
    sale.count([wrong])
    sale.settle()
    sale.record.timed("count below nothing, and again", began)


def _empty(sale: Sale) -> None:
    """A snapshot without a unit: all but a few wait, a person says no, and the next one counts."""
    began = time.monotonic()
    before = sale.shown(SHOP)
    sale.count(sale.goods.skus, leeds="0", york="0")
    sale.settle()
    held = sale.world.api.approvals(rule=Rule.ZEROED)
    after = sale.shown(SHOP)
    shown = [sku for sku in sale.goods.skus if any(before[sku].values())]
    kept = [sku for sku in shown if after[sku] == before[sku]]
    least = len(shown) - sale.world.retailer.stock_guards.zeroed.least  # the others may run out
    wrong = [] if len(kept) >= least else [f"{len(kept)} of {len(shown)} levels were kept"]
    wrong += [] if held else ["nothing waits for a person"]
    sale.record.check("a snapshot without a unit is held", wrong, of=len(shown))
    sale.record.figures["levels held"] = len(held)
    names = ("channel", "sku", "proposal")
    lines: list[Json] = [{name: one[name] for name in names} for one in held]
    sale.world.api.rule("reject", "the snapshot was empty", proposals=lines)
    sale.count(sale.goods.skus)
    sale.settle()
    sale.record.timed("hold an empty snapshot", began)


def _compare(sale: Sale) -> None:
    """Each channel against the engine, and the engine against plain arithmetic."""
    began = time.monotonic()
    offers = {name: sale.lookup(name) for name in (SHOP, MARKET)}
    skus = (*sale.goods.skus, KIT)
    shop, market = sale.shown(SHOP), sale.shown(MARKET)
    wrong = [
        f"shop shows {shop[sku]} of {sku}, not {offers[SHOP][sku]}"
        for sku in skus
        if shop[sku] != offers[SHOP][sku]
    ]
    sale.record.check("the shop shows what the engine says", wrong, of=len(skus))
    wrong = [
        f"market shows {market[sku]['all']} of {sku}, not {sum(offers[MARKET][sku].values())}"
        for sku in skus
        if market[sku]["all"] != sum(offers[MARKET][sku].values())
    ]
    sale.record.check("the market shows what the engine says", wrong, of=len(skus))
    left = {sku: sum(sale.books[sku, place] for place in PLACES) for sku in sale.goods.skus}
    for kit in sale.world.retailer.kits.defined if sale.world.retailer.kits else ():
        for part in kit.components:
            left[part.sku] -= part.quantity * sale.sold[KIT]
    wrong = []
    for sku in sale.goods.skus:
        there = max(0, left[sku] - sale.sold[sku])
        both = sum(sum(offers[name][sku].values()) for name in (SHOP, MARKET))
        if both != there:
            wrong.append(f"{sku}: {both} are offered of {there} that are left")
    sale.record.check(
        "together they offer what lies there, less what was sold", wrong, of=len(left)
    )
    sale.record.timed("compare", began)


def _account(sale: Sale) -> None:
    """Every order is somewhere, once; and no exception is left but those of orders that wait."""
    held = [
        body
        for item in bodies(sale.world, "orders")
        if item["sk"]["S"] == "-" and "order" in (body := json.loads(item["body"]["S"]))
    ]
    cases = Counter(str(body["state"]) for body in held)
    orders: Any = sale.world.controls.control(ERP, "orders")
    lost = sale.orders - sum(cases.values())
    wrong = [f"{lost} orders were never captured"] if lost else []
    waiting = cases["held"]
    if len(orders) != sale.orders - waiting:
        wrong.append(f"the ERP holds {len(orders)} of {sale.orders} orders, {waiting} wait")
    sale.record.check("every order is in the ERP once, or waits for stock", wrong, of=sale.orders)
    sale.record.check(
        "no exception is open", open_at_last(sale.world, without={IssueKind.ORDER_HELD}), of=0
    )
    sale.record.figures["orders that wait"] = waiting
