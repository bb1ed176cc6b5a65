"""A retail day on the deployed template: played, then read back and compared."""

import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from sandbox.home import Home, Steps
from sandbox.play.comparing import Compared, compare
from sandbox.play.loading import CUSTOM, FREIGHT, load
from sandbox.play.quiet import counters, settle, targets
from sandbox.play.trading import Trading, history, in_time_order, third
from sandbox.retailer.day import Correction, Day, OrderKind, ShopOrder
from sandbox.retailer.export import read
from sandbox.retailer.generated import generate
from sandbox.toml_text import written
from sandbox.world import World
from shared.model.base import Json
from shared.model.ids import Facet

PATIENCE_S = 900.0
OUTAGE_S = 15
THROTTLE_S = 8
SHIPPED = 70  # of a hundred orders
TAX_CODES: Final = [
    {"percent": "20", "code": "3", "freight": True},
    {"percent": "20", "code": "2", "skus": [CUSTOM]},
    {"percent": "20", "code": "1"},
    {"percent": "0", "code": "0"},
]
"""Postage, lines without an article such as manual ones, and goods: each has a code of its own."""


def day_of(export: Path | None) -> Day:
    return read(export) if export is not None else generate()


def retailer_file(home: Home, base: Path, *, export: Path | None) -> Path:
    """The retailer's file with sales before this day left where they are, and codes for taxes."""
    day = day_of(export)
    raw = tomllib.loads(base.read_text(encoding="utf-8"))
    raw["order_rules"] = [{"freight_sku": FREIGHT, "tax_codes": TAX_CODES}]
    first = min(o.placed_at for o in day.orders if o.kind is OrderKind.SALE)
    for connection in raw["connections"]:
        connection["settle_seconds"] = 5
        if connection["system"] == "shopify":
            connection["orders_from"] = first - timedelta(minutes=1)
            connection["older_refunds"] = "credit"  # cancellations of what was sold before the file
    path = home.path("demo.toml")
    path.write_text(written(raw), encoding="utf-8")
    return path


@dataclass(slots=True)
class Stage:
    """One day on one world."""

    world: World
    day: Day
    steps: Steps
    shop: str
    erp: str
    trading: Trading
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Json] = field(default_factory=dict)

    def timed(self, name: str, act: Callable[[], object]) -> None:
        self.steps.begins(name)
        began = time.monotonic()
        act()
        self.seconds[name] = round(time.monotonic() - began, 1)
        self.steps.took(name, self.seconds[name])

    def poll(self, connection: str, entity: str, *, facet: Facet | None = None) -> None:
        """Ask the template to read what changed, and wait until all of it has arrived."""
        wanted = {
            Facet.CONTENT: len({a.product_id for a in self.day.articles}),
            Facet.PRICE: sum(1 for minor in self.day.opening_prices.values() if minor),
            Facet.STOCK: len({place.sku for place in self.day.opening_stock}),
        }
        self.world.deployed.aws.sqs.send_message(
            QueueUrl=self.world.deployed.queues[f"{connection}-read"],
            MessageBody=f'{{"poll":"{entity}"}}',
        )
        self.settle(lambda: facet is None or targets(self.world, facet) >= wanted[facet])

    def settle(self, enough: Callable[[], bool] = lambda: True) -> None:
        settle(self.world, within_s=PATIENCE_S, enough=enough, say=self.steps.say)

    def points(self) -> int:
        return int(str(counters(self.world, self.shop)["points"]))


def run(world: World, *, export: Path | None, steps: Steps) -> dict[str, Json]:
    """Play and compare; `ok` is False when anything is missing, doubled, off or unlike."""
    began = time.monotonic()
    day = day_of(export)
    shop = world.retailer.channels[0].connection
    erp = world.retailer.channels[0].erp
    trading = Trading(world.controls, shop, erp, world.retailer)
    stage = Stage(world, day, steps, shop, erp, trading)
    stage.timed("load the ERP", lambda: load(world.controls, erp, day, world.retailer))
    _publish(stage)
    _trade(stage)
    _finish(stage)
    found = compare(world, day, trading.placed, shop=shop, erp=erp)
    return _result(stage, found, time.monotonic() - began)


def _publish(stage: Stage) -> None:
    stage.timed("list the catalogue", lambda: stage.poll(stage.erp, "product", facet=Facet.CONTENT))
    before_us = list(history(stage.day))
    if before_us:
        stage.timed("sold before", lambda: _sold_before(stage, before_us))
    before = stage.points()
    stage.timed("publish every price", lambda: stage.poll(stage.erp, "price", facet=Facet.PRICE))
    stage.figures["price points"] = stage.points() - before
    minimum = stage.world.controls.control(stage.shop, "minimum_points")
    stage.figures["minimum price points"] = minimum
    stage.timed("publish all stock", lambda: stage.poll(stage.erp, "stock", facet=Facet.STOCK))
    before = stage.points()
    stage.timed("poll prices again", lambda: stage.poll(stage.erp, "price"))
    stage.figures["points of unchanged prices"] = stage.points() - before


def _sold_before(stage: Stage, orders: Sequence[ShopOrder]) -> None:
    for order in orders:
        stage.trading.order(order)
    stage.settle()


def _trade(stage: Stage) -> None:
    """Orders and corrections in their order of time; trouble in the middle."""
    events = list(in_time_order(stage.day))
    middle, later = len(events) // 2, 3 * len(events) // 4

    def play() -> None:
        for number, event in enumerate(events):
            if number == middle:
                stage.world.controls.control(stage.erp, "outage", seconds=OUTAGE_S)
                stage.world.controls.control(stage.erp, "timeout_after_commit", times=3)
                stage.world.controls.control(stage.shop, "duplicate_webhooks", times=20)
            if number == later:
                stage.world.controls.control(stage.shop, "throttle", seconds=THROTTLE_S)
            if isinstance(event, ShopOrder):
                stage.trading.order(event)
            elif isinstance(event, Correction):
                stage.trading.correction(event)
            else:
                stage.trading.refund(event)

    stage.timed("sell", play)
    stage.timed("bring orders home", stage.settle)


def _finish(stage: Stage) -> None:
    changes = third(stage.day)
    told = changes[: len(changes) // 20]

    def change() -> None:
        stage.trading.prices(told, tell=True)
        stage.trading.prices(changes[len(told) :], tell=False)
        stage.poll(stage.erp, "price")

    stage.timed("change a third of the prices", change)
    stage.figures["prices changed"] = len(changes)

    def ship() -> None:
        stage.figures["orders shipped"] = stage.trading.deliver_all(share=SHIPPED)
        stage.settle()

    stage.timed("ship", ship)
    stage.timed("bill", lambda: _bill(stage))
    stage.timed("poll orders", lambda: stage.poll(stage.shop, "order"))
    stage.timed("poll stock", lambda: stage.poll(stage.erp, "stock"))


def _bill(stage: Stage) -> None:
    """The ERP invoices what left and credits what was refunded."""
    stage.world.controls.control(stage.erp, "bill")
    stage.settle()
    stage.poll(stage.erp, "invoice")


def _result(stage: Stage, found: Compared, seconds: float) -> dict[str, Json]:
    wrong: list[Json] = list(found.wrong[:20])
    counted = {f"orders: {name.replace('_', ' ')}": count for name, count in found.orders.items()}
    times = {f"{name}, s": took for name, took in stage.seconds.items()}
    return {
        "ok": not found.wrong,
        "orders": found.orders,
        "targets": found.targets,
        "exceptions": found.exceptions,
        "vendor": found.vendor,
        "messages": found.messages,
        "seconds": round(seconds, 1),
        "figures": {**counted, **stage.figures, **times},
        "wrong": wrong,
        "checks": [
            {
                "name": "nothing missing, doubled, off by a cent or unlike",
                "ok": not found.wrong,
                "detail": f"{len(found.wrong)} wrong" if found.wrong else "all equal",
            }
        ],
    }
