"""The whole way from facts to the marketplace and back, under the real pacer and usage plans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.vendors.amazon.simulator import Pace
from shared.domain.targets import Priority
from shared.flows import keys
from shared.flows.apply import apply
from shared.flows.derive import Deriver
from shared.flows.issues import Issues, open_issues
from shared.flows.leases import Leases
from shared.flows.pacing import LeasedPacer
from shared.flows.publish import Publisher
from shared.model.base import Json
from shared.model.facts import Fact, PriceCard, ProductCard, StockCard
from shared.model.ids import Entity, Facet
from shared.model.price import PriceCondition
from shared.model.product import Product, Variant
from shared.model.stock import StockPosition
from shared.model.target import Target, TargetState
from shared.ports import Table
from tests.connectors.amazon.world import NOW, World, gbp, retailer, world
from tests.factories import make_condition, make_window
from tests.fakes import MemoryBus, MemoryQueues, MemoryStore, SetClock

PER_PRODUCT = 20


@dataclass
class Shop:
    """One retailer whose flows speak to the simulated Amazon."""

    there: World
    clock: SetClock
    store: MemoryStore
    deriver: Deriver
    publisher: Publisher
    issues: Issues
    skus: list[str] = field(default_factory=list)

    def open(self, count: int, *, price: int, units: int) -> None:
        """So many articles, listed on Amazon without price or stock."""
        self.skus = [f"S{i:05}" for i in range(count)]
        for i in range(0, count, PER_PRODUCT):
            some = self.skus[i : i + PER_PRODUCT]
            self.there.listed(*some, price=None, quantity=None)
            variants = tuple(Variant(sku=s, option_values=(s,), base_unit="PC") for s in some)
            product = Product(
                product_id=f"P{i:05}", title="Hat", option_names=("Size",), variants=variants
            )
            card = ProductCard(source="erp", as_of=self.clock.now(), product=product)
            self._apply(Entity.PRODUCT, [card])
        self.price(price, *self.skus)
        self.stock(units, *self.skus)

    def price(self, amount: int, *skus: str) -> None:
        self.tell(*(base_of(sku, amount) for sku in skus))

    def tell(self, *conditions: PriceCondition) -> None:
        """All that holds of these articles."""
        now = self.clock.now()
        by_sku: dict[str, list[PriceCondition]] = {}
        for condition in conditions:
            by_sku.setdefault(condition.sku, []).append(condition)
        self._apply(
            Entity.PRICE,
            [
                PriceCard(source="erp", as_of=now, sku=sku, conditions=tuple(some))
                for sku, some in by_sku.items()
            ],
        )

    def wake(self, *skus: str) -> None:
        """What the clock does when an instant has come."""
        self.deriver.derive(f"sku#{sku}" for sku in skus)

    def stock(self, units: int, *skus: str) -> None:
        position = StockPosition(location="london", unit="PC", on_hand=Decimal(units))
        now = self.clock.now()
        cards = [StockCard(source="erp", as_of=now, sku=sku, positions=(position,)) for sku in skus]
        self._apply(Entity.STOCK, cards)

    def run(self, until: timedelta) -> None:
        """Publish whenever the publisher or the sweep of each minute asks for it."""
        end = self.clock.now() + until
        while self._waiting():
            again = self.publisher.run(out_of_time=lambda: False).again
            sweep = self.clock.now() + timedelta(minutes=1)
            least = self.clock.now() + timedelta(seconds=1)  # SQS delays by whole seconds
            wake = max(min(again or sweep, sweep), least)
            if wake > end:
                break
            self.clock.at = wake

    def _waiting(self) -> bool:
        lanes = [keys.target_lane("amazon-uk", priority) for priority in Priority.ALL]
        return any(self.store.due(Table.TARGETS, lane, limit=1) for lane in lanes)

    def states(self, facet: Facet) -> dict[TargetState, int]:
        found: dict[TargetState, int] = {}
        for sku in self.skus:
            state = self.target(facet, sku).state
            found[state] = found.get(state, 0) + 1
        return found

    def target(self, facet: Facet, sku: str) -> Target:
        [row] = self.store.query(Table.TARGETS, f"amazon-uk#{facet}#{sku}")
        return Target.model_validate(row.body)

    def _apply(self, entity: Entity, cards: Sequence[Fact]) -> None:
        ours = self.there.retailer
        self.store.written.clear()
        apply(cards, entity=entity, store=self.store, issues=self.issues, retailer=ours)
        written = dict.fromkeys(k.pk for k in self.store.written if k.table is Table.FACTS)
        self.deriver.derive(written)


def base_of(sku: str, amount: int) -> PriceCondition:
    window = make_window(start=NOW - timedelta(days=1))
    return make_condition(sku=sku, amount=gbp(amount), condition_id=f"PR00-{sku}", window=window)


def shop(*, pace: Pace | None = None, dates: bool = False, **settings: Json) -> Shop:
    clock, store, ours = SetClock(NOW), MemoryStore(), retailer(**settings)
    told = tuple(c.model_copy(update={"dates": dates}) for c in ours.channels)
    ours = ours.model_copy(update={"channels": told})
    pacer = LeasedPacer(ours.connection("market"), store, clock)
    there = world(clock=clock, pacer=pacer, ours=ours, pace=pace)
    issues = Issues(store, MemoryBus(), clock)
    publisher = Publisher(
        connection="market",
        channel_client=there.market,
        guarded=frozenset(),
        store=store,
        leases=Leases(store, clock, length=timedelta(seconds=90)),
        issues=issues,
        clock=clock,
        retailer=ours,
        later=there.market,
    )
    deriver = Deriver(store, MemoryQueues(), issues, clock, ours)
    return Shop(there, clock, store, deriver, publisher, issues)


@pytest.fixture
def small() -> Shop:
    """Forty articles, listed, priced and stocked."""
    made = shop()
    made.open(40, price=1999, units=5)
    made.run(timedelta(hours=1))
    return made


def test_forty_articles_are_priced_then_sold(small: Shop) -> None:
    assert set(small.there.prices().values()) == {1999}
    assert set(small.there.quantities().values()) == {5}
    assert small.there.counter("put on sale without a price") == 0
    assert small.there.counter("throttled") == 0
    assert small.states(Facet.PRICE) == small.states(Facet.STOCK) == {TargetState.APPLIED: 40}


def test_what_changes_nothing_calls_nobody(small: Shop) -> None:
    calls = small.there.counter("calls")
    small.clock.advance(minutes=1)
    small.price(1999, *small.skus)
    small.stock(5, *small.skus)
    small.run(timedelta(hours=1))
    assert small.there.counter("calls") == calls


@pytest.mark.parametrize("lag", [0, 300, 1200])
def test_an_accepted_price_counts_only_when_it_is_seen_however_late_reads_are(
    small: Shop, lag: int
) -> None:
    small.clock.advance(hours=1)
    small.there.control("stale_reads", seconds=lag)
    small.price(2999, "S00007")
    small.run(timedelta(seconds=max(lag - 120, 30)))
    if lag > 120:
        assert small.target(Facet.PRICE, "S00007").state is not TargetState.APPLIED
    small.run(timedelta(hours=1))
    assert small.target(Facet.PRICE, "S00007").state is TargetState.APPLIED
    assert small.there.prices()["S00007"] == 2999


@pytest.mark.parametrize("slow", [10, 30, 59])
def test_a_price_taken_back_while_it_is_under_way_does_not_stay(small: Shop, slow: int) -> None:
    small.there.control("slow_changes", seconds=slow)
    small.price(2999, "S00007")
    small.run(timedelta(seconds=61))
    small.clock.advance(seconds=1)
    small.price(1999, "S00007")
    small.there.control("slow_changes", seconds=30)
    small.run(timedelta(hours=1))
    small.clock.advance(hours=1)
    shown = small.there.prices()["S00007"]
    assert shown == 1999
    assert small.target(Facet.PRICE, "S00007").state is TargetState.APPLIED


def test_a_price_amazon_refuses_is_one_exception_and_the_others_go_on(small: Shop) -> None:
    small.there.control("refuse_sku", sku="S00003", code="8541", message="too high")
    small.clock.advance(minutes=1)
    small.price(3999, *small.skus)
    small.run(timedelta(hours=1))
    prices = small.there.prices()
    assert prices.pop("S00003") == 1999
    assert set(prices.values()) == {3999}
    assert [(i.kind.value, i.field) for i in open_issues(small.store)] == [
        ("line_rejected", "8541")
    ]


@pytest.fixture
def large() -> Shop:
    """So many articles that a feed, thought to take a minute, is worth more than single calls."""
    made = shop(pace=Pace(feed_takes=timedelta(minutes=5)), feed_latency_seconds=60)
    made.open(400, price=1999, units=5)
    made.run(timedelta(hours=3))
    return made


def test_many_prices_go_by_one_feed_and_are_confirmed_one_by_one(large: Shop) -> None:
    large.clock.advance(minutes=1)
    before = large.there.counter("patchListingsItem")
    feeds = large.there.counter("createFeed")
    large.price(2999, *large.skus)
    large.run(timedelta(hours=2))
    assert large.there.counter("createFeed") == feeds + 1
    assert large.there.counter("patchListingsItem") == before
    assert large.there.counter("throttled") == 0
    assert set(large.there.prices().values()) == {2999}
    assert large.states(Facet.PRICE) == {TargetState.APPLIED: 400}


def test_what_is_sold_out_does_not_wait_for_a_feed(large: Shop) -> None:
    large.clock.advance(minutes=1)
    large.price(2999, *large.skus)
    large.run(timedelta(seconds=5))
    large.stock(0, "S00200")
    large.run(timedelta(seconds=40))
    large.clock.advance(seconds=30)
    assert large.there.quantities()["S00200"] == 0
    assert large.there.prices()["S00200"] == 1999


def test_a_feed_that_fails_half_way_is_mended_line_by_line(large: Shop) -> None:
    large.clock.advance(minutes=1)
    large.there.control("fail_feed", status="FATAL", through=170)
    large.price(2999, *large.skus)
    large.run(timedelta(hours=3))
    assert set(large.there.prices().values()) == {2999}
    assert large.states(Facet.PRICE) == {TargetState.APPLIED: 400}


def test_a_feed_whose_answer_was_lost_is_not_sent_again(large: Shop) -> None:
    large.clock.advance(minutes=1)
    feeds = large.there.counter("createFeed")
    large.there.control("timeout_after_commit")
    large.price(2999, *large.skus)
    large.run(timedelta(hours=2))
    assert large.there.counter("createFeed") == feeds + 1
    assert set(large.there.prices().values()) == {2999}


def test_of_250_levels_with_3_poison_ones_247_are_shown_and_3_are_exceptions() -> None:
    made = shop()
    made.open(250, price=1999, units=5)
    made.run(timedelta(hours=2))
    for sku in made.skus[:3]:
        made.there.control("refuse_sku", sku=sku, code="8541", message="not stocked")
    made.clock.advance(minutes=1)
    made.stock(4, *made.skus)
    made.run(timedelta(hours=2))
    states = made.states(Facet.STOCK)
    assert states == {TargetState.APPLIED: 247, TargetState.REJECTED: 3}
    issues = open_issues(made.store)
    assert sorted(i.subject for i in issues) == [f"amazon-uk/stock/{s}" for s in made.skus[:3]]
    for issue in issues:
        assert "not stocked" in issue.summary
        assert issue.remedy
