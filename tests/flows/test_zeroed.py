"""A source that tells of an empty catalogue: held, asked about, let through in the end."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.flows.approvals import Approvals, Named, Said
from shared.flows.lookup import Lookup
from shared.flows.waiting import WaitingTold
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.model.steps import Decision
from shared.model.target import StockValue, TargetState
from tests.domain.world import RETAILER
from tests.flows.test_kits import order
from tests.flows.world import World

SIZES = [f"S{i}" for i in range(10)]
SKUS = [f"HAT-{size}" for size in SIZES]
RULES = {"percent": 30, "least": 1, "within_minutes": 15, "hold_minutes": 60}


def catalogue(**over: Any) -> World:
    """Ten hats of ten units each, all on sale; three may run out within a quarter of an hour."""
    guards = {"stock_guards": {"zeroed": RULES | over}}
    world = World(Retailer.model_validate(RETAILER.model_dump(mode="json") | guards))
    world.know(*SIZES, units=10)
    world.settle()
    world.clock.advance(minutes=20)
    return world


def told(world: World, units: int, skus: list[str]) -> None:
    """What the source says of them, derived in batches of two, and published."""
    for sku in skus:
        world.stock(units, sku)
    for i in range(0, len(skus), 2):
        world.deriver.derive([f"sku#{sku}" for sku in skus[i : i + 2]])
    world.publish()
    WaitingTold(world.store, world.issues, world.retailer).run()


def shown(world: World) -> list[int]:
    found = (world.channel.shows[Facet.STOCK, sku] for sku in SKUS)
    return [sum(StockValue.model_validate(one).levels.values()) for one in found]


def approvals(world: World) -> Approvals:
    return Approvals(world.store, world.clock, world.retailer)


def ruled(world: World, decision: Decision) -> dict[str, Any]:
    said = Said(decision, by="anna", why="looked at the warehouse")
    waiting = approvals(world).page("shop")["waiting"]
    assert isinstance(waiting, list)
    found = approvals(world).rule_all(said, "shop", rule="zeroed", expected=len(waiting))
    world.settle()
    WaitingTold(world.store, world.issues, world.retailer).run()
    return found


def test_a_few_articles_run_out_at_once() -> None:
    world = catalogue()
    told(world, 0, SKUS[:3])
    assert shown(world) == [0] * 3 + [10] * 7
    assert world.open() == []


def test_of_a_snapshot_that_would_empty_the_catalogue_the_rest_is_held_and_asked_about() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    assert shown(world) == [0] * 2 + [10] * 8
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("stock_zeroed", "shop/zeroed")
    assert issue.summary.startswith("8 sold-out articles wait for approval")
    found = Lookup(world.store, world.clock).availability("shop", SKUS[-1:])[SKUS[-1]]
    assert isinstance(found, dict)
    assert found["available"] == 10
    assert found["held"]["levels"] == {"london": 0, "leeds": 0}  # type: ignore[index,call-overload]
    assert "held until" in found["unknown"]["london"]  # type: ignore[index,call-overload,operator]


def test_approved_it_is_shown_and_nothing_waits_any_more() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    assert ruled(world, Decision.APPROVED) == {"ruled": 8, "remaining": 0}
    assert shown(world) == [0] * 10
    assert approvals(world).page("shop")["waiting"] == []
    assert world.open() == []


def test_rejected_the_last_good_levels_stay_until_the_source_tells_others() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    ruled(world, Decision.REJECTED)
    world.clock.advance(hours=30)
    world.settle()
    assert shown(world) == [0] * 2 + [10] * 8
    assert world.open() == []
    told(world, 7, SKUS)
    assert shown(world) == [7] * 10
    assert world.target(Facet.STOCK, SKUS[-1]).guard is None


def test_unanswered_it_is_let_through_when_its_time_is_up() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    world.clock.advance(minutes=59)
    world.settle()
    assert shown(world) == [0] * 2 + [10] * 8
    world.clock.advance(minutes=1)
    world.settle()
    assert shown(world) == [0] * 10
    assert world.target(Facet.STOCK, SKUS[-1]).state is TargetState.APPLIED


def test_the_clock_is_told_when_that_is() -> None:
    world = catalogue()
    at = world.clock.now()
    told(world, 0, SKUS)
    assert world.target(Facet.STOCK, SKUS[-1]).next_change == at + timedelta(minutes=60)


def test_what_is_sold_while_it_is_held_comes_off_the_last_good_level() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    order(world, SKUS[-1], 4)
    world.settle()
    assert shown(world)[-1] == 6


def test_a_correction_by_the_source_ends_it() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    told(world, 10, SKUS)
    assert shown(world) == [10] * 10
    assert approvals(world).page("shop")["waiting"] == []
    assert world.open() == []


def test_a_snapshot_that_takes_longer_than_the_window_is_one() -> None:
    world = catalogue()
    for sku in SKUS:
        told(world, 0, [sku])
        world.clock.advance(minutes=4)
    assert shown(world) == [0] * 3 + [10] * 7


def test_what_orders_took_is_not_the_sources_word() -> None:
    world = catalogue()
    for sku in SKUS:
        order(world, sku, 10, name=f"shop:{sku}")
    world.settle()
    assert shown(world) == [0] * 10


def test_a_retailer_may_hold_nothing() -> None:
    world = catalogue(hold_minutes=0)
    told(world, 0, SKUS)
    assert shown(world) == [0] * 10


def test_a_ruling_by_name_finds_the_stock_it_means() -> None:
    world = catalogue()
    told(world, 0, SKUS)
    waiting = approvals(world).page("shop", rule="zeroed")["waiting"]
    assert isinstance(waiting, list)
    one: Any = waiting[0]
    said = Said(Decision.APPROVED, by="anna", why="sold out indeed")
    (line,) = approvals(world).rule(said, [Named("shop", one["sku"], one["proposal"])])
    assert (one["facet"], line["status"]) == ("stock", "approved")
    world.settle()
    assert sum(shown(world)) == 70


STEPS = st.lists(
    st.tuples(st.sampled_from(SKUS), st.integers(0, 3), st.integers(0, 40)), max_size=25
)


@given(steps=STEPS)
def test_however_it_is_told_all_is_shown_in_the_end_and_never_more_than_was_known(
    steps: list[tuple[str, int, int]],
) -> None:
    world = catalogue()
    truth = dict.fromkeys(SKUS, 10)
    for sku, units, minutes in steps:
        world.clock.advance(minutes=minutes)
        told(world, units, [sku])
        truth[sku] = units
        assert all(0 <= level <= 10 for level in shown(world))
    world.clock.advance(minutes=61)
    world.settle()
    assert shown(world) == [truth[sku] for sku in SKUS]
