"""Stock movements and counts as a source tells them, and the book a card keeps of them."""

import operator
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.model.base import Canonical, Instant, part
from shared.model.ids import Name, Sku
from shared.model.product import UnitCode
from shared.model.stock import StockPosition

MovementId = Annotated[str, StringConstraints(pattern=r"^[^\s#]{1,256}$")]
"""What the source calls a movement; the same every time it is told."""

Document = Annotated[str, StringConstraints(pattern=r"^[^\s#][^#]{0,127}$")]
"""The order, delivery or transfer a movement belongs to, as the source names it."""

Quantity = Annotated[Decimal, Field(gt=0, max_digits=18)]

_UNLESS_NOTHING: Final = Field(exclude_if=operator.not_)


class StockStatus(StrEnum):
    AVAILABLE = "available"
    RESERVED = "reserved"
    QUALITY_INSPECTION = "quality_inspection"
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    BLOCKED = "blocked"
    IN_TRANSIT = "in_transit"

    __hash__ = str.__hash__


PARTS: Final = (
    StockStatus.RESERVED,
    StockStatus.QUALITY_INSPECTION,
    StockStatus.QUARANTINE,
    StockStatus.DAMAGED,
    StockStatus.BLOCKED,
)
"""What a position keeps apart of what is on hand; the rest is available."""


class MovementKind(StrEnum):
    RECEIPT = "receipt"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    PICK = "pick"
    SHIP = "ship"
    COUNT = "count"
    RETURN = "return"
    SCRAP = "scrap"
    RECLASSIFY = "reclassify"

    __hash__ = str.__hash__


class Spot(Canonical):
    """Where units are, and in what state."""

    location: Name
    status: StockStatus


OUTSIDE: Final = None
"""The other side of a receipt or a despatch: supplier, customer, scrap heap."""

_IN, _OUT, _EITHER, _BOTH = "in", "out", "either", "both"
_SIDES: Final = {
    _IN: {(False, True)},
    _OUT: {(True, False)},
    _EITHER: {(False, True), (True, False)},
    _BOTH: {(True, True)},
}
"""Whether there is an origin, and whether there is a destination."""

SHAPES: Final[Mapping[MovementKind, str]] = {
    MovementKind.RECEIPT: _IN,
    MovementKind.RETURN: _IN,
    MovementKind.SHIP: _OUT,
    MovementKind.SCRAP: _OUT,
    MovementKind.COUNT: _EITHER,
    MovementKind.TRANSFER_OUT: _BOTH,
    MovementKind.TRANSFER_IN: _BOTH,
    MovementKind.PICK: _BOTH,
    MovementKind.RECLASSIFY: _BOTH,
}
"""Which sides a kind has: units come into the books, leave them, one of the two, or stay in."""


class Movement(Canonical):
    """`quantity` units of `unit` went from one spot to another; None is outside the books.

    `sequence` is the source's own number within one SKU and location, consecutive from 1; where it
    counts more than that SKU, `previous` names the number before. What is sent to another location
    is in transit there, under its document, until it is received.
    """

    movement_id: MovementId
    source: Name
    kind: MovementKind
    sku: Sku
    quantity: Quantity
    unit: UnitCode
    origin: Spot | None = None
    destination: Spot | None = None
    occurred_at: Instant
    sequence: int | None = Field(default=None, ge=1)
    previous: int | None = Field(default=None, ge=0)
    document: Document | None = None

    @property
    def location(self) -> str:
        """Whose numbers it carries: where it was done."""
        spot = self.origin or self.destination
        assert spot is not None  # noqa: S101 - the validator asks for one
        return spot.location

    @property
    def follows(self) -> int | None:
        """The number of the movement before it."""
        if self.sequence is None:
            return None
        return self.sequence - 1 if self.previous is None else self.previous

    @model_validator(mode="after")
    def _whole(self) -> Self:
        shape = SHAPES[self.kind]
        if (self.origin is not None, self.destination is not None) not in _SIDES[shape]:
            raise ValueError(f"a {self.kind} goes {shape}, and that is not what its spots say")
        if self.previous is not None and (self.sequence is None or self.previous >= self.sequence):
            raise ValueError("previous is a number before sequence")
        if self.document is None and self._moving():
            raise ValueError("what is in transit is so under a document")
        return self

    def _moving(self) -> bool:
        spots = [spot for spot in (self.origin, self.destination) if spot]
        return any(spot.status is StockStatus.IN_TRANSIT for spot in spots)


class Level(Canonical):
    """What lies of one SKU at one location, counted: everything up to `sequence` or `as_of`.

    What is in transit is no part of it: nobody can count that. One that is `untold` was told of
    without a quantity.
    """

    source: Name
    sku: Sku
    location: Name
    unit: UnitCode
    on_hand: Decimal
    parts: dict[StockStatus, Decimal] = Field(default_factory=dict)
    as_of: Instant
    sequence: int | None = Field(default=None, ge=0)
    untold: bool = Field(default=False, exclude_if=operator.not_)


Entry = Movement | Level

DoubtKind = Literal["null", "missing", "negative", "absurd"]


@part
class Aside:
    """What was told and is not believed, as it was told; `said` is what makes it strange.

    `base` is, of a count, what is known in its place: as of the same moment, whatever came since.
    """

    entry: Entry
    kind: DoubtKind
    said: str
    base: StockPosition | None = None


@part
class Stream:
    """How far one location of a SKU is counted.

    `sequence` is the last number counted without a gap, `covered` the ranges before it that only a
    count holds: their movements were not seen. `skipped` are those that nothing holds: passed over
    by what is not believed, and counted if they come. Without numbers, `counted_at` is when it was
    last counted and `moved_at` the latest movement.
    """

    sequence: Annotated[int, _UNLESS_NOTHING] = 0
    covered: Annotated[tuple[tuple[int, int], ...], _UNLESS_NOTHING] = ()
    skipped: Annotated[tuple[tuple[int, int], ...], _UNLESS_NOTHING] = ()
    counted_at: Annotated[Instant | None, _UNLESS_NOTHING] = None
    moved_at: Annotated[Instant | None, _UNLESS_NOTHING] = None


@part
class Transfer:
    """What went under one document to one location, and what of it arrived or was written off."""

    location: Name
    sent: Decimal = Decimal(0)
    received: Decimal = Decimal(0)

    @property
    def open(self) -> bool:
        return self.sent != self.received


@part
class Book:
    """What a card remembers of movements so that each counts once.

    `seen` are the marks of movements without a number, the latest ones, with their instants;
    `forgotten` is the latest instant of those no longer remembered. `parked` wait for the ones
    before them; `waiting` is since when something is missing, `told` when that was last told.
    `aside` is what is not believed.
    """

    streams: dict[Name, Stream] = field(default_factory=dict)
    seen: Annotated[dict[str, Instant], _UNLESS_NOTHING] = field(default_factory=dict)
    forgotten: Annotated[Instant | None, _UNLESS_NOTHING] = None
    parked: Annotated[tuple[Movement, ...], _UNLESS_NOTHING] = ()
    transfers: Annotated[dict[str, Transfer], _UNLESS_NOTHING] = field(default_factory=dict)
    waiting: Annotated[Instant | None, _UNLESS_NOTHING] = None
    told: Annotated[Instant | None, _UNLESS_NOTHING] = None
    aside: Annotated[tuple[Aside, ...], _UNLESS_NOTHING] = ()
