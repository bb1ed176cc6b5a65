"""What of a source's telling is taken, and what is doubted: empty, missing, negative, or absurd."""

from collections.abc import Collection, Iterator, Mapping

from shared.domain.aside import largest
from shared.domain.doubt import Doubted
from shared.model.facts import Doubt, Positions, StockCard
from shared.model.movement import DoubtKind, Level
from shared.model.stock import StockPosition
from shared.model.stock_rules import Guard, StockGuards

type _Where = tuple[str, DoubtKind]


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


def noted(
    known: StockCard | None, new: StockCard, counted: Collection[Level], guards: StockGuards
) -> StockCard:
    """A card kept by movements and counts, with what is doubted of it, each since it began.

    That is what was set aside, and of what the retailer accepts, what was counted below nothing or
    empty, or is absurd. What movements alone take below nothing is not: the receipt may still be on
    its way. The first lasts until it is settled, the others until the location says otherwise.
    """
    aside = new.book.aside if new.book else ()
    before = {(d.location, d.kind): d for d in known.doubts} if known else {}
    if not (aside or before or counted or guards.absurd.believes):
        return new
    last = {level.location: level for level in counted}
    found = dict(_accepted(new, before, last, guards))
    found |= {(one.entry.location, one.kind): one.said for one in aside}
    doubts = tuple(
        Doubt(
            location=location,
            kind=kind,
            since=before[location, kind].since if (location, kind) in before else new.as_of,
            said=said,
        )
        for (location, kind), said in sorted(found.items())
    )
    return new.model_copy(update={"doubts": doubts}) if doubts else new


def _accepted(
    new: StockCard, before: Collection[_Where], last: Mapping[str, Level], guards: StockGuards
) -> Iterator[tuple[_Where, str]]:
    for position in new.positions:
        place, most = position.location, largest(position)
        absurd = guards.absurd.believes or (place, "absurd") in before
        if absurd and most > guards.absurd.above:
            yield (place, "absurd"), str(most)
        elif position.on_hand < 0 and (place in last or (place, "negative") in before):
            yield (place, "negative"), str(position.on_hand)
    if guards.null.believes:
        kept = {place for place, kind in before if kind == "null"} - last.keys()
        for place in kept | {name for name, level in last.items() if level.untold}:
            yield (place, "null"), "nothing"


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
        most = largest(position)
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
