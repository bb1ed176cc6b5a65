"""What a channel was sent and nobody wrote down: neither a crash nor a busy store may lose it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import pytest

from shared.errors import InDoubtError, RetryableError, ThrottledError
from shared.flows import keys
from shared.model.base import Json
from shared.model.ids import Entity, Facet
from shared.model.target import TargetState, Verdict
from shared.ports import Key, Put, Row, Table, Write
from tests.fakes import MemoryBus, MemoryQueues, MemoryStore
from tests.flows.world import World, product

FIRST: Json = {"levels": {"london": 10, "leeds": 0}}


class BusyStore(MemoryStore):
    """Throttles as many calls of targets as it is told to, of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.reads, self.writes, self.loses = 0, 0, 0

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted = list(keys)
        if self.reads and any(key.table is Table.TARGETS for key in wanted):
            self.reads -= 1
            raise ThrottledError("busy")
        return super().get(wanted)

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        if self.writes and any(write.key.table is Table.TARGETS for write in writes):
            self.writes -= 1
            raise ThrottledError("busy")
        done = super().commit(writes)
        if self.loses and any(write.key.table is Table.TARGETS for write in writes):
            self.loses -= 1
            raise RetryableError("the answer was lost")
        return done


class BusyWorld(World):
    def __init__(self) -> None:
        self.busy = BusyStore()
        super().__init__(ports=(self.busy, MemoryQueues(), MemoryBus()))

    def put_published(self, value: Json) -> None:
        """The channel's levels as they are known are these."""
        [(key, row)] = self.busy.get([keys.target("shop", Facet.STOCK, "HAT-M")]).items()
        self.busy.commit([Put(key, {**row.body, "published": value}, row.rev)])

    def during_the_call(self, act: Callable[[], None]) -> None:
        """It happens once, while the channel is called."""
        push = self.channel.push

        def interrupted(facet: Facet, batch: object) -> object:
            self.channel.push = push  # type: ignore[method-assign]
            act()
            return push(facet, batch)  # type: ignore[arg-type]

        self.channel.push = interrupted  # type: ignore[method-assign,assignment]


@pytest.fixture
def unstocked() -> BusyWorld:
    """A hat that is listed and priced; its first level is to be sent."""
    world = BusyWorld()
    world.apply(Entity.PRODUCT, world.product_card(product("M")))
    world.price(1999)
    world.settle()
    world.stock(10)
    world.derive()
    world.channel.calls.clear()
    return world


@pytest.fixture
def stocked(unstocked: BusyWorld) -> BusyWorld:
    unstocked.publish()
    unstocked.channel.calls.clear()
    unstocked.clock.advance(seconds=5)
    return unstocked


def shown(world: World) -> object:
    return world.channel.shows.get((Facet.STOCK, "HAT-M"))


def calls(world: World) -> int:
    return sum(facet is Facet.STOCK for facet, _ in world.channel.calls)


def dies_in_the_call(world: BusyWorld) -> None:
    world.channel.errors = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        world.publish()
    world.clock.advance(seconds=91)


def test_a_first_level_whose_publisher_died_is_read_back_before_another_is_sent(
    unstocked: BusyWorld,
) -> None:
    """The vendor has nothing to compare it with, so it could land after the other."""
    dies_in_the_call(unstocked)
    unstocked.stock(4)
    unstocked.derive()
    assert unstocked.target(Facet.STOCK).state is TargetState.IN_DOUBT
    unstocked.channel.shows[Facet.STOCK, "HAT-M"] = FIRST
    unstocked.publish()
    assert calls(unstocked) == 2
    assert shown(unstocked) == {"levels": {"london": 4, "leeds": 0}}


def test_a_level_of_a_place_nobody_knows_yet_is_marked_before_it_is_sent(
    stocked: BusyWorld,
) -> None:
    stocked.put_published({"levels": {"london": 10}})
    stocked.stock(4)
    stocked.derive()
    dies_in_the_call(stocked)
    assert stocked.target(Facet.STOCK).state is TargetState.IN_DOUBT


def test_a_level_the_vendor_compares_is_written_once_and_not_marked(stocked: BusyWorld) -> None:
    stocked.stock(4)
    stocked.derive()
    stocked.busy.written.clear()
    stocked.publish()
    assert [key.table for key in stocked.busy.written].count(Table.TARGETS) == 1


def test_a_wait_that_is_asked_for_leaves_no_doubt_of_what_was_not_sent(
    unstocked: BusyWorld,
) -> None:
    unstocked.channel.errors = [ThrottledError("later", after=timedelta(seconds=2))]
    unstocked.publish()
    assert unstocked.target(Facet.STOCK).state is TargetState.DIRTY
    unstocked.clock.advance(seconds=3)
    unstocked.publish()
    assert shown(unstocked) == FIRST


@pytest.mark.parametrize(("reads", "writes"), [(1, 0), (3, 0), (0, 1), (0, 2)])
def test_an_answer_that_never_came_is_put_down_although_the_store_is_busy(
    stocked: BusyWorld, reads: int, writes: int
) -> None:
    """Another level was derived while the channel was called, so the row has moved on."""

    def busy() -> None:
        stocked.clock.advance(seconds=1)
        stocked.stock(6)
        stocked.derive()
        stocked.busy.reads, stocked.busy.writes = reads, writes

    stocked.stock(4)
    stocked.derive()
    stocked.channel.errors = [InDoubtError("the answer was lost")]
    stocked.during_the_call(busy)
    stocked.publish()
    target = stocked.target(Facet.STOCK)
    assert (target.state, target.attempts[-1].verdict) == (TargetState.IN_DOUBT, Verdict.UNKNOWN)
    assert calls(stocked) == 1


def test_one_line_nobody_can_write_holds_up_no_other() -> None:
    world = BusyWorld()
    world.know("S", "M")
    world.settle()
    world.clock.advance(seconds=5)
    for sku in ("HAT-M", "HAT-S"):
        world.stock(4, sku)
    world.derive()

    def busy() -> None:
        world.clock.advance(seconds=1)
        for sku in ("HAT-M", "HAT-S"):
            world.stock(6, sku)
        world.derive()
        world.busy.reads = 6

    world.channel.errors = [InDoubtError("the answer was lost")]
    world.during_the_call(busy)
    world.publish()
    states = {world.target(Facet.STOCK, sku).state for sku in ("HAT-M", "HAT-S")}
    assert states == {TargetState.IN_DOUBT, TargetState.DIRTY}


def test_an_outcome_whose_own_answer_was_lost_is_put_down_once(stocked: BusyWorld) -> None:
    stocked.stock(4)
    stocked.derive()
    stocked.busy.loses = 1
    stocked.publish()
    target = stocked.target(Facet.STOCK)
    assert target.state is TargetState.APPLIED
    assert [a.verdict for a in target.attempts].count(Verdict.APPLIED) == 2
