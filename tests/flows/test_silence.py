"""A channel that falls silent is told of, and heard again."""

from datetime import timedelta

import pytest

from shared.flows.silence import Silence
from shared.model.issue import IssueState
from shared.model.policies import SilenceRules
from tests.domain.world import NOW
from tests.flows.world import World, order

RULES = SilenceRules(times=2, at_least_minutes=60, after_orders=3)


@pytest.fixture
def world() -> World:
    world = World()
    world.know("M")
    return world


def listening(world: World) -> Silence:
    return Silence(world.store, world.cases, world.issues, world.clock, world.retailer, RULES)


def placed(world: World, *hours: int) -> list[str]:
    names = []
    for hour in hours:
        at = NOW + timedelta(hours=hour)
        one = order().model_copy(update={"external_id": str(hour), "placed_at": at})
        world.capture.take(one)
        names.append(one.order_id)
    return names


def told(world: World) -> IssueState | None:
    found = world.issues.find("channel_silent#shop")
    return found.state if found is not None else None


def test_a_channel_is_told_of_once_it_is_silent_for_longer_than_usual(world: World) -> None:
    listening(world).hear(placed(world, 0, 3, 5))
    world.clock.at = NOW + timedelta(hours=5 + 6, seconds=-1)
    assert (listening(world).check(), told(world)) == ([], None)
    world.clock.at += timedelta(seconds=1)
    assert (listening(world).check(), told(world)) == (["shop"], IssueState.OPEN)


def test_the_next_order_ends_it(world: World) -> None:
    listening(world).hear(placed(world, 0, 3, 5))
    world.clock.at = NOW + timedelta(days=1)
    listening(world).check()
    listening(world).hear(placed(world, 25))
    assert told(world) is IssueState.SOLVED


def test_what_is_heard_twice_writes_nothing(world: World) -> None:
    names = placed(world, 0, 3, 5)
    listening(world).hear(names)
    already = len(world.store.written)
    listening(world).hear(names)
    assert world.store.written[already:] == []


def test_the_remedy_reads_the_orders_again(world: World) -> None:
    listening(world).hear(placed(world, 0, 3, 5))
    world.clock.at = NOW + timedelta(days=1)
    listening(world).check()
    found = world.issues.find("channel_silent#shop")
    assert found is not None
    assert found.replay == {"queue": "shop-read", "poll": "order"}
