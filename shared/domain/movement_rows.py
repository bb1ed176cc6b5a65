"""One row of a file or of a call becomes a movement or a count, or is refused by field and value.

Rows hold texts, whatever they were read from; a missing text and an empty one are the same.
Locations are written by our name of them, or as the source calls them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Final

from pydantic import ValidationError

from shared.domain.columns import Columns, Row
from shared.model.movement import (
    PARTS,
    Level,
    Movement,
    MovementKind,
    Spot,
    StockStatus,
)
from shared.model.movement_columns import (
    LEVEL_COLUMNS,
    LEVEL_REQUIRED,
    MOVEMENT_COLUMNS,
    MOVEMENT_REQUIRED,
)
from shared.model.retailer import Retailer

UNMAPPED: Final = "unmapped_location"
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_SIGNED = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
# Where units of a kind come from and go to when the row does not say in what state.
_DEFAULTS: Final[Mapping[MovementKind, tuple[StockStatus | None, StockStatus | None]]] = {
    MovementKind.RECEIPT: (None, StockStatus.AVAILABLE),
    MovementKind.RETURN: (None, StockStatus.QUALITY_INSPECTION),
    MovementKind.SHIP: (StockStatus.AVAILABLE, None),
    MovementKind.SCRAP: (StockStatus.AVAILABLE, None),
    MovementKind.COUNT: (StockStatus.AVAILABLE, StockStatus.AVAILABLE),
    MovementKind.TRANSFER_OUT: (StockStatus.AVAILABLE, StockStatus.IN_TRANSIT),
    MovementKind.TRANSFER_IN: (StockStatus.IN_TRANSIT, StockStatus.AVAILABLE),
    MovementKind.PICK: (StockStatus.AVAILABLE, StockStatus.RESERVED),
    MovementKind.RECLASSIFY: (StockStatus.AVAILABLE, None),
}


_COLUMNS: Final = Columns({**LEVEL_COLUMNS, **MOVEMENT_COLUMNS})
refusal: Final = _COLUMNS.refusal


@dataclass(frozen=True)
class EntryReader:
    """Reads rows of one source. `comma` says that decimals are written 1,5."""

    retailer: Retailer
    source: str
    comma: bool = False

    @cached_property
    def _ours(self) -> frozenset[str]:
        return frozenset(location.name for location in self.retailer.locations)

    @cached_property
    def _told(self) -> frozenset[str]:
        """The locations whose stock this source tells."""
        return self.retailer.stocked_by(self.source)

    def movement(self, row: Row) -> Movement:
        """What the row states; raises RejectedError with its field, value and remedy."""
        said = _COLUMNS.texts(row, MOVEMENT_COLUMNS, MOVEMENT_REQUIRED)
        kind = _choice(MovementKind, "kind", said["kind"])
        origin, destination = self._spots(kind, said)
        fields = {
            "movement_id": said["movement_id"],
            "source": self.source,
            "kind": kind,
            "sku": said["sku"],
            "quantity": _COLUMNS.positive("quantity", said["quantity"], _NUMBER, comma=self.comma),
            "unit": said["unit"],
            "origin": origin,
            "destination": destination,
            "occurred_at": _instant("occurred_at", said["occurred_at"]),
            "sequence": _whole("sequence", said["sequence"]),
            "previous": _whole("previous", said["previous"]),
            "document": said["document"] or None,
        }
        return _made(Movement, fields, said)

    def level(self, row: Row, *, as_of: datetime) -> Level:
        """What the row states as of its own instant, or of the one given.

        An empty quantity is not 0: whoever tells of a position without one is doubted, not refused.
        """
        required = LEVEL_REQUIRED.keys() - {"on_hand"} if "on_hand" in row else LEVEL_REQUIRED
        said = _COLUMNS.texts(row, LEVEL_COLUMNS, required)
        untold = not said["on_hand"]
        fields = {
            "source": self.source,
            "sku": said["sku"],
            "location": self.place("location", said["location"]),
            "unit": said["unit"],
            "on_hand": Decimal(0) if untold else self._units("on_hand", said),
            "untold": untold,
            "parts": {part: self._units(part.value, said) for part in PARTS if said[part.value]},
            "as_of": _instant("as_of", said["as_of"]) if said["as_of"] else as_of,
            "sequence": _whole("sequence", said["sequence"]),
        }
        return _made(Level, fields, said)

    def _units(self, field: str, said: Mapping[str, str]) -> Decimal:
        return _COLUMNS.decimal(field, said[field], _SIGNED, comma=self.comma)

    def place(self, field: str, text: str) -> str:
        """Our name of a location whose stock this source tells."""
        name = text if text in self._ours else self.retailer.location_at(self.source, text)
        if name is None:
            raise refusal(field, text, "is no location of ours", code=UNMAPPED)
        if name not in self._told:
            raise refusal(field, text, f"is not one whose stock {self.source} tells", code=UNMAPPED)
        return name

    def _spots(
        self, kind: MovementKind, said: Mapping[str, str]
    ) -> tuple[Spot | None, Spot | None]:
        start, end = said["from_location"], said["to_location"]
        if kind in {MovementKind.PICK, MovementKind.RECLASSIFY}:
            end = end or start
        if kind is MovementKind.TRANSFER_IN:
            if start:
                raise refusal("from_location", start, "is not said of a receipt: document says it")
            start = end
        origin = self._spot("from", start, said, _DEFAULTS[kind][0])
        destination = self._spot("to", end, said, _DEFAULTS[kind][1])
        if kind in {MovementKind.PICK, MovementKind.RECLASSIFY} and end != start:
            raise refusal("to_location", end, f"is another place, and a {kind} stays where it is")
        return origin, destination

    def _spot(
        self, side: str, place: str, said: Mapping[str, str], usual: StockStatus | None
    ) -> Spot | None:
        status = said[f"{side}_status"]
        if not place:
            if status:
                raise refusal(f"{side}_location", "", f"is missing, and {side}_status is not")
            return None
        if not status and usual is None:
            raise refusal(f"{side}_status", "", "is missing")
        location = self.place(f"{side}_location", place)
        return _spot_of(
            location, _choice(StockStatus, f"{side}_status", status) if status else usual
        )


@cache
def _spot_of(location: str, status: StockStatus | None) -> Spot:
    """One for each location of ours and status: few, and told of again and again."""
    return Spot(location=location, status=status)


def _made[T: (Movement, Level)](
    model: type[T], fields: Mapping[str, object], said: Mapping[str, str]
) -> T:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        detail = error.errors()[0]
        if not detail["loc"]:  # what contradicts, not one field
            name = "document" if "document" in detail["msg"] else "kind"
            name = "previous" if "previous" in detail["msg"] else name
            problem = detail["msg"].removeprefix("Value error, ")
            raise refusal(name, said.get(name, ""), f"does not fit: {problem}") from error
        field = str(detail["loc"][0])
        raise refusal(field, said.get(field, ""), "is not one that can be kept") from error


def _choice[T: (MovementKind, StockStatus)](of: type[T], field: str, text: str) -> T:
    try:
        return of(text)
    except ValueError as error:
        raise refusal(field, text, "is not one of the choices") from error


def _whole(field: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > len(str(2**63)):
        raise refusal(field, text, "is not a whole number")
    return int(text)


def _instant(field: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise refusal(field, text, "has no offset")
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refusal(field, text, "is not an instant") from error
