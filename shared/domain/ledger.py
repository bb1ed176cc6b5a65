"""The stock ledger: movements and counts onto the card of one SKU, each of them once.

A movement has up to two legs, and both are posted to the same card at once, so nothing appears or
vanishes between two locations. A location's own numbers say what comes next: an earlier movement is
a repeat, a later one is parked until the one before it came, and a count says where the numbers
stand. What a count holds already is not added again, but what was in transit still has to leave
there, for nobody counts goods on the road.

What is not believed is set aside, and its numbers are passed over (`shared/domain/aside.py`).
Movements without numbers are told apart by their ids, of which the card remembers the latest; what
is older than those is refused, never guessed. A count then holds what happened until it was made.
"""

import hashlib
from base64 import urlsafe_b64encode
from copy import replace
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.domain.aside import Shelf, Strange, differing, strange_count, strange_move, strange_size
from shared.domain.legs import legs, on_road, on_the_road, refusal, shifted
from shared.domain.streams import held_by, skipping, without
from shared.domain.units import trimmed
from shared.errors import RejectedError
from shared.frozen import frozen, slotted
from shared.model.base import Instant
from shared.model.facts import StockCard
from shared.model.movement import (
    PARTS,
    Aside,
    Book,
    Entry,
    Level,
    Movement,
    Stream,
    Transfer,
)
from shared.model.stock import StockPosition
from shared.model.stock_rules import StockGuards

SEEN_MAX: Final = 24  # ids remembered of one SKU: with them a card still takes one write unit
PARKED_MAX: Final = 50
TOO_OLD: Final = "too_old"
"""Refused, since nobody can say any more whether it was counted."""


class Verdict(StrEnum):
    """What became of an entry."""

    COUNTED = "counted"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    COVERED = "covered"  # a count held it already
    OLDER = "older"  # a count of before what is known
    DOUBTED = "doubted"  # not believed, and set aside


@frozen
class Posted:
    """The card afterwards; `before` is the position a count has replaced.

    `refused` had waited until now, and cannot be counted now that their turn has come.
    """

    card: StockCard
    verdict: Verdict
    before: StockPosition | None = None
    refused: tuple[tuple[Movement, RejectedError], ...] = ()


def posted(card: StockCard | None, entry: Entry, *, guards: StockGuards, now: datetime) -> Posted:
    """Post one entry, told in the unit of the card; RejectedError for what cannot be counted."""
    books = _Books(entry.source, entry.sku, entry.unit, guards, card)
    if isinstance(entry, Level):
        before = books.positions.get(entry.location)
        verdict, at = books.count(entry), entry.as_of
    else:
        before, at = None, entry.occurred_at
        verdict = books.move(entry)
    return Posted(books.card(at, now), verdict, before, tuple(books.refused))


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


@slotted
class _Books:
    source: str
    sku: str
    unit: str
    guards: StockGuards
    old: StockCard | None
    book: Book = field(init=False)
    positions: dict[str, StockPosition] = field(init=False)
    streams: dict[str, Stream] = field(init=False)
    seen: dict[str, datetime] = field(init=False)
    transfers: dict[str, Transfer] = field(init=False)
    parked: list[Movement] = field(init=False)
    forgotten: datetime | None = field(init=False)
    shelf: Shelf = field(init=False)
    refused: list[tuple[Movement, RejectedError]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.positions = {p.location: p for p in self.old.positions} if self.old else {}
        book = self.book = _book(self.old)
        self.streams, self.transfers = dict(book.streams), dict(book.transfers)
        self.seen, self.parked = dict(book.seen), list(book.parked)
        self.forgotten, self.shelf = book.forgotten, Shelf(list(book.aside))

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
            aside=tuple(self.shelf.kept),
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
            verdict = self._counted(movement, location, stream)
            self._release(location)
            return verdict
        if not self._first_told(movement):
            return Verdict.DUPLICATE
        if len(self.parked) >= PARKED_MAX:
            raise refusal(
                "sequence",
                movement.sequence,
                f"{PARKED_MAX} movements of {self.sku} wait for ones before them already",
                f"send a count of {self.sku} at {movement.location} with its sequence",
            )
        self.parked.append(movement)
        return Verdict.PARKED

    def _first_told(self, movement: Movement) -> bool:
        """Whether nobody waits under its number, or only what could not be believed anyway."""
        known = next((other for other in self.parked if _same(movement, other)), None)
        if known is None:
            return True
        if strange_size(movement, self.guards) or not strange_size(known, self.guards):
            return False
        self.parked.remove(known)
        return True

    def _counted(self, movement: Movement, location: str, stream: Stream) -> Verdict:
        number = _number(movement)
        if not self._post(movement, physical=True):
            self.streams[location] = skipping(stream, number, number, movement)
            return Verdict.DOUBTED
        self.streams[location] = Stream(
            sequence=number,
            covered=stream.covered,
            skipped=stream.skipped,
            counted_at=stream.counted_at,
            moved_at=stream.moved_at,
        )
        return Verdict.COUNTED

    def _late(self, movement: Movement) -> Verdict:
        """A number of before: a repeat, unless it was skipped, or only a count held it so far."""
        stream, number = self._stream(movement.location), _number(movement)
        skipped = tuple(without(stream.skipped, number))
        covered = tuple(without(stream.covered, number))
        open_ = skipped != stream.skipped
        if not open_ and covered == stream.covered:
            return Verdict.DUPLICATE
        if not self._post(movement, physical=open_):
            return Verdict.DOUBTED
        self.streams[movement.location] = replace(stream, covered=covered, skipped=skipped)
        return Verdict.COUNTED if open_ else Verdict.COVERED

    def _release(self, location: str) -> None:
        """Count what was parked here, as far as nothing is missing before it any more.

        What is refused when its turn comes has not been counted, and what follows waits for it.
        """
        while mine := [m for m in self.parked if m.location == location]:
            first = min(mine, key=_number)
            stream = self._stream(location)
            late = _number(first) <= stream.sequence
            if not late and not _next(first, stream):
                return
            self.parked.remove(first)
            try:
                if late:
                    self._late(first)
                else:
                    self._counted(first, location, stream)
            except RejectedError as error:
                self.refused.append((first, error))

    def _by_id(self, movement: Movement) -> Verdict:
        mark, at = _mark(movement.movement_id), movement.occurred_at
        if mark in self.seen:
            return Verdict.DUPLICATE
        stream = self._stream(movement.location)
        covered = stream.counted_at is not None and at <= stream.counted_at
        if covered and not any(on_the_road(spot) for spot, _ in legs(movement)):
            return Verdict.COVERED
        if self.forgotten is not None and at <= self.forgotten and not self.shelf.has(movement):
            raise refusal(
                "occurred_at",
                at.isoformat(),
                f"it is older than the last {SEEN_MAX} movements of {self.sku} that are "
                "remembered, so nobody can say whether it was counted",
                f"number the movements, or send a count of {self.sku} at {movement.location}",
                code=TOO_OLD,
            )
        if not self._post(movement, physical=not covered):
            return Verdict.DOUBTED
        self._remember(mark, at)
        if not covered:
            self.streams[movement.location] = Stream(
                sequence=stream.sequence,
                covered=stream.covered,
                skipped=stream.skipped,
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

    def _post(self, movement: Movement, *, physical: bool) -> bool:
        """Both legs at once, or neither: False if what they lead to is not believed.

        Without the physical one, only what it means for goods on the road.
        """
        after: dict[str, StockPosition] = {}
        transfers = self.transfers
        for spot, units in legs(movement):
            travels = on_the_road(spot)
            if travels:
                transfers = on_road(transfers, movement, spot, units)
            if physical or travels:
                position = after.get(spot.location) or self._position(spot.location)
                after[spot.location] = shifted(position, spot, units)
        strange = strange_move(self.positions, after, self.guards)
        if strange is not None:
            self.shelf.put(movement, strange)
            return False
        if self.shelf.kept:
            here = movement.location
            was = self._position(here)
            self.shelf.moved(movement, was, after.get(here, was))
        self.positions |= after
        self.transfers = transfers
        return True

    # counts

    def count(self, level: Level) -> Verdict:
        stream = self._stream(level.location)
        if level.sequence is None and stream.sequence:
            raise refusal(
                "sequence",
                "",
                f"movements at {level.location} are numbered, and this count does not say up to "
                "which it goes",
                "send the number of the last movement the count holds",
            )
        held = self.shelf.count_at(level.location)
        again = held is not None and _when(held.entry) == _when(level)
        if not again and _older(level, stream, held):
            return Verdict.OLDER
        known = self._position(level.location)
        base = held.base if held is not None and again else None
        strange = strange_count(level, self.guards)
        if strange is not None:
            self._set_aside(level, stream, strange, base or known)
            return Verdict.DOUBTED
        parts = {s.value: trimmed(level.parts.get(s, Decimal(0))) for s in PARTS}
        said = known.model_copy(update={"on_hand": trimmed(level.on_hand), **parts})
        self.positions[level.location] = differing(known, base, said) if base else said
        self.streams[level.location] = held_by(stream, level)
        self.shelf.counted(level)
        self._release(level.location)
        return Verdict.COUNTED

    def _set_aside(
        self, level: Level, stream: Stream, strange: Strange, base: StockPosition
    ) -> None:
        """What it passes over is skipped, not held: it may still come, and counts then."""
        self.shelf.put(level, strange, base)
        passed = level.sequence or 0
        self.streams[level.location] = skipping(stream, stream.sequence + 1, passed, level)
        self._release(level.location)

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


def _next(movement: Movement, stream: Stream) -> bool:
    """Whether nothing is missing between what was counted and this one."""
    return movement.follows is not None and movement.follows <= stream.sequence


def _same(movement: Movement, other: Movement) -> bool:
    return movement.location == other.location and movement.sequence == other.sequence


def _number(movement: Movement) -> int:
    return movement.sequence or 0


def _when(entry: Entry) -> object:
    """Up to where a count goes: two that go equally far are one, told again."""
    assert isinstance(entry, Level)  # noqa: S101 - what is asked of is a count
    return entry.as_of if entry.sequence is None else entry.sequence


def _older(level: Level, stream: Stream, held: Aside | None) -> bool:
    if level.sequence is not None:
        return level.sequence < stream.sequence
    aside = held.entry.as_of if held is not None and isinstance(held.entry, Level) else None
    known = [at for at in (stream.counted_at, stream.moved_at, aside) if at is not None]
    return any(level.as_of < at for at in known)


def _mark(movement_id: str) -> str:
    """Sixty-six bits of an id's digest: enough to tell the few a card remembers apart."""
    return urlsafe_b64encode(hashlib.sha256(movement_id.encode()).digest())[:11].decode()
