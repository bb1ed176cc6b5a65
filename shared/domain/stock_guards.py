"""What of a source's telling is taken, and what is doubted: empty, missing, negative, or absurd."""

from collections.abc import Iterator
from decimal import Decimal

from shared.domain.doubt import Doubted
from shared.model.facts import Doubt, DoubtKind, Positions, StockCard
from shared.model.stock import StockPosition
from shared.model.stock_rules import Guard, StockGuards

_QUANTITIES = tuple(
    name for name, field in StockPosition.model_fields.items() if field.annotation is Decimal
)


def guarded(known: StockCard | None, told: StockCard, guards: StockGuards) -> StockCard:
    """The card to keep: where a telling is not believed, what was known of that location stays.

    A doubt lasts from when it began until the location is told of well again.
    """
    before = {position.location: position for position in known.positions} if known else {}
    since = {(d.location, d.kind): d.since for d in known.doubts} if known else {}
    positions = {position.location: position for position in told.positions}
    doubts = []
    for location, kind, said in _doubtful(before, told, guards):
        begun = since.get((location, kind), told.as_of)
        doubts.append(Doubt(location=location, kind=kind, since=begun, said=said))
        if _guard(guards, kind).unknown is not None:
            positions.pop(location, None)
            if location in before:
                positions[location] = before[location]
    if not doubts and not told.untold:
        return told
    kept = tuple(positions[location] for location in sorted(positions))
    return told.model_copy(update={"positions": kept, "doubts": tuple(doubts), "untold": ()})


def doubted(card: Positions, guards: StockGuards) -> dict[str, tuple[Doubted, ...]]:
    """What the retailer wants done about each doubt, by location; what is believed is left out."""
    found: dict[str, tuple[Doubted, ...]] = {}
    for doubt in card.doubts:
        unknown = _guard(guards, doubt.kind).unknown
        if unknown is not None:
            one = Doubted(doubt.kind, doubt.since, unknown)
            found[doubt.location] = (*found.get(doubt.location, ()), one)
    return found


def _doubtful(
    before: dict[str, StockPosition], told: StockCard, guards: StockGuards
) -> Iterator[tuple[str, DoubtKind, str]]:
    """Location, kind of doubt, and what was said there."""
    named = set(told.untold)
    for location in sorted(named):
        yield location, "null", "nothing"
    for position in told.positions:
        named.add(position.location)
        most = max(abs(getattr(position, name)) for name in _QUANTITIES)
        if most > guards.absurd.above:
            yield position.location, "absurd", str(most)
        elif position.on_hand < 0:
            yield position.location, "negative", str(position.on_hand)
    if guards.missing.unknown is not None:
        for location in sorted(before.keys() - named):
            yield location, "missing", "no position"


def _guard(guards: StockGuards, kind: DoubtKind) -> Guard:
    found: Guard = getattr(guards, kind)
    return found


def ended(known: StockCard | None, kept: StockCard) -> list[Doubt]:
    """Doubts of before that are over."""
    now = {(doubt.location, doubt.kind) for doubt in kept.doubts}
    return [d for d in known.doubts if (d.location, d.kind) not in now] if known else []


def begun(known: StockCard | None, kept: StockCard) -> list[Doubt]:
    """Doubts there were not before."""
    return ended(kept, known) if known else list(kept.doubts)
