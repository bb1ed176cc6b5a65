"""What is wrong at a marketplace is told of: a world at rest is spoilt by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulation.engine import MINUTE
from tests.simulation.faults import Faults
from tests.simulation.invariants import INVARIANTS
from tests.simulation.opening import opened
from tests.simulation.scenario import Play
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.scenarios_markets import MARKET, SKU
from tests.simulation.test_invariants import SPOILT
from tests.simulation.truth import Truth
from tests.simulation.world import World

SHOWN, CONFIRMED = "I3 newest at marketplaces", "I1 shipments are confirmed once"


@pytest.fixture
def truth() -> Truth:
    """An undisturbed day with an order that was sent."""
    scenario = SCENARIOS["Amazon's orders are sent and confirmed"]
    world = World(1, Faults(1, on=()), setup=scenario.setup)
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opened(scenario, world.engine.start).restore(play)
    with world.playing():
        scenario.play(play)
        world.engine.run(until_ms=world.engine.now_ms + 15 * MINUTE)
    assert [list(check(play.truth)) for check in INVARIANTS.values()] == [[]] * len(INVARIANTS)
    assert any(order.packages for order in _seller(play.truth).orders.values())
    return play.truth


def _seller(truth: Truth) -> Any:
    return truth.world.vendors[MARKET].seller


def _other_level(truth: Truth) -> None:
    truth.world.vendors[MARKET].control("set_stock", sku=SKU, quantity=99)


def _other_price(truth: Truth) -> None:
    truth.world.vendors[MARKET].control("set_price", sku=SKU, price="1.00")


def _not_confirmed(truth: Truth) -> None:
    for order in _seller(truth).orders.values():
        order.packages.clear()


def _other_number(truth: Truth) -> None:
    for order in _seller(truth).orders.values():
        for package in order.packages:
            package.tracking_number = "another"


THERE: list[tuple[str, Callable[[Truth], None]]] = [
    (SHOWN, _other_level),
    (SHOWN, _other_price),
    (CONFIRMED, _not_confirmed),
    (CONFIRMED, _other_number),
]


@pytest.mark.parametrize(("name", "spoil"), THERE)
def test_a_spoilt_marketplace_is_told_of(
    truth: Truth, name: str, spoil: Callable[[Truth], None]
) -> None:
    spoil(truth)
    assert list(INVARIANTS[name](truth))


def test_every_invariant_is_spoilt_by_something() -> None:
    assert {name for name, _ in (*SPOILT, *THERE)} == set(INVARIANTS)
