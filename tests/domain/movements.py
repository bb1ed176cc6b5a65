"""Histories of one SKU at two locations: what a source does, and what it tells of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from shared.domain.ledger import Posted, posted
from shared.model.facts import StockCard
from shared.model.movement import Entry, Level, Movement, MovementKind, Spot, StockStatus
from shared.model.stock_rules import StockGuards
from tests.factories import NOW, SKU

GUARDS = StockGuards()

PLACES = ("leeds", "london")
S, K = StockStatus, MovementKind
DOING = (*(k for k in K if k is not K.TRANSFER_IN), "count all")

type Spots = tuple[tuple[str, StockStatus] | None, tuple[str, StockStatus] | None]


def spot(location: str = "london", status: StockStatus = S.AVAILABLE) -> Spot:
    return Spot(location=location, status=status)


def make_movement(**over: Any) -> Movement:
    """Five units of the hat are received in London."""
    fields = {
        "movement_id": "m1",
        "source": "wms",
        "kind": K.RECEIPT,
        "sku": SKU,
        "quantity": Decimal(5),
        "unit": "PC",
        "destination": spot(),
        "occurred_at": NOW,
    }
    return Movement.model_validate(fields | over)


def make_level(**over: Any) -> Level:
    fields = {
        "source": "wms",
        "sku": SKU,
        "location": "london",
        "unit": "PC",
        "on_hand": Decimal(7),
        "as_of": NOW,
    }
    return Level.model_validate(fields | over)


def sent(units: int = 5, **over: Any) -> Movement:
    """From London to Leeds, under a document."""
    fields = {
        "movement_id": f"out-{units}",
        "kind": K.TRANSFER_OUT,
        "quantity": Decimal(units),
        "origin": spot("london"),
        "destination": spot("leeds", S.IN_TRANSIT),
        "document": "T1",
    }
    return make_movement(**fields | over)


def received(units: int = 5, **over: Any) -> Movement:
    fields = {
        "movement_id": f"in-{units}",
        "kind": K.TRANSFER_IN,
        "quantity": Decimal(units),
        "origin": spot("leeds", S.IN_TRANSIT),
        "destination": spot("leeds"),
        "document": "T1",
    }
    return make_movement(**fields | over)


def post(*entries: Entry, card: StockCard | None = None, guards: StockGuards = GUARDS) -> StockCard:
    """All of these, one after the other."""
    for entry in entries:
        card = posted(card, entry, guards=guards, now=NOW).card
    assert card is not None
    return card


def posting(card: StockCard | None, entry: Entry, guards: StockGuards = GUARDS) -> Posted:
    return posted(card, entry, guards=guards, now=NOW)


def balances(card: StockCard | None) -> Counter[tuple[str, str]]:
    """Units by location and status; what is 0 is absent."""
    found: Counter[tuple[str, str]] = Counter()
    for p in card.positions if card else ():
        said = {name: getattr(p, name) for name in (*_STATUSES, "on_hand")}
        parts = sum(said[s] for s in _STATUSES if s != S.IN_TRANSIT)
        said[S.AVAILABLE.value] = said.pop("on_hand") - parts
        found.update({(p.location, str(name)): int(n) for name, n in said.items()})
    return Counter({spot: units for spot, units in found.items() if units})


_STATUSES = tuple(s.value for s in S if s is not S.AVAILABLE)


@dataclass
class History:
    """What really happened, and everything told of it: each thing once, in its order."""

    numbered: bool
    truth: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: list[Entry] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    road: list[tuple[str, str, int]] = field(default_factory=list)

    def do(self, what: str, place: str, status: StockStatus, units: int, *, up: bool) -> None:
        if what == "count all":
            self._count(place)
            return
        if what == K.TRANSFER_OUT and self.road and up:
            self._arrive()
            return
        self._move(MovementKind(what), place, status, units, up=up)

    def _arrive(self) -> None:
        document, place, units = self.road.pop()
        origin, destination = spot(place, S.IN_TRANSIT), spot(place)
        self._tell(K.TRANSFER_IN, units, origin, destination, document)

    def _move(
        self, kind: MovementKind, place: str, status: StockStatus, units: int, *, up: bool
    ) -> None:
        here, other = spot(place, status), PLACES[place == PLACES[0]]
        away = spot(place)
        match kind:
            case K.RECEIPT | K.RETURN:
                self._tell(kind, units, None, here)
            case K.SHIP | K.SCRAP:
                self._tell(kind, units, here, None)
            case K.COUNT:
                self._tell(kind, units, *((None, here) if up else (here, None)))
            case K.TRANSFER_OUT:
                document = f"T{len(self.told)}"
                self.road.append((document, other, units))
                self._tell(kind, units, here, spot(other, S.IN_TRANSIT), document)
            case K.PICK:
                self._tell(kind, units, away, spot(place, S.RESERVED))
            case _:
                self._tell(kind, units, away, here)

    def _tell(
        self,
        kind: MovementKind,
        units: int,
        origin: Spot | None,
        destination: Spot | None,
        document: str | None = None,
    ) -> None:
        made = make_movement(
            movement_id=f"m{len(self.told)}",
            kind=kind,
            quantity=Decimal(units),
            origin=origin,
            destination=destination,
            document=document,
            occurred_at=NOW + timedelta(seconds=len(self.told)),
        )
        for one, signed in ((origin, -units), (destination, units)):
            if one is not None:
                self.truth[one.location, one.status.value] += signed
        if self.numbered:
            self.numbers[made.location] += 1
            made = made.model_copy(update={"sequence": self.numbers[made.location]})
        self.told.append(made)

    def _count(self, place: str) -> None:
        here = {s: Decimal(self.truth[place, s.value]) for s in S if s is not S.IN_TRANSIT}
        available = here.pop(S.AVAILABLE)
        self.told.append(
            make_level(
                location=place,
                on_hand=available + sum(here.values()),
                parts=here,
                as_of=NOW + timedelta(seconds=len(self.told)),
                sequence=self.numbers[place] if self.numbered else None,
            )
        )

    @property
    def balances(self) -> Counter[tuple[str, str]]:
        return Counter({spot: units for spot, units in self.truth.items() if units})


@st.composite
def histories(
    draw: st.DrawFn, *, numbered: bool | None = None, longest: int = 20, stocked: int = 0
) -> History:
    """Receipts, transfers, picks, despatches, counts, returns and scrap, in any order.

    Before them so many units are received at each place, if any.
    """
    made = History(draw(st.booleans()) if numbered is None else numbered)
    for place in PLACES if stocked else ():
        made.do(K.RECEIPT, place, S.AVAILABLE, stocked, up=True)
    physical = st.sampled_from([s for s in S if s is not S.IN_TRANSIT])
    step = st.tuples(
        st.sampled_from(DOING), st.sampled_from(PLACES), physical, st.integers(1, 9), st.booleans()
    )
    for what, place, status, units, up in draw(st.lists(step, min_size=1, max_size=longest)):
        made.do(str(what), place, status, units, up=up)
    return made


def mixed(told: Sequence[Entry]) -> st.SearchStrategy[list[Entry]]:
    """Everything at least once, in any order, and some of it again."""
    again = st.lists(st.sampled_from(list(told)), max_size=6) if told else st.just([])
    return again.flatmap(lambda more: st.permutations([*told, *more]))


def posted_all(entries: Iterable[Entry]) -> StockCard | None:
    card: StockCard | None = None
    for entry in entries:
        card = posting(card, entry).card
    return card
