"""What a movement of stock says of the return that its document names."""

from collections.abc import Mapping
from typing import Final

from shared.model.movement import Movement, MovementKind, StockStatus
from shared.model.returns import Disposition, ReturnMove

BECAME: Final[Mapping[StockStatus, Disposition]] = {
    StockStatus.AVAILABLE: Disposition.RESTOCK,
    StockStatus.RESERVED: Disposition.RESTOCK,
    StockStatus.DAMAGED: Disposition.DAMAGED,
    StockStatus.QUALITY_INSPECTION: Disposition.QUARANTINE,
    StockStatus.QUARANTINE: Disposition.QUARANTINE,
    StockStatus.BLOCKED: Disposition.QUARANTINE,
    StockStatus.IN_TRANSIT: Disposition.QUARANTINE,
}
TOLD: Final = frozenset({MovementKind.RETURN, MovementKind.RECLASSIFY, MovementKind.SCRAP})
"""Movements that say something of the return their document names."""


def move_of(movement: Movement, units: int) -> ReturnMove | None:
    """What a movement of so many base units says; None if it makes no difference to a return."""
    start, end = movement.origin, movement.destination
    was = BECAME[start.status] if start else None
    became = BECAME[end.status] if end else Disposition.SCRAP
    if movement.kind not in TOLD or was is became:
        return None
    return ReturnMove(
        movement_id=movement.movement_id,
        source=movement.source,
        sku=movement.sku,
        quantity=units,
        location=movement.location,
        moved_at=movement.occurred_at,
        was=was,
        became=became,
    )
