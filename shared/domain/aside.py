"""What a source told and nobody believes: kept beside the books until it is corrected or believed.

Its numbers are passed over, so that what follows is counted. They are `skipped`: whatever comes
under one of them, the same movement with another quantity or one that was late, counts then, once.
A count that is not believed holds nothing; what is known in its place goes on by movements, and one
that is believed later moves the position by what it differs from that.
"""

from collections.abc import Mapping
from copy import replace
from decimal import Decimal
from typing import Final

from shared.domain.streams import no_room
from shared.domain.units import trimmed
from shared.frozen import slotted
from shared.model.movement import PARTS, Aside, DoubtKind, Entry, Level, Movement
from shared.model.stock import StockPosition
from shared.model.stock_rules import StockGuards

ASIDE_MAX: Final = 16
QUANTITIES: Final = tuple(
    name for name, field in StockPosition.model_fields.items() if field.annotation is Decimal
)
_PHYSICAL: Final = ("on_hand", *(part.value for part in PARTS))

type Strange = tuple[DoubtKind, str]
"""In which way a telling is not believed, and what it said."""


@slotted
class Shelf:
    """What is set aside of one card: of each location one count at most, the latest."""

    kept: list[Aside]

    def put(self, entry: Entry, strange: Strange, base: StockPosition | None = None) -> None:
        """In the place of what stands under the same name; RejectedError if there is no room."""
        kind, said = strange
        left = [one for one in self.kept if not _same(one.entry, entry)]
        if len(left) >= ASIDE_MAX:
            raise no_room(entry, f"{ASIDE_MAX} tellings of {entry.sku} are not believed already")
        aside = Aside(entry=entry, kind=kind, said=said, base=base)
        self.kept = [*left, aside]

    def count_at(self, location: str) -> Aside | None:
        found = (one for one in self.kept if isinstance(one.entry, Level))
        return next((one for one in found if one.entry.location == location), None)

    def has(self, movement: Movement) -> bool:
        return any(_same(one.entry, movement) for one in self.kept)

    def moved(self, movement: Movement, before: StockPosition, after: StockPosition) -> None:
        """A movement has counted: it is set aside no more, and a count that holds it knows it."""
        left = []
        for one in self.kept:
            if _same(one.entry, movement):
                continue
            if one.base is not None and holds(one.entry, movement):
                one = replace(one, base=differing(one.base, before, after))  # noqa: PLW2901
            left.append(one)
        self.kept = left

    def counted(self, level: Level) -> None:
        """A count is believed, and with it what it holds is settled."""
        self.kept = [
            one
            for one in self.kept
            if one.entry.location != level.location
            or (isinstance(one.entry, Movement) and not holds(level, one.entry))
        ]


def strange_count(level: Level, guards: StockGuards) -> Strange | None:
    """Why a count is not believed; None for one that is, or that the retailer accepts."""
    if level.untold:
        return None if guards.null.believes else ("null", "nothing")
    most = max(abs(level.on_hand), *(abs(n) for n in level.parts.values()), Decimal(0))
    if most > guards.absurd.above:
        return None if guards.absurd.believes else ("absurd", str(most))
    if level.on_hand < 0:
        return None if guards.negative.believes else ("negative", str(level.on_hand))
    return None


def strange_move(
    before: Mapping[str, StockPosition], after: Mapping[str, StockPosition], guards: StockGuards
) -> Strange | None:
    """Why the positions a movement leads to are not believed; less of what was absurd is."""
    if guards.absurd.believes:
        return None
    for location, position in after.items():
        if largest(position) <= guards.absurd.above:
            continue
        old = before.get(location)
        for name in QUANTITIES:
            now, was = abs(getattr(position, name)), abs(getattr(old, name)) if old else 0
            if now > guards.absurd.above and now > was:
                return "absurd", str(getattr(position, name))
    return None


def strange_size(movement: Movement, guards: StockGuards) -> bool:
    """Whether a movement is not believed wherever it leads to."""
    return not guards.absurd.believes and movement.quantity > guards.absurd.above


def largest(position: StockPosition) -> Decimal:
    """The greatest quantity a position has, whatever its sign."""
    return max(
        abs(position.on_hand),
        abs(position.reserved),
        abs(position.quarantine),
        abs(position.blocked),
        abs(position.quality_inspection),
        abs(position.damaged),
        abs(position.in_transit),
    )


def differing(
    position: StockPosition, before: StockPosition, after: StockPosition
) -> StockPosition:
    """A position moved by what lies between two others; what is in transit is left as it is."""
    update = {
        name: trimmed(getattr(position, name) + getattr(after, name) - getattr(before, name))
        for name in _PHYSICAL
    }
    return position.model_copy(update=update)


def holds(level: Entry, movement: Movement) -> bool:
    """Whether a count would hold a movement, were it believed."""
    if not isinstance(level, Level) or movement.location != level.location:
        return False
    if level.sequence is not None and movement.sequence is not None:
        return movement.sequence <= level.sequence
    return movement.occurred_at <= level.as_of


def _same(one: Entry, other: Entry) -> bool:
    """Whether one is told in the place of the other."""
    if isinstance(one, Level) or isinstance(other, Level):
        return type(one) is type(other) and one.location == other.location
    numbered = one.sequence is not None and one.location == other.location
    return one.movement_id == other.movement_id or (numbered and one.sequence == other.sequence)
