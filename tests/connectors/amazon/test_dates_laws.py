"""Promotions told ahead, corrected and withdrawn while Amazon is slow, away, or loses answers.

Whatever happens: no promotion is shown outside the window it was told with but for the time a
withdrawal takes, and once things are quiet Amazon shows by its own clock what the facts imply.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.model.ids import Facet
from shared.model.price import PriceCondition, PriceKind
from shared.model.target import TargetState
from tests.connectors.amazon.test_publishing import Shop, base_of, shop
from tests.connectors.amazon.world import gbp
from tests.factories import make_condition, make_window

SKU = "S00000"
MINUTE = timedelta(minutes=1)
BOUND = timedelta(minutes=40)  # outage, the lost answer's settle time, a slow change, a sweep
QUIET = 90  # minutes after the last event
READ_BACK = 10  # minutes


@dataclass
class Promised:
    """A promotion at a price of its own, and until when it is one."""

    price: int
    start: datetime
    end: datetime


@dataclass
class History:
    """One article on Amazon, told of what happens, minute by minute."""

    shop: Shop
    base: int = 2000
    promised: list[Promised] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def promote(self, price: int, start: datetime, length: int) -> None:
        self.withdraw()
        self.promised.append(Promised(price, start, start + length * MINUTE))
        self._tell()

    def withdraw(self) -> None:
        if self.promised:
            last, now = self.promised[-1], self.shop.clock.now()
            last.end = min(last.end, now)
        self._tell()

    def rebase(self, base: int) -> None:
        self.base = base
        self._tell()

    def minutes(self, count: int) -> None:
        for _ in range(count):
            self.shop.clock.at += MINUTE
            due = self.shop.target(Facet.PRICE, SKU).next_change
            if due is not None and due <= self.shop.clock.now():
                self.shop.wake(SKU)
            self.shop.publisher.run(out_of_time=lambda: False)
            self._look()

    def _tell(self) -> None:
        now = self.shop.clock.now()
        held = [p for p in self.promised[-1:] if now < p.end and p.start < p.end]
        self.shop.tell(base_of(SKU, self.base), *map(_condition, held))

    def _look(self) -> None:
        now, shown = self.shop.clock.now(), self.shop.there.prices()[SKU]
        for each in self.promised:
            if shown == each.price and not each.start <= now < each.end + BOUND:
                self.wrong.append(f"{shown} at {now}, promised {each.start} to {each.end}")

    def implied(self, at: datetime) -> int:
        held = [p.price for p in self.promised[-1:] if p.start <= at < p.end]
        return held[0] if held else self.base


def _condition(promised: Promised) -> PriceCondition:
    return make_condition(
        sku=SKU,
        kind=PriceKind.PROMOTIONAL,
        condition_id="SALE",
        amount=gbp(promised.price),
        window=make_window(start=promised.start, end=promised.end),
    )


acts = st.one_of(
    st.tuples(st.just("promote"), st.integers(1, 60), st.integers(5, 120)),  # ahead of its time
    st.tuples(st.just("promote"), st.integers(-60, 0), st.integers(150, 300)),  # under way
    st.tuples(st.just("withdraw"), st.just(0), st.just(0)),
    st.tuples(st.just("rebase"), st.just(0), st.just(0)),
    st.tuples(st.just("outage"), st.integers(10, 400), st.just(0)),
    st.tuples(st.just("throttle"), st.integers(10, 200), st.just(0)),
    st.tuples(st.just("timeout_after_commit"), st.integers(1, 2), st.just(0)),
    st.tuples(st.just("stale_reads"), st.integers(0, 100), st.just(0)),
    st.tuples(st.just("slow_changes"), st.integers(0, 50), st.just(0)),
)


def play(history: History, number: int, act: tuple[str, int, int]) -> None:
    name, first, second = act
    if name == "promote":
        start = history.shop.clock.now().replace(second=0, microsecond=0) + first * MINUTE
        history.promote(1000 + number, start, second)
    elif name == "withdraw":
        history.withdraw()
    elif name == "rebase":
        history.rebase(2000 + number)
    elif name == "timeout_after_commit":
        history.shop.there.control(name, times=first)
    else:
        history.shop.there.control(name, seconds=first)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(acts, st.integers(0, 30)), min_size=1, max_size=8))
def test_no_promotion_is_shown_outside_its_window_and_all_comes_right(
    steps: list[tuple[tuple[str, int, int], int]],
) -> None:
    made = shop(dates=True)
    made.open(1, price=2000, units=5)
    made.run(timedelta(hours=1))
    made.clock.at += timedelta(hours=1)
    history = History(made)
    for number, (act, minutes) in enumerate(steps):
        play(history, number, act)
        history.minutes(minutes)
    for name in ("stale_reads", "slow_changes"):
        made.there.control(name, seconds=0)
    history.minutes(QUIET)
    for _ in range(READ_BACK):  # a switch in the last minute is still to be read back
        if made.target(Facet.PRICE, SKU).state is TargetState.IN_DOUBT:
            history.minutes(1)
    assert history.wrong == []
    assert made.target(Facet.PRICE, SKU).state is TargetState.APPLIED
    assert made.there.prices()[SKU] == history.implied(made.clock.now())
    last = history.promised[-1:]
    edges = [at for p in last for at in (p.start, p.end) if at > made.clock.now()]
    for at in edges:  # nobody does anything any more: Amazon switches by its own clock
        made.clock.at = at
        if history.promised[-1].price < history.base:
            assert made.there.prices()[SKU] == history.implied(at)
