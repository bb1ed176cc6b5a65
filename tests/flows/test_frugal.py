"""What the work that is done all day costs at rest, in calls of the store."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shared.flows.activation import PriceClock
from shared.flows.leases import Leases, Released
from shared.ports import Key, Row, Table, Write
from tests.fakes import MemoryBus, MemoryQueues, MemoryStore
from tests.flows.world import World


class CountingStore(MemoryStore):
    """Counts calls by what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        self.calls["get"] += 1
        return super().get(keys)

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        self.calls["due"] += 1
        return super().due(table, lane, since=since, until=until, limit=limit)

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self.calls["commit"] += bool(writes)
        return super().commit(writes)


def counting() -> tuple[World, CountingStore]:
    store = CountingStore()
    world = World(ports=(store, MemoryQueues(), MemoryBus()))
    world.know("S", "M")
    world.settle()
    return world, store


def test_a_publisher_asks_each_lane_once_though_one_of_them_holds_something() -> None:
    world, store = counting()
    world.clock.advance(seconds=1)
    world.price(2199)
    world.derive()
    store.calls.clear()
    assert world.publish().applied == 1
    assert store.calls["due"] == 7


def test_a_lease_that_nobody_else_wanted_is_read_once() -> None:
    world, store = counting()
    leases = Leases(store, world.clock, length=timedelta(seconds=90))
    store.calls.clear()
    lease = leases.acquire("publish#shop")
    assert lease is not None
    assert leases.release(lease) == (Released.DONE, None)
    assert store.calls == {"get": 1, "commit": 2}


def test_a_minute_in_which_no_price_begins_or_ends_costs_one_look() -> None:
    world, store = counting()
    clock = PriceClock(store, world.queues, world.clock, world.retailer)
    store.calls.clear()
    assert clock.run(out_of_time=lambda: False) == 0
    assert store.calls == {"due": 1}
