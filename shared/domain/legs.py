"""What a movement does to the positions at both its ends, and to what is on the road between."""

from collections.abc import Mapping
from copy import replace
from decimal import Decimal
from typing import Final

from shared.domain.units import trimmed
from shared.errors import RejectedError
from shared.model.movement import PARTS, Movement, Spot, StockStatus, Transfer
from shared.model.stock import StockPosition

TRANSFERS_MAX: Final = 100
COUNTED: Final[Mapping[StockStatus, tuple[str, ...]]] = {
    StockStatus.AVAILABLE: ("on_hand",),
    StockStatus.IN_TRANSIT: ("in_transit",),
    **{part: (part.value, "on_hand") for part in PARTS},
}
"""The quantities of a position in which units are counted, by their status."""


type Leg = tuple[Spot, Decimal]


def legs(movement: Movement) -> list[Leg]:
    """Where units are taken from, and where they are put."""
    found: list[Leg] = []
    if movement.origin is not None:
        found.append((movement.origin, -movement.quantity))
    if movement.destination is not None:
        found.append((movement.destination, movement.quantity))
    return found


def on_the_road(spot: Spot) -> bool:
    return spot.status is StockStatus.IN_TRANSIT


def shifted(position: StockPosition, spot: Spot, units: Decimal) -> StockPosition:
    counted = COUNTED[spot.status]
    return position.model_copy(
        update={name: trimmed(getattr(position, name) + units) for name in counted}
    )


def on_road(
    known: Mapping[str, Transfer], movement: Movement, spot: Spot, units: Decimal
) -> dict[str, Transfer]:
    """The open transfers once these units were sent or received under their document."""
    key = f"{movement.document}#{spot.location}"
    old = known.get(key)
    if old is None and len(known) >= TRANSFERS_MAX:
        raise refusal(
            "document",
            movement.document,
            f"{TRANSFERS_MAX} transfers of {movement.sku} are open already",
            "receive or write off what is in transit",
        )
    one = old or Transfer(location=spot.location)
    if units > 0:
        one = replace(one, sent=trimmed(one.sent + units))
    else:
        one = replace(one, received=trimmed(one.received - units))
    left = {name: transfer for name, transfer in known.items() if name != key}
    return left | {key: one} if one.open else left


def refusal(
    name: str, value: object, problem: str, remedy: str, *, code: str = "bad_movement"
) -> RejectedError:
    return RejectedError(problem, code=code, field=name, value=value, remedy=remedy)
