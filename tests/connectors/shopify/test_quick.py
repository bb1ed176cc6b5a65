"""The quick executor answers as graphql-core does, on a shop that went through the same."""

from dataclasses import dataclass

import pytest

from sandbox.vendors.shopify.simulator import Account, Plan, ShopifySimulator
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.order import Shipment, ShipmentLine
from shared.model.target import Verdict
from tests.connectors.shopify.world import NOW, World, jacket, mug, world


@dataclass
class Both:
    """Two shops that are told the same; every answer of one is held against the other's."""

    there: World
    twin: ShopifySimulator

    def control(self, name: str, **kwargs: Json) -> Json:
        mine = self.there.simulator.control(name, **kwargs)
        assert self.twin.control(name, **kwargs) == mine
        return mine


@pytest.fixture
def both() -> Both:
    there = world()
    account = Account(locations=("London", "Leeds"))
    plan = Plan(points_per_second=1000, bucket=20_000)
    twin = ShopifySimulator(there.clock, account, plan=plan, fast=True)
    there.wire.twin = twin
    return Both(there, twin)


def test_a_day_of_a_shop_is_answered_alike(both: Both) -> None:
    there = both.there
    there.list(jacket("S", "M"))
    there.list(mug())
    prices = [there.price("TJ-S", 900), there.price("TJ-M", 950, 1200)]
    assert {o.verdict for o in there.shop.push(Facet.PRICE, prices)} == {Verdict.APPLIED}
    assert len(there.shop.shown(Facet.PRICE, prices)) == 2
    stock = [there.stock("TJ-S", {"london": 3, "leeds": 2}), there.stock("TJ-M", {"london": 1})]
    there.shop.push(Facet.STOCK, stock)
    assert there.shop.shown(Facet.STOCK, stock)
    placed = both.control(
        "place_order",
        lines=[{"sku": "TJ-S", "quantity": 2, "discount": {"amount": "1.00", "code": "TEN"}}],
        shipping={"price": "4.95"},
        customer={"name": "Ann", "email": "ann@example.com", "country": "GB"},
        tax_rate="0.2",
    )
    assert isinstance(placed, dict)
    order = there.read(placed)
    line = ShipmentLine(erp_item="10", sku="TJ-S", quantity=1, line_id=order.lines[0].line_id)
    sent = Shipment(shipment_id="80", erp_order="5", shipped_at=NOW, lines=(line,))
    assert there.shop.ship(order, sent).verdict is Verdict.APPLIED
    lines: Json = [{"sku": "TJ-S", "quantity": 1}]
    both.control("refund", order=placed["id"], lines=lines)
    assert there.read(placed).refunds
    assert there.shop.orders_since(NOW, page=None).items
    assert there.shop.read_order("1") is None


def test_refusals_are_told_alike(both: Both) -> None:
    there = both.there
    there.list(mug())
    stale = there.stock("MUG", {"london": 3}, before={"london": 7})
    [outcome] = there.shop.push(Facet.STOCK, [stale])
    assert outcome.verdict is Verdict.STALE
    assert there.shop.shown(Facet.CONTENT, [there.content(mug())])
