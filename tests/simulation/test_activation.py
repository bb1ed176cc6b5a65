"""A simulated day of promotions: every price begins and ends within five seconds."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.flows import keys
from shared.ports import Put, Table
from tests.simulation.activation import SIZES, activation_error_s, activation_errors
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Faults
from tests.simulation.world import World

TOGETHER = 12_000
BOUND_S = Decimal(5)
CHANGES = 10  # of each article: five promotions begin and end


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_price_begins_or_ends_more_than_five_seconds_off(seed: int) -> None:
    assert Decimal(0) < activation_error_s(seed) <= BOUND_S


def test_every_promotion_of_the_day_is_measured_at_both_ends() -> None:
    assert len(activation_errors()) == CHANGES * len(SIZES)


def test_twelve_thousand_skus_of_one_instant_are_woken_within_the_time_limit() -> None:
    world = World(1, Faults(1, on=()))
    clock, engine = world.functions["clock"], world.engine
    at = engine.now() + timedelta(minutes=2)
    for i in range(TOGETHER):
        put = Put(keys.wake(f"S{i}"), {"at": at.isoformat()}, 0, lane=keys.WAKE_LANE, due=at)
        assert world.store.put_now(put)
    with world.playing():
        engine.run(until_ms=2 * MINUTE)
        assert world.store.overdue(Table.FACTS, engine.now())
        engine.run(until_ms=2 * MINUTE + 15 * SECOND)
        assert not world.store.overdue(Table.FACTS, engine.now())
    assert clock.failures == 0
