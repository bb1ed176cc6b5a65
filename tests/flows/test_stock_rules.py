"""Rules of the retailer's file at work: derived, published, looked up, and undone by the clock."""

from datetime import timedelta
from typing import Any

from shared.domain.targets import Priority
from shared.flows.derive import Deriver
from shared.model.ids import Entity, Facet
from shared.model.retailer import Retailer
from tests.domain.world import NOW, RETAILER
from tests.flows.world import World, product


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
