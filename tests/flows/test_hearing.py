"""A source that falls silent, and a file that changes: all that follows is derived anew."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.flows import keys
from shared.flows.hearing import Hearing
from shared.model.ids import Entity, Facet
from shared.model.retailer import Retailer
from shared.model.target import StockValue
from shared.ports import Put
from tests.domain.world import RETAILER
from tests.fakes import MemoryJournal
from tests.flows.test_kits import quiet
from tests.flows.world import World

NEVER: Callable[[], bool] = lambda: False  # noqa: E731 - time is never up


def ruled(**over: Any) -> Retailer:
    return Retailer.model_validate(RETAILER.model_dump(mode="json") | over)


def stale(**policy: Any) -> World:
    """Two hats on sale, whose source counts as silent after half an hour."""
    guards = {"stock_guards": {"stale": {"after_minutes": 30} | policy}}
    world = World(ruled(**guards))
    world.know("S", "M", units=10)
    polled(world)
    world.settle()
    minute(world)
    return world


def polled(world: World) -> None:
    key = keys.cursor("erp", Entity.STOCK)
    row = world.store.get([key]).get(key)
    said = world.clock.now().isoformat()
    world.store.commit([Put(key, {"done": said, "heard": said}, row.rev if row else 0)])


def hearing_of(world: World, retailer: Retailer) -> Hearing:
    return Hearing(world.store, world.issues, world.clock, retailer, MemoryJournal)


def minute(world: World, retailer: Retailer | None = None) -> int:
    hearing = hearing_of(world, retailer or world.retailer)
    touched = hearing.run(out_of_time=NEVER)
    quiet(world)
    world.publish()
    return touched


def shown(world: World) -> list[int]:
    found = (world.channel.shows[Facet.STOCK, sku] for sku in ("HAT-S", "HAT-M"))
    return [sum(StockValue.model_validate(one).levels.values()) for one in found]


@pytest.mark.parametrize(
    ("policy", "levels"),
    [
        ({"then": "keep"}, [10, 10]),
        ({"then": "floor", "units": 2}, [8, 8]),
        ({"then": "suppress"}, [0, 0]),
    ],
)
def test_a_source_not_heard_of_for_too_long_is_treated_by_policy_and_back_when_heard(
    policy: dict[str, Any], levels: list[int]
) -> None:
    world = stale(**policy)
    world.clock.advance(minutes=29)
    assert minute(world) == 0
    assert shown(world) == [10, 10]
    world.clock.advance(minutes=1)
    assert minute(world) == 2
    assert shown(world) == levels
    terms = world.target(Facet.STOCK).terms
    assert terms is not None
    assert terms.unknown["london"].startswith("stale since 2026-11-27T09:30")
    assert [(i.kind, i.subject) for i in world.open()] == [("stock_stale", "erp")]
    polled(world)
    assert minute(world) == 2
    assert shown(world) == [10, 10]
    assert world.target(Facet.STOCK).terms is None
    assert world.open() == []


def test_a_poll_that_tells_nothing_new_is_heard_all_the_same() -> None:
    world = stale(then="suppress")
    for _ in range(5):
        world.clock.advance(minutes=20)
        polled(world)
        assert minute(world) == 0
    assert shown(world) == [10, 10]


def test_a_floor_grows_while_the_source_is_silent() -> None:
    world = stale(then="floor", units=1, every_minutes=10)
    world.clock.advance(minutes=30)
    minute(world)
    assert shown(world) == [9, 9]
    world.clock.advance(minutes=25)
    quiet(world)
    world.derive()
    world.publish()
    assert shown(world) == [7, 7]


def test_a_source_that_was_never_polled_has_told_nothing_to_doubt() -> None:
    world = World(ruled(stock_guards={"stale": {"after_minutes": 30, "then": "suppress"}}))
    world.know("M", units=10)
    world.settle()
    world.clock.advance(hours=30)
    minute(world)
    assert world.open() == []


def test_a_changed_file_is_derived_anew_once() -> None:
    world = World()
    world.know("S", "M", units=10)
    world.settle()
    assert minute(world) == 2
    assert minute(world) == 0
    capped = ruled(stock_rules=[{"cap": 4}])
    again = World(capped)
    again.store, again.channel = world.store, world.channel
    for each in (again.deriver, again.publisher):
        object.__setattr__(each, "store", world.store)
    touched = hearing_of(world, capped).run(out_of_time=NEVER)
    assert touched == 2
    again.deriver.derive(["sku#HAT-S", "sku#HAT-M"])
    desired = StockValue.model_validate(world.target(Facet.STOCK).desired)
    assert sum(desired.levels.values()) == 4


def test_a_walk_goes_on_where_it_stopped() -> None:
    world = World()
    world.know(*(f"S{i}" for i in range(7)))
    world.settle()
    hearing = hearing_of(world, world.retailer)
    assert hearing.run(out_of_time=lambda: True) == 0
    assert hearing.run(out_of_time=NEVER) == 7
    assert hearing.run(out_of_time=NEVER) == 0
