"""A source that posts and then says nothing: unknown by policy, told of, back when heard."""

from typing import Any

import pytest

from shared.flows import keys
from shared.flows.hearing import Hearing
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.model.target import StockValue
from tests.flows.stock_world import STOCK_RETAILER, StockWorld, level, move
from tests.flows.test_hearing import NEVER, polled
from tests.flows.test_kits import quiet


def ruled(stale: dict[str, Any] | None = None, **source: Any) -> Retailer:
    said = STOCK_RETAILER.model_dump(mode="json")
    said["sources"] = [{"name": "wms"} | source]
    said["stock_guards"] = {"stale": stale or {}}
    return Retailer.model_validate(said)


def told(retailer: Retailer) -> StockWorld:
    """Ten hats in London, which is read, and seven in Leeds, of which a warehouse tells."""
    world = StockWorld(retailer)
    world.know("M", units=10)
    polled(world)
    world.take(level())
    world.settle()
    minute(world)
    return world


def minute(world: StockWorld) -> int:
    hearing = Hearing(world.store, world.issues, world.clock, world.retailer, lambda: world.journal)
    touched = hearing.run(out_of_time=NEVER)
    quiet(world)
    world.publish()
    return touched


def shown(world: StockWorld) -> dict[str, int]:
    found = StockValue.model_validate(world.channel.shows[Facet.STOCK, "HAT-M"]).levels
    return {place: found[place] for place in ("london", "leeds")}


@pytest.mark.parametrize(
    ("policy", "left"),
    [({"then": "keep"}, 7), ({"then": "floor", "units": 2}, 5), ({"then": "suppress"}, 0)],
)
def test_a_teller_not_heard_of_for_too_long_is_treated_by_policy_and_back_when_heard(
    policy: dict[str, Any], left: int
) -> None:
    world = told(ruled({"after_minutes": 30} | policy))
    world.clock.advance(minutes=30)
    polled(world)
    assert minute(world) == 0
    world.clock.advance(minutes=1)
    assert minute(world) == 1
    assert shown(world) == {"london": 10, "leeds": left}
    terms = world.target(Facet.STOCK).terms
    assert terms is not None
    assert terms.unknown["leeds"] == "stale since 2026-11-27T09:31:00+00:00"
    (issue,) = world.open()
    assert (issue.kind, issue.subject, issue.value) == ("stock_stale", "wms", "30")
    assert "no movement or count of the stock of wms was counted for 30 min" in issue.summary
    world.clock.advance(minutes=5)
    assert (minute(world), len(world.open())) == (0, 1)
    world.take(move(occurred_at="2026-11-27T09:35:00Z"))
    assert minute(world) == 1
    assert (shown(world), world.open()) == ({"london": 10, "leeds": 12}, [])


def test_a_floor_grows_while_a_teller_is_silent() -> None:
    world = told(ruled({"after_minutes": 30, "then": "floor", "every_minutes": 10}))
    world.clock.advance(minutes=31)
    polled(world)
    minute(world)
    assert shown(world)["leeds"] == 6
    world.clock.advance(minutes=25)
    polled(world)
    quiet(world)
    world.derive()
    world.publish()
    assert shown(world)["leeds"] == 4


def test_a_count_that_says_nothing_new_is_heard_and_one_that_is_not_believed_is_not() -> None:
    world = told(ruled({"after_minutes": 30, "then": "suppress"}))
    for _ in range(3):
        world.clock.advance(minutes=20)
        polled(world)
        world.take(level())
        assert minute(world) == 0
    world.clock.advance(minutes=31)
    polled(world)
    world.take(level(on_hand="5000000", as_of="2026-11-27T10:29:00Z"))
    assert minute(world) == 1
    assert sorted(world.kinds()) == ["stock_absurd", "stock_stale"]


def test_a_teller_may_have_a_time_of_its_own() -> None:
    world = told(ruled({"then": "suppress"}, after_minutes=240))
    world.clock.advance(minutes=240)
    assert (minute(world), world.open()) == (0, [])
    world.clock.advance(minutes=1)
    assert (minute(world), shown(world)) == (1, {"london": 10, "leeds": 0})
    assert [(i.subject, i.value) for i in world.open()] == [("wms", "240")]


def test_a_teller_that_never_told_is_not_doubted_and_one_that_ceased_long_ago_is() -> None:
    world = StockWorld(ruled({"after_minutes": 30, "then": "suppress"}))
    world.know("M", units=10)
    world.settle()
    minute(world)
    world.clock.advance(minutes=60)
    assert (minute(world), world.open()) == (0, [])
    world.take(level())
    world.clock.advance(minutes=600)
    minute(world)
    assert [issue.subject for issue in world.open()] == ["wms"]


def test_hearing_a_teller_costs_whoever_tells_nothing() -> None:
    world = told(ruled({"after_minutes": 30, "then": "suppress"}))
    written = len(world.store.written)
    world.take(move(occurred_at="2026-11-27T09:01:00Z"))
    assert world.store.written[written:] == [keys.stock("HAT-M", "wms")]
    minute(world)
    assert keys.heard("wms") not in world.store.written[written:]
