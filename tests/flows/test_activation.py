"""Prices begin and end at their instant, whatever messages, clocks and minutes do."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count

import pytest

from shared.errors import RejectedError, RetryableError, ThrottledError
from shared.flows import keys
from shared.flows.activation import BATCH, PriceClock
from shared.flows.arming import HORIZON, SECOND
from shared.model.facts import PriceCard
from shared.model.ids import Entity, Facet
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind
from shared.ports import Key, Put, Row, Table
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryQueues, MemoryStore, SetClock
from tests.flows.world import World, base_price

MINUTE = timedelta(minutes=1)


def promotion(start: datetime, end: datetime, sku: str = "HAT-M") -> PriceCondition:
    return base_price(999, sku).model_copy(
        update={
            "condition_id": f"VKA0-{sku}",
            "kind": PriceKind.PROMOTIONAL,
            "window": EffectiveWindow(start=start, end=end),
        }
    )


class Day:
    """A world whose seconds pass: messages arrive when they are due, and the clock each minute.

    `first_minute` is how far the first minute is away; None stops the clock. `lost` says which
    messages never arrive.
    """

    def __init__(
        self,
        *,
        first_minute: timedelta | None = timedelta(),
        lost: Callable[[datetime], bool] = lambda _: False,
    ) -> None:
        self.world = World()
        self.world.know("M")
        self.world.settle()
        self.minute = None if first_minute is None else NOW + first_minute
        self.lost = lost
        self.letters: list[tuple[datetime, dict[str, str]]] = []
        self.history: list[tuple[datetime, int]] = [(NOW, 1999)]
        self.clock = PriceClock(
            self.world.store, self.world.queues, self.world.clock, self.world.retailer
        )

    def tell(self, base: int, *promotions: PriceCondition) -> None:
        """The ERP says now what HAT-M costs and when it is promoted."""
        conditions = (base_price(base), *promotions)
        card = PriceCard(
            source="erp", as_of=self.world.clock.now(), sku="HAT-M", conditions=conditions
        )
        self.world.apply(Entity.PRICE, card)
        self._follow()

    def pass_until(self, at: datetime) -> None:
        while self.world.clock.at < at:
            self.world.clock.at += SECOND
            self._second()

    def _second(self) -> None:
        now = self.world.clock.at
        if self.minute is not None and now >= self.minute:
            self.minute += MINUTE
            self.clock.run(out_of_time=lambda: False)
        arrived = [letter for letter in self.letters if letter[0] <= now]
        self.letters = [letter for letter in self.letters if letter[0] > now]
        for _, body in arrived:
            try:
                self.clock.wake(body, out_of_time=lambda: False)
            except RetryableError as error:
                self.letters.append((now + (error.after or SECOND), body))
        self._follow()

    def _follow(self) -> None:
        """Stream, publisher and queue do their part."""
        world, now = self.world, self.world.clock.at
        world.settle()
        world.store.written.clear()
        for message in world.queues.take(keys.WAKE_QUEUE):
            if not self.lost(now):
                self.letters.append((now + message.delay_s * SECOND, dict(message.body)))
        if self.shown != self.history[-1][1]:
            self.history.append((now, self.shown))

    @property
    def shown(self) -> int:
        value = self.world.channel.shows[Facet.PRICE, "HAT-M"]
        assert isinstance(value, dict)
        price = value["price"]
        assert isinstance(price, dict)
        return int(str(price["amount"]))


@pytest.mark.parametrize("first_minute", [0, 1, 17, 44, 59])
def test_a_promotion_starts_and_ends_in_its_second_wherever_minutes_begin(
    first_minute: int,
) -> None:
    day = Day(first_minute=first_minute * SECOND)
    start, end = NOW + timedelta(minutes=5, seconds=7), NOW + timedelta(minutes=8, seconds=31)
    day.pass_until(NOW + SECOND)
    day.tell(1999, promotion(start, end))
    day.pass_until(NOW + timedelta(minutes=11))
    assert day.history == [(NOW, 1999), (start, 999), (end, 1999)]


@pytest.mark.parametrize("before", [1, 5, 20, 70])
def test_a_promotion_entered_shortly_before_its_start_needs_no_minute(before: int) -> None:
    day = Day(first_minute=None)
    day.pass_until(NOW + SECOND)
    start = day.world.clock.at + before * SECOND
    day.tell(1999, promotion(start, start + 30 * SECOND))
    day.pass_until(start + timedelta(minutes=2))
    assert day.history == [(NOW, 1999), (start, 999), (start + 30 * SECOND, 1999)]


def test_a_base_price_changed_during_a_promotion_is_what_it_reverts_to() -> None:
    day = Day()
    start, end = NOW + timedelta(minutes=2), NOW + timedelta(minutes=4)
    day.pass_until(NOW + SECOND)
    day.tell(1999, promotion(start, end))
    day.pass_until(start + 30 * SECOND)
    day.tell(2099, promotion(start, end))
    day.pass_until(end + timedelta(minutes=2))
    assert day.history == [(NOW, 1999), (start, 999), (end, 2099)]


def test_a_promotion_withdrawn_ends_then_and_one_not_begun_never_begins() -> None:
    day = Day()
    start, end = NOW + timedelta(minutes=2), NOW + timedelta(minutes=4)
    day.pass_until(NOW + SECOND)
    day.tell(1999, promotion(start, end))
    day.pass_until(start + 30 * SECOND)
    day.tell(1999)
    day.pass_until(start + 40 * SECOND)
    day.tell(1999, promotion(end, end + MINUTE))
    day.pass_until(end - 10 * SECOND)
    day.tell(1999)
    day.pass_until(end + timedelta(minutes=3))
    assert day.history == [(NOW, 1999), (start, 999), (start + 30 * SECOND, 1999)]


def test_a_clock_that_was_down_over_both_edges_catches_up_with_the_last() -> None:
    day = Day(first_minute=timedelta(hours=3))
    day.pass_until(NOW + SECOND)
    start, end = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    day.tell(1999, promotion(start, end))
    day.world.clock.at = NOW + timedelta(hours=1, minutes=30)
    day.pass_until(NOW + timedelta(hours=1, minutes=31))
    assert day.history == [(NOW, 1999)]
    day.clock.run(out_of_time=lambda: False)
    day.pass_until(NOW + timedelta(hours=1, minutes=32))
    assert day.shown == 999
    day.world.clock.at = NOW + timedelta(hours=3)
    day.pass_until(NOW + timedelta(hours=3, seconds=1))
    assert day.shown == 1999


def test_the_minute_makes_good_what_messages_did_not_do() -> None:
    day = Day(lost=lambda _: True)
    day.pass_until(NOW + SECOND)
    start = NOW + timedelta(minutes=5, seconds=7)
    day.tell(1999, promotion(start, start + timedelta(hours=1)))
    day.pass_until(start + MINUTE)
    assert day.history == [(NOW, 1999), (NOW + timedelta(minutes=6), 999)]


def test_a_message_that_comes_early_waits_for_the_rest_of_its_time() -> None:
    day = Day(first_minute=None)
    at = NOW + timedelta(milliseconds=1500)
    with pytest.raises(RetryableError) as early:
        day.clock.wake({"wake": at.isoformat()}, out_of_time=lambda: False)
    assert early.value.after == timedelta(milliseconds=1500)


# many SKUs, several clocks


def asleep(store: MemoryStore, at: datetime, skus: int, name: str = "S") -> None:
    """So many SKUs are to be woken at an instant."""
    store.commit(
        [
            Put(keys.wake(f"{name}{i}"), {"at": at.isoformat()}, 0, lane=keys.WAKE_LANE, due=at)
            for i in range(skus)
        ]
    )
    store.written.clear()


def price_clock(store: MemoryStore, queues: MemoryQueues, at: datetime = NOW) -> PriceClock:
    return PriceClock(store, queues, SetClock(at), RETAILER)


def time_for(batches: int) -> Callable[[], bool]:
    """Time is up once it was asked for so often."""
    asked = count()
    return lambda: next(asked) >= batches


def test_one_message_is_sent_for_an_instant_however_many_skus_it_has() -> None:
    store, queues = MemoryStore(), MemoryQueues()
    first, second = NOW + 20 * SECOND, NOW + 40 * SECOND
    asleep(store, first, 300)
    asleep(store, second, 1, "T")
    asleep(store, NOW + HORIZON + SECOND, 1, "U")
    assert price_clock(store, queues).run(out_of_time=lambda: False) == 0
    assert [(m.queue, dict(m.body), m.delay_s) for m in queues.sent] == [
        (keys.WAKE_QUEUE, {"wake": first.isoformat()}, 20),
        (keys.WAKE_QUEUE, {"wake": second.isoformat()}, 40),
        ("shop-write", {"look": "targets"}, 0),
    ]


def test_a_minute_with_nothing_due_soon_sends_nothing() -> None:
    store, queues = MemoryStore(), MemoryQueues()
    asleep(store, NOW + HORIZON + SECOND, 3)
    assert price_clock(store, queues).run(out_of_time=lambda: False) == 0
    assert queues.sent == []


def test_derivation_of_many_skus_sends_one_message_for_their_instant() -> None:
    world = World()
    world.know("S", "M", "L")
    world.clock.advance(seconds=1)
    start = NOW + 30 * SECOND
    for sku in ("HAT-S", "HAT-M", "HAT-L"):
        conditions = (base_price(1999, sku), promotion(start, start + MINUTE, sku))
        card = PriceCard(source="erp", as_of=world.clock.now(), sku=sku, conditions=conditions)
        world.apply(Entity.PRICE, card)
    world.derive()
    sent = world.queues.take(keys.WAKE_QUEUE)
    assert [(dict(m.body), m.delay_s) for m in sent] == [({"wake": start.isoformat()}, 29)]


def test_derivation_that_changes_no_instant_sends_no_message() -> None:
    world = World()
    world.know("M")
    world.clock.advance(seconds=1)
    start = NOW + 30 * SECOND
    conditions = (base_price(1999), promotion(start, start + MINUTE))
    card = PriceCard(source="erp", as_of=world.clock.now(), sku="HAT-M", conditions=conditions)
    world.apply(Entity.PRICE, card)
    world.derive()
    world.queues.sent.clear()
    world.stock(3)
    world.derive()
    assert world.queues.take(keys.WAKE_QUEUE) == []


def test_only_what_is_due_by_the_instant_of_a_message_is_woken() -> None:
    store, queues = MemoryStore(), MemoryQueues()
    asleep(store, NOW, 3)
    asleep(store, NOW + SECOND, 2, "T")
    clock = price_clock(store, queues, NOW + 10 * SECOND)
    assert clock.wake({"wake": NOW.isoformat()}, out_of_time=lambda: False) == 3
    assert {key.pk for key in store.written} == {"sku#S0", "sku#S1", "sku#S2"}


def test_a_message_that_comes_twice_wakes_once() -> None:
    store, queues = MemoryStore(), MemoryQueues()
    asleep(store, NOW, 3)
    clock = price_clock(store, queues)
    body = {"wake": NOW.isoformat()}
    assert [clock.wake(body, out_of_time=lambda: False) for _ in range(2)] == [3, 0]


def test_more_skus_than_there_is_time_for_are_continued_by_message() -> None:
    store, queues = MemoryStore(), MemoryQueues()
    asleep(store, NOW, 2 * BATCH + 10)
    clock = price_clock(store, queues)
    body = {"wake": NOW.isoformat()}
    with pytest.raises(RetryableError) as more:
        clock.wake(body, out_of_time=time_for(1))
    assert more.value.after == SECOND
    assert len(store.written) == BATCH
    assert clock.wake(body, out_of_time=lambda: False) == BATCH + 10
    assert len(set(store.written)) == len(store.written) == 2 * BATCH + 10


def test_a_minute_that_has_no_time_for_all_that_is_overdue_continues_by_message() -> None:
    store, queues = MemoryStore(), MemoryQueues()
    asleep(store, NOW - MINUTE, BATCH + 10)
    clock = price_clock(store, queues)
    assert clock.run(out_of_time=time_for(1)) == BATCH
    (rest,) = queues.sent
    assert (dict(rest.body), rest.delay_s) == ({"wake": NOW.isoformat()}, 1)
    assert clock.wake(rest.body, out_of_time=lambda: False) == 10


class RefusingQueues(MemoryQueues):
    def send(self, messages: Iterable[object]) -> None:
        del messages
        raise ThrottledError("SendMessageBatch")


def test_what_is_overdue_is_woken_even_when_nothing_can_be_armed() -> None:
    store = MemoryStore()
    asleep(store, NOW, 3)
    with pytest.raises(ThrottledError):
        price_clock(store, RefusingQueues()).run(out_of_time=lambda: False)
    assert len(store.written) == 3


def test_an_instant_that_cannot_be_armed_is_not_written_and_derived_again() -> None:
    world = World()
    world.know("M")
    world.settle()
    world.clock.advance(seconds=1)
    conditions = (base_price(1999), promotion(NOW + 30 * SECOND, NOW + MINUTE))
    card = PriceCard(source="erp", as_of=world.clock.now(), sku="HAT-M", conditions=conditions)
    world.apply(Entity.PRICE, card)
    world.queues.names = {"shop-write", "shop-read"}
    with pytest.raises(RejectedError):
        world.derive()
    assert world.store.get([keys.wake("HAT-M")]) == {}
    world.queues.names = None
    world.derive()
    assert len(world.queues.take(keys.WAKE_QUEUE)) == 1


class LaggingStore(MemoryStore):
    """Its index still shows what it showed when it was frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen: list[Row] = []

    def freeze(self) -> None:
        self.frozen = self.due(Table.FACTS, keys.WAKE_LANE, limit=2 * BATCH)

    def due(self, table: Table, lane: str, **bounds: object) -> list[Row]:
        if self.frozen:
            return self.frozen[: int(str(bounds["limit"]))]
        return super().due(table, lane, **bounds)  # type: ignore[arg-type]


def test_an_index_that_lags_behind_wakes_nothing_twice_and_is_looked_at_again() -> None:
    store, queues = LaggingStore(), MemoryQueues()
    asleep(store, NOW, BATCH + 5)
    store.freeze()
    clock = price_clock(store, queues)
    body = {"wake": NOW.isoformat()}
    with pytest.raises(RetryableError):
        clock.wake(body, out_of_time=lambda: False)
    assert len(store.written) == BATCH
    store.frozen = []
    assert clock.wake(body, out_of_time=lambda: False) == 5


def test_a_row_that_somebody_else_wrote_meanwhile_is_left_to_them() -> None:
    store, queues = LaggingStore(), MemoryQueues()
    asleep(store, NOW, 2)
    store.freeze()
    later = NOW + timedelta(days=1)
    store.commit(
        [Put(keys.wake("S0"), {"at": later.isoformat()}, 1, lane=keys.WAKE_LANE, due=later)]
    )
    clock = price_clock(store, queues)
    assert clock.wake({"wake": NOW.isoformat()}, out_of_time=lambda: False) == 1
    assert at_of(store, keys.wake("S0")) == later.isoformat()


def at_of(store: MemoryStore, key: Key) -> object:
    return store.get([key])[key].body["at"]


@pytest.mark.parametrize("said", [{}, {"wake": "soon"}, {"wake": "2026-11-27T09:00:00"}])
def test_a_message_that_names_no_instant_says_so(said: dict[str, str]) -> None:
    with pytest.raises(RejectedError) as refused:
        price_clock(MemoryStore(), MemoryQueues()).wake(said, out_of_time=lambda: False)
    assert (refused.value.field, refused.value.value) == ("wake", said.get("wake"))
    assert refused.value.remedy
