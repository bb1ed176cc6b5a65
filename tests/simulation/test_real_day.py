"""A retailer's export in virtual time: postage and manual lines on tax codes of their own."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.play.loading import load, minor
from sandbox.play.taxing import taxed
from sandbox.play.trading import Trading, history, in_time_order
from sandbox.retailer.day import Day, OrderKind, ShopOrder, ShopRefund
from sandbox.retailer.export import read
from sandbox.stories.retail_day import TAX_CODES
from sandbox.toml_text import written
from shared.model.ids import Entity
from tests.simulation import retailer
from tests.simulation.engine import MINUTE, START
from tests.simulation.faults import Faults
from tests.simulation.retailer import Setup
from tests.simulation.test_order_to_return import Outside
from tests.simulation.world import World

EXPORT = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HANGING HEART,6,2010-12-01T08:26:00,2.55,17850,United Kingdom
536365,POST,POSTAGE,1,2010-12-01T08:26:00,18.00,17850,United Kingdom
536366,71053,METAL LANTERN,2,2010-12-01T08:28:00,3.39,17851,United Kingdom
536366,M,Manual,1,2010-12-01T08:28:00,1.25,17851,United Kingdom
C536379,85123A,HANGING HEART,-2,2010-12-01T09:41:00,2.55,17850,United Kingdom
C536380,M,Manual,-1,2010-12-01T09:49:00,27.50,14527,United Kingdom
C536381,POST,POSTAGE,-1,2010-12-01T09:50:00,9.50,14527,United Kingdom
"""


@pytest.fixture
def day(tmp_path: Path) -> Day:
    path = tmp_path / "export.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return read(path)


@pytest.fixture
def world(day: Day, monkeypatch: pytest.MonkeyPatch) -> World:
    first = min(o.placed_at for o in day.orders if o.kind is OrderKind.SALE)
    begins = f"orders_from = {(first - timedelta(minutes=1)).isoformat()}\n"
    shop = retailer._SHOP.replace(  # noqa: SLF001 - a shop as the demo has it
        "poll_minutes = MINUTES\n", f'poll_minutes = MINUTES\n{begins}older_refunds = "credit"\n'
    ).replace('erp = "erp"\n', 'erp = "erp"\ncustom_line_sku = "MISC"\n')
    monkeypatch.setattr(retailer, "_SHOP", shop)
    rules = {"order_rules": [{"freight_sku": "FREIGHT", "tax_codes": TAX_CODES}]}
    setup = Setup(rules=f"\n{written(rules)}\n")
    return World(1, Faults(1, on=(), given=()), setup=setup, start=START)


def test_every_line_of_an_export_ends_on_its_tax_code_and_every_refund_in_a_credit(
    day: Day, world: World
) -> None:
    outside: Any = Outside(world)
    trading = Trading(outside, "shop", "erp", world.retailer)
    with world.playing():
        load(outside, "erp", day, world.retailer)
        for entity in (Entity.PRODUCT, Entity.PRICE, Entity.STOCK):
            _settled(world, entity)
        for order in history(day):
            trading.order(order)
        _settled(world)
        for event in in_time_order(day):
            if isinstance(event, ShopOrder):
                trading.order(event)
            elif isinstance(event, ShopRefund):
                trading.refund(event)
        _settled(world)
        in_erp, credited = outside.control("erp", "orders"), outside.control("erp", "credits")
    found, wrong = taxed(day, trading.placed, in_erp)
    assert wrong == []
    assert found == {
        "postage on tax code 3": 1800,
        "manual on tax code 2": 125,
        "goods on tax code 1": 1530 + 678,
    }
    assert sorted(minor(order["total"]) for order in in_erp) == [803, 3330]
    assert sorted(minor(one["total"]) for one in credited) == [510, 950, 2750]


def _settled(world: World, entity: Entity | None = None) -> None:
    if entity is not None:
        world.poll("erp", entity)
    engine = world.engine
    engine.run(until_ms=engine.now_ms + MINUTE // 2)
    assert engine.run(until_ms=engine.now_ms + 30 * MINUTE, calm=lambda: world.calm)
