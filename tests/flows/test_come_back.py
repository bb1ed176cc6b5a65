"""When a publisher comes back: what is left for later is looked at in time, by nobody twice."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InDoubtError, ThrottledError, UnreachableError
from shared.flows.leases import GRACE, KEPT, SLACK, Leases, Released
from shared.model.target import TargetState
from tests.domain.world import NOW
from tests.fakes import MemoryStore, SetClock
from tests.flows.world import World

SETTLE = timedelta(seconds=60)


@pytest.fixture
def world() -> World:
    """Two hats, listed, priced and stocked on the shop."""
    world = World()
    world.know("S", "M")
    world.settle()
    return world


def doubtful(world: World, sku: str, *, after: int) -> datetime | None:
    """A price whose answer is lost so many seconds later; when its publisher comes back."""
    world.clock.advance(seconds=after)
    world.price(1500, sku)
    world.channel.errors = [InDoubtError("no answer")]
    return world.settle().again


def test_what_came_later_is_looked_at_when_it_is_due_although_another_came_first(
    world: World,
) -> None:
    first = doubtful(world, "HAT-M", after=1)
    assert first == NOW + timedelta(seconds=1) + SETTLE
    assert doubtful(world, "HAT-S", after=10) is None
    world.clock.at = first
    second = world.publish().again
    assert world.target(key="HAT-M").state is TargetState.APPLIED
    assert second is not None
    assert timedelta() <= second - (NOW + timedelta(seconds=11) + SETTLE) <= SLACK
    world.clock.at = second
    assert world.publish().again is None
    assert world.target(key="HAT-S").state is TargetState.APPLIED


def test_a_vendor_out_of_reach_makes_nobody_forget_what_is_to_be_read_back(world: World) -> None:
    doubtful(world, "HAT-M", after=1)
    world.clock.advance(seconds=59)
    world.price(1500, "HAT-S")
    world.channel.errors = [UnreachableError("away", after=timedelta(seconds=1))]
    world.settle()
    world.clock.advance(seconds=1)
    for _ in range(3):
        again = world.publish().again
        if again is None:
            break
        world.clock.at = max(again, world.clock.at)
    assert {world.target(key=sku).state for sku in ("HAT-S", "HAT-M")} == {TargetState.APPLIED}


@pytest.mark.parametrize("tries", [1, 3])
def test_a_price_the_rate_does_not_let_through_goes_as_soon_as_it_does(
    world: World, tries: int
) -> None:
    """Waiting for the rate is no failed try, after which one waits ever longer."""
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [
        ThrottledError("used up", after=timedelta(seconds=2)) for _ in range(tries)
    ]
    again = world.settle().again
    for _ in range(tries):
        assert again == world.clock.now() + timedelta(seconds=2)
        world.clock.at = again
        again = world.publish().again
    assert world.target().state is TargetState.APPLIED


def test_many_instants_are_remembered_as_few_and_the_last_of_them_is(world: World) -> None:
    found = []
    for number in range(40):
        doubtful(world, "HAT-M" if number % 2 else "HAT-S", after=1)
        lease = world.publisher.leases.acquire("publish#shop")
        assert lease is not None
        found.append(len(lease.row.body["later"]))  # type: ignore[arg-type]
        world.publisher.leases.release(lease)
    assert max(found) <= KEPT
    assert found[-1]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 30), st.sets(st.integers(1, 90), max_size=3)), max_size=6))
def test_nothing_is_looked_at_much_later_than_it_is_due(hints: list[tuple[int, set[int]]]) -> None:
    """Hints come at any time and leave instants behind; messages come back as they were left."""
    clock, store = SetClock(NOW), MemoryStore()
    leases = Leases(store, clock, length=timedelta(seconds=90))
    ahead: set[datetime] = set()
    messages: list[datetime] = []

    def run(seconds: set[int]) -> None:
        lease = leases.acquire("publish#shop")
        assert lease is not None
        late = {clock.at - at for at in ahead if at <= clock.at}
        assert max(late, default=timedelta()) <= GRACE + SLACK
        mine = {clock.at + timedelta(seconds=n) for n in seconds}
        ahead.difference_update([at for at in ahead if at <= clock.at])
        ahead.update(mine)
        released, again = leases.release(lease, later=mine)
        if released is Released.DONE and again is not None:
            messages.append(again)

    def until(end: datetime) -> None:
        while messages and min(messages) <= end:
            clock.at = max(clock.at, min(messages))
            messages.remove(min(messages))
            run(set())

    for wait, seconds in hints:
        until(clock.at + timedelta(seconds=wait))
        clock.at += timedelta(seconds=1)
        run(seconds)
    until(clock.at + timedelta(hours=1))
    assert not ahead
