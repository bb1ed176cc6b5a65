"""What a movement and a count state, by column, with what to write there: in rows and in calls."""

from collections.abc import Mapping
from typing import Final

from shared.model.movement import PARTS, MovementKind, StockStatus

_INSTANT = "write an instant with its offset, such as 2026-11-27T09:00:00+00:00"
_SKU = "name the article as the owner of products does, in at most 64 characters without #"
_STATUS = f"write one of {', '.join(StockStatus)}"
_PLACE = "name one of the retailer's locations, or one as the source calls it"
_UNIT = "write a unit of measure of the article, such as PC"

MOVEMENT_REQUIRED: Final[Mapping[str, str]] = {
    "movement_id": "write what the source calls it, without spaces, the same every time",
    "kind": f"write one of {', '.join(MovementKind)}",
    "sku": _SKU,
    "quantity": "write a positive decimal such as 5 or 0.5; the kind says which way it goes",
    "unit": _UNIT,
    "occurred_at": _INSTANT,
}
MOVEMENT_COLUMNS: Final[Mapping[str, str]] = {
    **MOVEMENT_REQUIRED,
    "from_location": _PLACE,
    "from_status": _STATUS,
    "to_location": _PLACE,
    "to_status": _STATUS,
    "sequence": "write the source's number within this SKU and location, from 1",
    "previous": "write the number before it, where numbers count more than one SKU",
    "document": "write the order, delivery or transfer it belongs to, without #",
}
LEVEL_REQUIRED: Final[Mapping[str, str]] = {
    "sku": _SKU,
    "location": _PLACE,
    "unit": _UNIT,
    "on_hand": "write a decimal such as 12: everything that physically lies there",
}
LEVEL_COLUMNS: Final[Mapping[str, str]] = {
    **LEVEL_REQUIRED,
    **{part.value: f"write how many of on_hand are {part.value}" for part in PARTS},
    "as_of": _INSTANT,
    "sequence": "write the number of the last movement this holds, where movements are numbered",
}
