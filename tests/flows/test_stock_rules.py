"""Rules of the retailer's file at work: derived, published, looked up, and undone by the clock."""

from datetime import timedelta
from typing import Any

from shared.domain.targets import Priority
from shared.flows import keys
from shared.flows.derive import Deriver
from shared.model.ids import Entity, Facet
from shared.model.retailer import Retailer
from shared.model.target import StockValue
from tests.domain.world import NOW, RETAILER
from tests.factories import make_order
from tests.flows.world import World, product, stock_card


def ruled(*rules: dict[str, Any], **over: Any) -> Retailer:
    return Retailer.model_validate(
        RETAILER.model_dump(mode="json") | {"stock_rules": list(rules)} | over
    )


def levels(world: World) -> Any:
    desired = world.target(Facet.STOCK).desired
    assert isinstance(desired, dict)
    return desired["levels"]


def test_a_rule_of_a_brand_caps_what_the_channel_shows() -> None:
    world = World(ruled({"brands": ["Acme"], "cap": 7}))
    made = product("M").model_copy(update={"brand": "Acme"})
    world.know("M", units=30)
    world.apply(Entity.PRODUCT, world.product_card(made))
    world.settle()
    assert levels(world) == {"london": 7, "leeds": 0}
    assert world.target(Facet.STOCK).why[-1].rule == "cap"


def test_an_article_that_runs_low_is_published_first() -> None:
    world = World(ruled({"running_low": 3}))
    world.know("M", units=30)
    world.settle()
    assert world.target(Facet.STOCK).priority == Priority.STOCK
    world.stock(3)
    world.derive()
    assert world.target(Facet.STOCK).priority == Priority.SOLD_OUT


def test_a_preorder_ends_by_the_clock() -> None:
    starts = NOW + timedelta(hours=2)
    later = {"kind": "preorder", "units": 40, "available_from": starts.isoformat()}
    world = World(ruled({"later": later, "locations": ["london"]}))
    world.know("M", units=4)
    world.settle()
    assert levels(world) == {"london": 40, "leeds": 0}
    terms = world.target(Facet.STOCK).terms
    assert terms is not None
    assert terms.later["london"].units == 36
    world.clock.advance(hours=2)
    world.settle()
    assert levels(world) == {"london": 4, "leeds": 0}
    assert world.target(Facet.STOCK).terms is None


def test_a_change_of_terms_alone_sends_nothing() -> None:
    supply = (NOW + timedelta(days=9)).isoformat()
    rule = {"kind": "backorder", "units": 5, "available_from": supply}
    world = World(ruled({"later": rule, "locations": ["london"]}))
    world.know("M", units=4)
    world.settle()
    sent = len(world.channel.calls)
    dated = rule | {"available_from": (NOW + timedelta(days=4)).isoformat()}
    ours = ruled({"later": dated, "locations": ["london"]})
    later = Deriver(world.store, world.queues, world.issues, world.clock, ours)
    later.derive(["sku#HAT-M"])
    world.publish()
    assert len(world.channel.calls) == sent
    found = world.target(Facet.STOCK)
    assert found.terms is not None
    assert found.terms.later["london"].available_from == NOW + timedelta(days=4)
    assert not found.dirty


# what is not believed


def strange(world: World, **card: Any) -> None:
    told = stock_card(0, at=world.clock.now()).model_copy(update=card)
    world.apply(Entity.STOCK, told)


def test_an_empty_quantity_keeps_the_last_good_level_less_a_growing_buffer() -> None:
    world = World()
    world.know("M", units=10)
    world.settle()
    strange(world, positions=(), untold=("london",))
    world.settle()
    assert levels(world) == {"london": 9, "leeds": 0}
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("stock_null", "erp/HAT-M/london")
    world.clock.advance(minutes=31)
    world.settle()
    assert levels(world) == {"london": 7, "leeds": 0}
    world.stock(12)
    world.settle()
    assert levels(world) == {"london": 12, "leeds": 0}
    assert world.open() == []


def test_a_floor_wakes_itself_until_nothing_is_left() -> None:
    world = World()
    world.know("M", units=2)
    world.settle()
    strange(world, positions=(), untold=("london",))
    world.settle()
    assert woken_at(world) == (NOW + timedelta(minutes=15)).isoformat()
    world.clock.advance(minutes=15)
    world.settle()
    assert levels(world) == {"london": 0, "leeds": 0}
    assert woken_at(world) is None


def woken_at(world: World) -> object:
    return world.store.get([keys.wake("HAT-M")])[keys.wake("HAT-M")].body["at"]


def test_a_negative_count_is_told_of_and_shown_as_none() -> None:
    world = World()
    world.know("M", units=10)
    world.settle()
    world.stock(-2)
    world.settle()
    assert levels(world) == {"london": 0, "leeds": 0}
    assert world.kinds() == ["stock_negative"]
    world.stock(-2)
    world.settle()
    assert [issue.count for issue in world.open()] == [1]
    world.stock(3)
    assert world.open() == []


def test_what_was_told_late_says_nothing_about_now() -> None:
    world = World()
    world.know("M", units=10)
    strange(world, as_of=NOW - timedelta(minutes=1), untold=("london",), positions=())
    world.settle()
    assert levels(world) == {"london": 10, "leeds": 0}
    assert world.open() == []


def test_a_level_that_stays_capped_is_looked_at_after_a_sale() -> None:
    world = World(ruled({"cap": 5}))
    world.know("M", units=30)
    world.settle()
    world.capture.take(make_order())
    world.settle()
    assert levels(world) == {"london": 5, "leeds": 0}
    checks = [m.body["check"] for m in world.queues.sent if "check" in m.body]
    assert checks == ["shop#stock#HAT-M"]


def test_a_level_that_falls_with_each_sale_is_not() -> None:
    world = World()
    world.know("M", units=30)
    world.settle()
    world.capture.take(make_order())
    assert not [m for m in world.queues.sent if "check" in m.body]


def test_a_level_that_stays_because_as_much_came_in_as_was_sold_is_read_back() -> None:
    world = World()
    world.know("M", units=30)
    world.settle()
    shown = world.channel.shows
    shown[Facet.STOCK, "HAT-M"] = StockValue(levels={"london": 28, "leeds": 0}).model_dump()
    world.capture.take(make_order())
    world.stock(32)
    world.settle()
    world.settle()
    assert levels(world) == {"london": 30, "leeds": 0}
    assert StockValue.model_validate(shown[Facet.STOCK, "HAT-M"]).levels["london"] == 30


def test_a_level_that_stays_though_an_order_was_booked_is_not() -> None:
    world = World()
    world.know("M", units=30)
    world.settle()
    world.capture.take(make_order())
    world.settle()
    world.channel.read.clear()
    world.stock(30)
    world.settle()
    assert world.channel.read == []
