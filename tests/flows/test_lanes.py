"""What of a lane goes now: levels that moved a moment ago wait, and nothing waits behind prices."""

from datetime import timedelta

import pytest

from shared.domain.targets import Priority
from shared.errors import UnreachableError
from shared.flows import keys
from shared.flows.lanes import SPAN, Urgent, due_now
from shared.model.ids import Facet
from shared.model.target import StockValue, TargetState
from tests.flows.world import World

LANE = keys.target_lane("shop", Priority.STOCK)


def moved(world: World, *levels: int) -> None:
    """Each is known, derived and published, a tenth of a second after the one before."""
    for units in levels:
        world.clock.at += timedelta(milliseconds=100)
        world.stock(units)
        world.settle()


@pytest.fixture
def world() -> World:
    made = World()
    made.know("M", units=10)
    made.settle()
    made.clock.advance(minutes=1)
    return made


def shown(world: World) -> int:
    found = world.channel.shows[Facet.STOCK, "HAT-M"]
    return StockValue.model_validate(found).levels["london"]


def test_the_third_change_within_a_moment_waits_until_the_moment_is_over(world: World) -> None:
    moved(world, 11, 12, 13, 14)
    assert shown(world) == 12
    due = due_now(world.store, LANE, now=world.clock.now())
    assert (due.rows, due.again) == ([], world.clock.now() - timedelta(milliseconds=300) + SPAN)
    world.clock.at += SPAN
    world.settle()
    assert shown(world) == 14


def test_what_runs_out_does_not_wait(world: World) -> None:
    moved(world, 11, 12, 0)
    assert shown(world) == 0


def test_a_level_is_noticed_while_prices_go_out_and_not_asked_for_each_call(world: World) -> None:
    channels = world.retailer.channels
    urgent = Urgent(world.store, world.clock, channels, Facet.PRICE)
    world.stock(9)
    world.derive()
    assert not urgent.waits()
    world.clock.advance(seconds=1)
    assert urgent.waits()
    assert not urgent.waits()
    levels = Urgent(world.store, world.clock, channels, Facet.STOCK)
    world.clock.advance(seconds=1)
    assert not levels.waits()


def test_a_channel_that_is_left_alone_costs_a_level_no_try(world: World) -> None:
    world.stock(9)
    world.derive()
    before = world.target(Facet.STOCK)
    world.channel.errors.append(UnreachableError("left alone", after=timedelta(seconds=90)))
    published = world.publish()
    assert published.again == world.clock.now() + timedelta(seconds=90)
    assert world.target(Facet.STOCK) == before
    assert before.state is TargetState.DIRTY
    world.clock.advance(seconds=90)
    world.publish()
    assert shown(world) == 9
