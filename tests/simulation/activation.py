"""How late prices begin and end: a day of promotions in virtual time, nothing failing.

The day has what makes promotions late: instants at any second, one that all articles share,
promotions entered shortly before they begin, withdrawn early, or over a base price that changed;
and functions that nobody called for minutes, which begin cold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from shared.flows.apply import apply
from shared.model.facts import PriceCard
from shared.model.ids import Entity
from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, TaxBasis
from tests.simulation.engine import HOUR, MINUTE, SECOND
from tests.simulation.faults import Faults
from tests.simulation.opening import opened
from tests.simulation.scenario import Play, Scenario, catalogue
from tests.simulation.truth import Truth
from tests.simulation.world import World

SIZES = tuple(f"{size}" for size in range(12))
BASE, RAISED = 1000, 1100
EARLY, LATE, WITHDRAWN, OVER_A_CHANGE, SHARED = 900, 800, 700, 600, 500  # a price for each
COLD_MS = 1500  # importing the publisher took 1.1 s to 1.5 s on two shared cores
COOLS_MINUTES = 6  # a function that nobody called for so long begins cold
BEFORE = EffectiveWindow(start=datetime(2020, 1, 1, tzinfo=UTC))
YEARS = timedelta(days=3650)  # the ERP's own cards are older, so its readings change nothing


def activation_error_s(seed: int = 1) -> Decimal:
    """`prices.activation_error_s`: seconds from an instant to the shop's change, at the most."""
    return max(error for _, error in activation_errors(seed))


def activation_errors(seed: int = 1) -> list[tuple[str, Decimal]]:
    """For every change of a price that is due on that day: what it is, and its error in seconds.

    AssertionError if an article did not show exactly the prices that were due, in their order.
    """
    scenario = Scenario("a day of promotions", _open, lambda _: None, poll_minutes=240)
    world = World(seed, Faults(seed, on=()), setup=scenario.setup)
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opened(scenario, world.engine.start).restore(play)
    with world.playing():
        begun_ms = -(-world.engine.now_ms // SECOND) * SECOND
        world.engine.run(until_ms=begun_ms)
        articles = [_Article(play, f"HAT-{size}", world.engine.now()) for size in SIZES]
        shared = 12 * HOUR + play.rng.randint(0, HOUR)
        for article in articles:
            article.plan(shared)
        _idle(world)
        world.engine.run(until_ms=begun_ms + 24 * HOUR)
    return [error for article in articles for error in article.errors(begun_ms)]


def _open(play: Play) -> None:
    catalogue(play, *SIZES, minor=BASE)


def _idle(world: World) -> None:
    """Containers nobody needs are taken away; vendors, who have nothing to tell, are quiet."""
    for courier in world.couriers.values():
        courier.patience = 60
    calls = {name: [0] * COOLS_MINUTES for name in world.functions}

    def minute() -> None:
        for name, function in world.functions.items():
            function.cold_ms = COLD_MS
            calls[name] = [*calls[name][1:], function.invocations]
            if calls[name][0] == function.invocations:
                function.idle.clear()
        world.engine.at(MINUTE, minute)

    minute()


@dataclass
class _Article:
    """`due` is what the shop should show from when on; `windows` are those the card holds now."""

    play: Play
    sku: str
    dawn: datetime
    base: int = BASE
    windows: dict[int, tuple[int, int]] = field(default_factory=dict)
    due: list[tuple[int, int]] = field(default_factory=list)

    def plan(self, shared_ms: int) -> None:
        """Four promotions of its own, and one that begins and ends with everybody's."""
        self._promote(EARLY, 1 * HOUR + self._within(HOUR), told=MINUTE)
        start = 4 * HOUR + self._within(HOUR)
        self._promote(LATE, start, told=start - SECOND - self._within(70 * SECOND))
        start = 7 * HOUR + self._within(HOUR)
        self._promote(WITHDRAWN, start, told=6 * HOUR, until=start + 30 * MINUTE)
        start = 9 * HOUR + self._within(HOUR)
        self._promote(OVER_A_CHANGE, start, told=6 * HOUR, then=RAISED)
        self.play.later(start + MINUTE, partial(self._raise, RAISED))
        self._promote(SHARED, shared_ms, told=6 * HOUR, then=RAISED, lasts=6 * HOUR)

    def errors(self, begun_ms: int) -> Iterator[tuple[str, Decimal]]:
        shown = [s for s in self.play.truth.shown["shop", self.sku] if s.at_ms > begun_ms]
        if [s.price for s in shown] != [price for _, price in self.due]:
            raise AssertionError(f"{self.sku}: due were {self.due}, the shop showed {shown}")
        for each, (at_ms, price) in zip(shown, self.due, strict=True):
            late_ms = each.at_ms - begun_ms - at_ms
            yield f"{self.sku} at {price}: {late_ms:+} ms", Decimal(abs(late_ms)) / SECOND

    def _within(self, span_ms: int) -> int:
        return self.play.rng.randrange(0, span_ms, SECOND)

    def _promote(
        self,
        price: int,
        start: int,
        *,
        told: int,
        until: int | None = None,
        then: int = BASE,
        lasts: int = HOUR,
    ) -> None:
        """It is told of at `told`, in milliseconds of the day, and taken back at `until`."""
        self.play.later(told, partial(self._tell, price, (start, start + lasts)))
        if until is not None:
            self.play.later(until, partial(self._tell, price, None))
        self.due += [(start, price), (until or start + lasts, then)]

    def _tell(self, price: int, window: tuple[int, int] | None) -> None:
        if window is None:
            del self.windows[price]
        else:
            self.windows[price] = window
        self._card()

    def _raise(self, base: int) -> None:
        self.base = base
        self._card()

    def _card(self) -> None:
        """All that is known now of this article's prices, as a source with seconds tells it."""
        world = self.play.world
        conditions = [self._condition("PR00", PriceKind.BASE, self.base, BEFORE)]
        for price, (start, end) in self.windows.items():
            window = EffectiveWindow(start=self._instant(start), end=self._instant(end))
            kind = PriceKind.PROMOTIONAL
            conditions.append(self._condition(f"VKA0-{price}", kind, price, window))
        as_of = world.engine.now() + YEARS
        card = PriceCard(source="erp", as_of=as_of, sku=self.sku, conditions=tuple(conditions))
        issues, store = world.stage.issues(), world.store
        apply([card], entity=Entity.PRICE, store=store, issues=issues, retailer=world.retailer)

    def _instant(self, ms: int) -> datetime:
        return self.dawn + timedelta(milliseconds=ms)

    def _condition(
        self, name: str, kind: PriceKind, price: int, window: EffectiveWindow
    ) -> PriceCondition:
        return PriceCondition(
            condition_id=name,
            sku=self.sku,
            kind=kind,
            price_list="retail",
            amount=Money(amount=price, currency="GBP"),
            unit="PC",
            tax_basis=TaxBasis.GROSS,
            window=window,
        )
