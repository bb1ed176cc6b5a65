"""One law of stock: whatever happens, in whatever order it is told, what is not there is not sold.

A warehouse keeps Leeds and London by movements, which come in any order and doubled; an ERP is read
for York, and its readings overtake each other. Meanwhile people order, cancel, and the channel is
published, sells by itself, and is read back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import targets
from shared.domain.availability import Available, Known, held_at, offered, pooled
from shared.domain.ledger import posted
from shared.domain.targets import Draft, Priority
from shared.model.facts import StockCard
from shared.model.holds import Hold, HoldCard
from shared.model.ids import Facet
from shared.model.movement import Entry, Movement
from shared.model.stock import StockPosition
from shared.model.target import Outcome, StockValue, Target, Verdict
from tests.domain.movements import GUARDS, PLACES, History, balances, histories, mixed
from tests.domain.stock_worlds import VARIANT, position, retailer, rules_of
from tests.factories import NOW

SAFETY, BUFFER, ERP = 2, 1, "york"
OURS = retailer(
    rules=[{"safety_stock": SAFETY}, {"channels": ["shop"], "buffer": BUFFER}],
    pools={"shop": (*PLACES, ERP)},
)
RULES, SHOP = rules_of(OURS), OURS.channels[0]
STEPS = ("told", "told", "told", "order", "cancel", "erp", "publish", "sale", "look")

type Told = Entry | tuple[int, int]
"""Of the warehouse; or when the ERP was read, and how many lay in York by then."""


@dataclass
class World:
    """What is known, what is wished, and what the channel shows."""

    card: StockCard | None = None
    read: tuple[int, int] = (0, 0)
    holds: dict[str, Hold] = field(default_factory=dict)
    target: Target | None = None
    shown: dict[str, int] = field(default_factory=dict)
    ticks: int = 0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.ticks)

    @property
    def positions(self) -> dict[str, StockPosition]:
        known = {p.location: p for p in self.card.positions} if self.card else {}
        return known | {ERP: position(ERP, self.read[1])}

    @property
    def promised(self) -> dict[str, int]:
        return held_at(HoldCard(sku=VARIANT.sku, holds=self.holds))

    def tell(self, told: Told) -> None:
        """A movement or a count, or a reading, of which an older one changes nothing."""
        if isinstance(told, tuple):
            self.read = max(self.read, told)
            return
        before, book = balances(self.card), self.card.book if self.card else None
        self.card = posted(self.card, told, guards=GUARDS, now=self.now).card
        inside = isinstance(told, Movement) and None not in {told.origin, told.destination}
        if inside and not (book and book.parked):
            assert balances(self.card).total() == before.total(), "nothing appears or vanishes"

    def order(self, place: str, units: int) -> None:
        name = f"{self.ticks}/1"
        self.holds[name] = Hold(
            order_id=str(self.ticks), line_id="1", location=place, quantity=units, since=self.now
        )

    def do(self, what: str, place: str, units: int) -> None:
        match what:
            case "order":
                self.order(place, units)
            case "sale" if self.shown.get(place, 0) >= units:  # the channel takes it off itself
                self.shown[place] -= units
                self.order(place, units)
            case "cancel" if self.holds:
                del self.holds[min(self.holds)]
            case "publish":
                self.publish()
            case "look" if self.target is not None:
                seen = StockValue(levels=self.shown).model_dump(mode="json")
                self.target = targets.seen(self.target, seen, now=self.now)
            case _:
                pass

    def implied(self) -> Available:
        known = Known(VARIANT, tuple(self.positions.values()), promised=self.promised)
        return offered(pooled(known, RULES, now=self.now), SHOP, RULES)

    def derive(self) -> None:
        found = self.implied()
        draft = Draft(
            channel="shop",
            facet=Facet.STOCK,
            key=VARIANT.sku,
            group="HAT",
            desired={"levels": dict(found.levels)},
            priority=Priority.STOCK,
            chain=found.chain,
            facts={},
        )
        self.target = targets.desire(self.target, draft, now=self.now) or self.target

    def publish(self) -> None:
        if self.target is None or not self.target.dirty:
            return
        self.shown = dict(StockValue.model_validate(self.target.desired).levels)
        done = Outcome(key=VARIANT.sku, verdict=Verdict.APPLIED)
        version, value = self.target.version, self.target.desired
        self.target = targets.settle(
            self.target, done, sent_version=version, sent_value=value, now=self.now
        )

    def holds_good(self) -> None:
        """No level is above what lies there, less what is set aside, promised and kept back.

        Nor are all together above what lies anywhere less all that is promised.
        """
        lying = 0
        for place, level in self.implied().levels.items():
            one = self.positions.get(place, position(place, 0))
            aside = one.reserved + one.quality_inspection + one.quarantine
            aside += one.damaged + one.blocked
            there = max(Decimal(0), one.on_hand - aside)
            free = there - self.promised.get(place, 0)
            assert 0 <= level <= max(Decimal(0), free - SAFETY - BUFFER)
            lying += int(there)
        left = lying - sum(self.promised.values())
        assert sum(self.implied().levels.values()) <= max(0, left)


@st.composite
def days(draw: st.DrawFn) -> tuple[History, list[Told], list[tuple[str, str, int]]]:
    """What really happened, all that is told of it in any order, and what else is done."""
    history = draw(histories(numbered=True, longest=8))
    readings = draw(st.lists(st.integers(-3, 30), max_size=4))
    told: Sequence[Told] = draw(mixed(history.told))
    read: list[Told] = list(enumerate(readings, 1))
    everything: list[Told] = draw(st.permutations([*told, *read, *read[:1]]))
    step = st.tuples(st.sampled_from(STEPS), st.sampled_from((*PLACES, ERP)), st.integers(1, 9))
    return history, everything, draw(st.lists(step, max_size=14))


@settings(max_examples=60)
@given(days())
def test_what_is_not_there_is_not_sold_and_all_comes_right_in_the_end(
    day: tuple[History, list[Told], list[tuple[str, str, int]]],
) -> None:
    history, told, steps = day
    world, left = World(), list(told)
    for what, place, units in [*steps, *(("told", ERP, 1) for _ in told)]:
        world.ticks += 1
        if what == "told" and left:
            world.tell(left.pop(0))
        world.do(what, place, units)
        world.derive()
        world.holds_good()
    readings = [one for one in told if isinstance(one, tuple)]
    assert balances(world.card) == history.balances
    assert world.read == max(readings, default=(0, 0))
    world.ticks += 1
    world.do("look", ERP, 1)
    world.derive()
    world.publish()
    assert world.shown == world.implied().levels
