"""The stock ledger: movements and counts onto the card of one SKU, each of them once.

A movement has up to two legs, and both are posted to the same card at once, so nothing appears or
vanishes between two locations. A location's own numbers say what comes next: an earlier movement is
a repeat, a later one is parked until the one before it came, and a count says where the numbers
stand. What a count holds already is not added again, but what was in transit still has to leave
there, for nobody counts goods on the road.

Movements without numbers are told apart by their ids, of which the card remembers the latest; what
is older than those is refused, never guessed. A count then holds what happened until it was made.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.domain.units import trimmed
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.base import Instant
from shared.model.facts import StockCard
from shared.model.movement import (
    PARTS,
    Book,
    Entry,
    Level,
    Movement,
    Spot,
    StockStatus,
    Stream,
    Transfer,
)
from shared.model.stock import StockPosition

SEEN_MAX: Final = 24  # ids remembered of one SKU: with them a card still takes one write unit
PARKED_MAX: Final = 50
COVERED_MAX: Final = 16
TRANSFERS_MAX: Final = 100
_COUNTED: Final[Mapping[StockStatus, tuple[str, ...]]] = {
    StockStatus.AVAILABLE: ("on_hand",),
    StockStatus.IN_TRANSIT: ("in_transit",),
    **{part: (part.value, "on_hand") for part in PARTS},
}
"""The quantities of a position in which units are counted, by their status."""


class Verdict(StrEnum):
    """What became of an entry."""

    COUNTED = "counted"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    COVERED = "covered"  # a count held it already
    OLDER = "older"  # a count of before what is known


@frozen
class Posted:
    """The card afterwards; `before` is the position a count has replaced."""

    card: StockCard
    verdict: Verdict
    before: StockPosition | None = None


def posted(card: StockCard | None, entry: Entry, *, now: datetime) -> Posted:
    """Post one entry, told in the unit of the card; RejectedError for what cannot be counted."""
    books = _Books(entry.source, entry.sku, entry.unit, card)
    if isinstance(entry, Level):
        before = books.positions.get(entry.location)
        verdict = books.count(entry)
        return Posted(books.card(entry.as_of, now), verdict, before)
    moved = books.move(entry)
    return Posted(books.card(entry.occurred_at, now), moved)


def waiting_since(card: StockCard) -> Instant | None:
    """Since when something is missing: a movement before a parked one, or a transfer's half."""
    return card.book.waiting if card.book else None


def gaps(card: StockCard) -> list[tuple[str, int, int]]:
    """(location, first, last) number missing before each parked movement."""
    if card.book is None:
        return []
    found = []
    for location in dict.fromkeys(m.location for m in card.book.parked):
        stream = card.book.streams.get(location, Stream())
        follows = min(m.follows or 0 for m in card.book.parked if m.location == location)
        found.append((location, stream.sequence + 1, follows))
    return found


@dataclass(slots=True)
class _Books:
    source: str
    sku: str
    unit: str
    old: StockCard | None
    book: Book = field(init=False)
    positions: dict[str, StockPosition] = field(init=False)
    streams: dict[str, Stream] = field(init=False)
    seen: dict[str, datetime] = field(init=False)
    transfers: dict[str, Transfer] = field(init=False)
    parked: list[Movement] = field(init=False)
    forgotten: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        self.positions = {p.location: p for p in self.old.positions} if self.old else {}
        book = self.book = _book(self.old)
        self.streams, self.transfers = dict(book.streams), dict(book.transfers)
        self.seen, self.parked = dict(book.seen), list(book.parked)
        self.forgotten = book.forgotten

    def card(self, at: datetime, now: datetime) -> StockCard:
        """The card as of an instant, or of its own if that is later."""
        uneven = [t for t in self.transfers.values() if t.open and t.received]
        missing = bool(self.parked or uneven)
        book = Book(
            streams=self.streams,
            seen=self.seen,
            forgotten=self.forgotten,
            parked=tuple(sorted(self.parked, key=_number)),
            transfers=self.transfers,
            waiting=(self.book.waiting or now) if missing else None,
            told=self.book.told if missing else None,
        )
        places = tuple([self.positions[name] for name in sorted(self.positions)])
        old = self.old
        if old is None:
            return StockCard(
                source=self.source, as_of=at, sku=self.sku, positions=places, book=book
            )
        told = {"as_of": max(old.as_of, at), "positions": places, "untold": (), "doubts": ()}
        return old.model_copy(update={**told, "book": book})

    # movements

    def move(self, movement: Movement) -> Verdict:
        if movement.sequence is None:
            return self._by_id(movement)
        location = movement.location
        stream = self._stream(location)
        if movement.sequence <= stream.sequence:
            return self._late(movement)
        if _next(movement, stream):
            self._counted(movement, location, stream)
            self._release(location)
            return Verdict.COUNTED
        if any(_same(movement, other) for other in self.parked):
            return Verdict.DUPLICATE
        if len(self.parked) >= PARKED_MAX:
            raise _refusal(
                "sequence",
                movement.sequence,
                f"{PARKED_MAX} movements of {self.sku} wait for ones before them already",
                f"send a count of {self.sku} at {movement.location} with its sequence",
            )
        self.parked.append(movement)
        return Verdict.PARKED

    def _counted(self, movement: Movement, location: str, stream: Stream) -> None:
        self._post(movement, physical=True)
        self.streams[location] = Stream(
            sequence=_number(movement),
            covered=stream.covered,
            counted_at=stream.counted_at,
            moved_at=stream.moved_at,
        )

    def _late(self, movement: Movement) -> Verdict:
        """A number of before: a repeat, unless only a count held it until now."""
        stream = self._stream(movement.location)
        assert movement.sequence is not None  # noqa: S101 - only numbered ones come here
        left = list(_without(stream.covered, movement.sequence))
        if left == list(stream.covered):
            return Verdict.DUPLICATE
        self._post(movement, physical=False)
        self.streams[movement.location] = replace(stream, covered=tuple(left))
        return Verdict.COVERED

    def _release(self, location: str) -> None:
        """Count what was parked here, as far as nothing is missing before it any more."""
        while mine := [m for m in self.parked if m.location == location]:
            first = min(mine, key=_number)
            stream = self._stream(location)
            if _number(first) <= stream.sequence:
                self._late(first)
            elif _next(first, stream):
                self._counted(first, location, stream)
            else:
                return
            self.parked.remove(first)

    def _by_id(self, movement: Movement) -> Verdict:
        mark, at = _mark(movement.movement_id), movement.occurred_at
        if mark in self.seen:
            return Verdict.DUPLICATE
        stream = self._stream(movement.location)
        covered = stream.counted_at is not None and at <= stream.counted_at
        if covered and not any(_on_the_road(spot) for spot, _ in _legs(movement)):
            return Verdict.COVERED
        if self.forgotten is not None and at <= self.forgotten:
            raise _refusal(
                "occurred_at",
                at.isoformat(),
                f"it is older than the last {SEEN_MAX} movements of {self.sku} that are "
                "remembered, so nobody can say whether it was counted",
                f"number the movements, or send a count of {self.sku} at {movement.location}",
            )
        self._post(movement, physical=not covered)
        self._remember(mark, at)
        if not covered:
            self.streams[movement.location] = Stream(
                sequence=stream.sequence,
                covered=stream.covered,
                counted_at=stream.counted_at,
                moved_at=max(stream.moved_at or at, at),
            )
        return Verdict.COVERED if covered else Verdict.COUNTED

    def _remember(self, mark: str, at: datetime) -> None:
        self.seen[mark] = at
        while len(self.seen) > SEEN_MAX:
            oldest = min(self.seen, key=lambda one: (self.seen[one], one))
            gone = self.seen.pop(oldest)
            self.forgotten = max(self.forgotten or gone, gone)

    def _post(self, movement: Movement, *, physical: bool) -> None:
        """Both legs at once; without the physical one, only what it means for goods on the road."""
        for spot, units in _legs(movement):
            on_the_road = _on_the_road(spot)
            if on_the_road:
                self._on_road(movement, spot, units)
            if physical or on_the_road:
                self._shift(spot, units)

    def _on_road(self, movement: Movement, spot: Spot, units: Decimal) -> None:
        key = f"{movement.document}#{spot.location}"
        known = self.transfers.get(key) or Transfer(location=spot.location)
        if key not in self.transfers and len(self.transfers) >= TRANSFERS_MAX:
            raise _refusal(
                "document",
                movement.document,
                f"{TRANSFERS_MAX} transfers of {self.sku} are open already",
                "receive or write off what is in transit",
            )
        if units > 0:
            after = replace(known, sent=trimmed(known.sent + units))
        else:
            after = replace(known, received=trimmed(known.received - units))
        self.transfers.pop(key, None)
        if after.open:
            self.transfers[key] = after

    def _shift(self, spot: Spot, units: Decimal) -> None:
        position = self._position(spot.location)
        counted = _COUNTED[spot.status]
        update = {name: trimmed(getattr(position, name) + units) for name in counted}
        self.positions[spot.location] = position.model_copy(update=update)

    # counts

    def count(self, level: Level) -> Verdict:
        stream = self._stream(level.location)
        if level.sequence is None and stream.sequence:
            raise _refusal(
                "sequence",
                "",
                f"movements at {level.location} are numbered, and this count does not say up to "
                "which it goes",
                "send the number of the last movement the count holds",
            )
        if _older(level, stream):
            return Verdict.OLDER
        sequence, covered = stream.sequence, stream.covered
        if level.sequence is not None:
            sequence, covered = level.sequence, _covered(stream, level.sequence)
        self.streams[level.location] = Stream(
            sequence=sequence,
            covered=covered,
            counted_at=level.as_of,
            moved_at=stream.moved_at,
        )
        parts = {s.value: trimmed(level.parts.get(s, Decimal(0))) for s in PARTS}
        said = {"on_hand": trimmed(level.on_hand), **parts}
        self.positions[level.location] = self._position(level.location).model_copy(update=said)
        self._release(level.location)
        return Verdict.COUNTED

    def _stream(self, location: str) -> Stream:
        return self.streams.get(location) or Stream()

    def _position(self, location: str) -> StockPosition:
        known = self.positions.get(location)
        return known or StockPosition(location=location, unit=self.unit, on_hand=Decimal(0))


def _book(card: StockCard | None) -> Book:
    """The book of a card; what was read at once counts as a count of every location."""
    if card is None or card.book is not None:
        return card.book if card and card.book else Book()
    return Book(streams={p.location: Stream(counted_at=card.as_of) for p in card.positions})


def _legs(movement: Movement) -> Iterator[tuple[Spot, Decimal]]:
    if movement.origin is not None:
        yield movement.origin, -movement.quantity
    if movement.destination is not None:
        yield movement.destination, movement.quantity


def _on_the_road(spot: Spot) -> bool:
    return spot.status is StockStatus.IN_TRANSIT


def _next(movement: Movement, stream: Stream) -> bool:
    """Whether nothing is missing between what was counted and this one."""
    return movement.follows is not None and movement.follows <= stream.sequence


def _same(movement: Movement, other: Movement) -> bool:
    return movement.location == other.location and movement.sequence == other.sequence


def _number(movement: Movement) -> int:
    return movement.sequence or 0


def _older(level: Level, stream: Stream) -> bool:
    if level.sequence is not None:
        return level.sequence < stream.sequence
    known = [at for at in (stream.counted_at, stream.moved_at) if at is not None]
    return any(level.as_of < at for at in known)


def _covered(stream: Stream, until: int) -> tuple[tuple[int, int], ...]:
    """The ranges that only counts hold; of very many, the earliest are given up."""
    first = stream.sequence + 1
    more = ((first, until),) if first <= until else ()
    return (*stream.covered, *more)[-COVERED_MAX:]


def _without(ranges: Sequence[tuple[int, int]], number: int) -> Iterator[tuple[int, int]]:
    for first, last in ranges:
        if not first <= number <= last:
            yield first, last
            continue
        if first < number:
            yield first, number - 1
        if number < last:
            yield number + 1, last


def _mark(movement_id: str) -> str:
    """Sixty-six bits of an id's digest: enough to tell the few a card remembers apart."""
    return urlsafe_b64encode(hashlib.sha256(movement_id.encode()).digest())[:11].decode()


def _refusal(name: str, value: object, problem: str, remedy: str) -> RejectedError:
    return RejectedError(problem, code="bad_movement", field=name, value=value, remedy=remedy)
