"""Units a channel may sell, per location, with the sum that led to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR

from shared.model.facts import HoldCard
from shared.model.product import Lifecycle, Variant
from shared.model.retailer import Channel
from shared.model.stock import StockPosition
from shared.model.target import Step, StockValue


@dataclass(frozen=True, slots=True)
class Available:
    value: StockValue
    chain: tuple[Step, ...]

    @property
    def sold_out(self) -> bool:
        return not any(self.value.levels.values())


def available(
    positions: Iterable[StockPosition],
    holds: HoldCard | None,
    *,
    variant: Variant,
    channel: Channel,
) -> Available:
    """On hand less every other status, holds and safety stock; never below 0.

    What is in transit is not on hand, and so neither sold nor taken off.

    A location without a position sells nothing.
    """
    by_location = {position.location: position for position in positions}
    levels: dict[str, int] = {}
    chain: list[Step] = []
    for location in channel.locations:
        position = by_location.get(location)
        held = holds.at(location) if holds else 0
        units, step = _level(location, position, held, variant=variant, channel=channel)
        levels[location] = units
        chain.append(step)
    return Available(StockValue(levels=levels), tuple(chain))


def withheld(found: Available, reason: str) -> Available:
    """Nothing may be sold, whatever lies there; the chain says what there would have been."""
    step = Step(rule="not on sale", detail=f"{reason} = 0")
    levels = dict.fromkeys(found.value.levels, 0)
    return Available(StockValue(levels=levels), (*found.chain, step))


def _level(
    location: str,
    position: StockPosition | None,
    held: int,
    *,
    variant: Variant,
    channel: Channel,
) -> tuple[int, Step]:
    if position is None:
        return 0, Step(rule=f"stock at {location}", detail="no position = 0")
    if variant.lifecycle is Lifecycle.DISCONTINUED:
        return 0, Step(rule=f"stock at {location}", detail="discontinued = 0")
    if position.unit != variant.base_unit:
        detail = f"position in {position.unit}, article in {variant.base_unit} = 0"
        return 0, Step(rule=f"stock at {location}", detail=detail)
    excluded = {
        "reserved": position.reserved,
        "quality inspection": position.quality_inspection,
        "quarantine": position.quarantine,
        "damaged": position.damaged,
        "blocked": position.blocked,
    }
    free = position.on_hand - sum(excluded.values())
    units = max(0, int(free.to_integral_value(ROUND_FLOOR)) - held - channel.safety_stock)
    return units, Step(
        rule=f"stock at {location}",
        detail=(
            f"on hand {position.on_hand} - "
            + " - ".join(f"{status} {units}" for status, units in excluded.items())
            + f" - holds {held} - safety stock {channel.safety_stock} = {units}"
        ),
    )
