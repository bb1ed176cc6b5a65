"""How soon a movement is shown: alone, beside a dead marketplace, after it, and in a price run."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from shared.flows.apply import apply
from shared.model.facts import StockCard
from shared.model.ids import Entity
from shared.model.stock import StockPosition
from tests.bench.catalogue import Assortment, assortment
from tests.bench.limits import ARRAY_MAX, STANDARD
from tests.bench.live import live
from tests.bench.metric import EXACTLY, Line, Size
from tests.bench.peers import naive_levels
from tests.bench.watch import PLACE, Watch, p99_ms
from tests.simulation.engine import HOUR, MINUTE, SECOND

MOVES: Final = 40
WITHIN_MS: Final = 1500
WRITES_MOST: Final = 3
ARTICLES: Final = 200
HOURLY: Final = 1200
LATENCY_S, BUSY_S = Decimal(3), Decimal(5)
ALIKE, DRAIN_MOST = Decimal("1.01"), Decimal("1.05")
SHOP, MARKET = "shop", "outlet"
STOCKED: Final = 20
EVERY_MS: Final = 500
OPENING: Final = 100


def conflation(size: Size) -> Iterator[Line]:
    """One article moves forty times in a second and a half."""
    with live(1, SHOP, seed=size.seed) as stage:
        watch = stage.watches[SHOP]
        watch.forget()
        for number in range(MOVES):
            stage.later(number * WITHIN_MS // MOVES, stage.skus[0])
        stage.run(HOUR)
        _all_shown(stage.differing(SHOP))
        told = watch.writes
    unit, bound = "calls", Decimal(WRITES_MOST)
    yield Line("stock.conflation", Decimal(told), bound, unit, Decimal(1))
    yield Line("stock.conflation.naive", Decimal(naive_levels(MOVES)), bound, unit)


def outage(size: Size) -> Iterator[Line]:
    """A marketplace does not answer for an hour, in which the shop goes on, and then it is back.

    Calls take equally long with and without it, so that what differs is what it caused.
    """
    alive, _, latency = _hour(size, dead=False)
    beside, drained, _ = _hour(size, dead=True)
    yield Line("stock.latency_p99_s", latency, LATENCY_S, "s", Decimal(1))
    yield Line("stock.isolation", beside, alive, "s", ALIKE)
    calls = -(-ARTICLES // ARRAY_MAX)
    yield Line("stock.drain", drained, Decimal(calls), "s", DRAIN_MOST)


def _hour(size: Size, *, dead: bool) -> tuple[Decimal, Decimal, Decimal]:
    """The shop's p99, seconds from the market's first answer to the last level, and both's p99."""
    with live(ARTICLES, SHOP, MARKET, seed=size.seed, even=True) as stage:
        shop, market = (stage.watches[name] for name in (SHOP, MARKET))
        rng = stage.world.engine.rng("movements of an hour")
        for _ in range(HOURLY):
            stage.later(rng.randint(MINUTE, HOUR), rng.choice(stage.skus))
        if dead:
            stage.play.out(MARKET, HOUR + MINUTE, hangs=True)
        shop.forget()
        stage.run(HOUR + MINUTE, calm=False)
        beside = Decimal(p99_ms(shop.late)) / SECOND
        both = beside if dead else Decimal(p99_ms([*shop.late, *market.late])) / SECOND
        market.forget()
        stage.run(HOUR)
        _all_shown([*stage.differing(SHOP), *stage.differing(MARKET)])
        return beside, Decimal(market.last_ms - market.first_ms) / SECOND, both


def busy(size: Size) -> Iterator[Line]:
    """Stock moves while every price of the same shop changes, as by a file of so many rows."""
    shop = assortment(size.rows, STANDARD, seed=size.seed)
    with shop.world.playing():
        watch = Watch(shop.world, SHOP)
        _tell(shop, watch, OPENING, range(STOCKED))
        shop.world.engine.run(until_ms=2 * MINUTE)
        watch.forget()
        shop.reprice(shop.articles)
        begun, told = shop.world.engine.now_ms, 0
        while not shop.world.calm:
            told += 1
            _tell(shop, watch, OPENING + told, [told % STOCKED])
            until = shop.world.engine.now_ms + EVERY_MS
            shop.world.engine.run(until_ms=until, calm=lambda: False)
    took = Decimal(shop.world.engine.now_ms - begun) / SECOND
    yield Line("stock.latency_busy_p99_s", Decimal(p99_ms(watch.late)) / SECOND, BUSY_S, "s",
               Decimal(1))  # fmt: skip
    yield Line("stock.latency_busy.prices", Decimal(size.rows), Decimal(100_000), "prices")
    yield Line("stock.latency_busy.price_run", took, took, "s")
    failed = Decimal(sum(each.failures for each in shop.world.functions.values()))
    yield Line("stock.latency_busy.failed", failed, Decimal(0), "invocations", EXACTLY)


def _tell(shop: Assortment, watch: Watch, units: int, which: range | list[int]) -> None:
    """The owner of stock tells what lies of these articles."""
    cards = []
    for number in which:
        sku = shop.articles[number * len(shop.articles) // STOCKED].sku
        place = StockPosition(location=PLACE, unit="PC", on_hand=Decimal(units))
        now = shop.world.engine.now()
        cards.append(StockCard(source="erp", as_of=now, sku=sku, positions=(place,)))
        watch.expect(sku, units)
    issues, store = shop.world.stage.issues(), shop.world.store
    apply(cards, entity=Entity.STOCK, store=store, issues=issues, retailer=shop.world.retailer)


def _all_shown(differing: list[str]) -> None:
    if differing:
        raise AssertionError(f"the levels of {differing[:5]} are not what lies there")
