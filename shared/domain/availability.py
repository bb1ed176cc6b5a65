"""Units a channel may sell, per location, with the chain of sums that led to them.

First what is free at each location, for all channels alike; then what of it a channel offers. A sum
may fall below 0, where more is promised than is there; a level never does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from shared.domain.allocation import allocated
from shared.domain.doubt import Doubted, most_careful
from shared.domain.stock_rules import ArticleRules, ChannelRules, PlaceRules, PoolRules
from shared.model.facts import HoldCard
from shared.model.product import Lifecycle, Variant
from shared.model.retailer import Channel
from shared.model.stock import StockPosition
from shared.model.stock_rules import Later, Policy, Status
from shared.model.target import LaterTerm, Step, StockTerms, StockValue

_WORDS = {status: status.value.replace("_", " ") for status in Status}


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one article's stock.

    `promised` are units per location that orders took, those of its kits included; `doubts` are
    reasons not to trust what is told of a location.
    """

    variant: Variant
    positions: Iterable[StockPosition]
    promised: Mapping[str, int] = field(default_factory=dict)
    doubts: Mapping[str, tuple[Doubted, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """What is free at one location, with and without what can be sold before it is there."""

    free: int
    total: int
    steps: tuple[Step, ...]
    later: Later | None = None
    later_steps: tuple[Step, ...] = ()
    doubt: Doubted | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """What is free at each location, and when that changes by the clock alone."""

    places: dict[str, Place]
    next_change: datetime | None = None


@dataclass(frozen=True, slots=True)
class Available:
    value: StockValue
    chain: tuple[Step, ...]
    terms: StockTerms | None = None
    running_low: int = 0

    @property
    def low(self) -> bool:
        """So few, or none, that a change is more urgent than any other."""
        return sum(self.value.levels.values()) <= self.running_low


def held_at(holds: HoldCard | None) -> dict[str, int]:
    """Units ordered or reserved and not yet shipped, by location; of what is dealt, all of it."""
    found = dict(holds.dealt) if holds else {}
    for hold in holds.holds.values() if holds else ():
        found[hold.location] = found.get(hold.location, 0) + hold.quantity
    return found


def pooled(known: Known, rules: ArticleRules, *, now: datetime) -> Pool:
    """On hand less every status that is not sold, holds and safety stock, at each location.

    A location without a position has nothing. What is in transit is not on hand, and so neither
    sold nor taken off.
    """
    positions = {position.location: position for position in known.positions}
    places = {
        name: _place(name, positions.get(name), known, rule, now)
        for name, rule in rules.pools.items()
    }
    return Pool(places, _next_change(places, known, rules, now))


def offered(pool: Pool, channel: Channel, rules: ArticleRules) -> Available:
    """What one channel shows of a pool."""
    limits = rules.channels[channel.name]
    found = _offered(pool, channel, rules, limits, later=limits.sells_later)
    doubts, laters = {}, {}
    for name in channel.locations:
        place = pool.places[name]
        if place.doubt is not None:
            doubts[name] = f"{place.doubt.reason} since {place.doubt.since.isoformat()}"
        if place.later is not None and limits.sells_later:
            laters[name] = place.later
    if not doubts and not laters:
        return found
    there = _offered(pool, channel, rules, limits, later=False).value.levels if laters else {}
    later = {
        name: _term(rule, found.value.levels[name] - there[name]) for name, rule in laters.items()
    }
    terms = StockTerms(later=later, unknown=doubts)
    return replace(found, terms=terms)


def withheld(found: Available, reason: str) -> Available:
    """Nothing may be sold, whatever lies there; the chain says what there would have been."""
    step = Step(rule="not on sale", detail=f"{reason} = 0")
    levels = dict.fromkeys(found.value.levels, 0)
    return Available(StockValue(levels=levels), (*found.chain, step), found.terms)


def _place(
    name: str, position: StockPosition | None, known: Known, rule: PoolRules, now: datetime
) -> Place:
    later = _sold_later(rule.later, now)
    if position is None and later is not None:
        position = StockPosition(location=name, unit=known.variant.base_unit, on_hand=Decimal(0))
    if position is None or (unsold := _unsold(known.variant, position)):
        detail = "no position = 0" if position is None else f"{unsold} = 0"
        return Place(0, 0, (Step(rule=f"stock at {name}", detail=detail),))
    free, step = _sum(position, known, rule)
    place = _doubted(Place(free, free, (step,)), name, known, now)
    return place if later is None else _with_later(place, later, position)


def _unsold(variant: Variant, position: StockPosition) -> str:
    """Why nothing of this position is sold; empty where it is."""
    if variant.lifecycle is Lifecycle.DISCONTINUED:
        return "discontinued"
    if position.unit != variant.base_unit:
        return f"position in {position.unit}, article in {variant.base_unit}"
    return ""


def _sum(position: StockPosition, known: Known, rule: PoolRules) -> tuple[int, Step]:
    """Statuses that are 0 are not written: what is taken off is."""
    name = position.location
    free = position.on_hand - position.reserved
    said = f"on hand {position.on_hand}"
    if position.reserved:
        said += f" - reserved {position.reserved}"
    for status in rule.excluded:
        units: Decimal = getattr(position, status)
        if units:
            free -= units
            said += f" - {_WORDS[status]} {units}"
    promised = known.promised.get(name, 0)
    if promised:
        said += f" - holds {promised}"
    safety = known.variant.safety_stock.get(name, rule.safety_stock)
    if safety:
        said += f" - safety stock {safety}"
    left = int((free - promised - safety).to_integral_value(ROUND_FLOOR))
    return left, Step(rule=f"stock at {name}", detail=f"{said} = {left}")


def _doubted(place: Place, name: str, known: Known, now: datetime) -> Place:
    doubts = known.doubts.get(name)
    doubt = most_careful(doubts, now) if doubts else None
    if doubt is None:
        return place
    off = doubt.off(now)
    if off is None:
        step = Step(rule=f"unknown at {name}", detail=f"{doubt.reason}: suppressed = 0")
        return Place(0, 0, (*place.steps, step), doubt=doubt)
    free = place.free - off
    detail = f"{doubt.reason}: {place.free} - {off} = {free}"
    step = Step(rule=f"unknown at {name}", detail=detail)
    return Place(free, free, (*place.steps, step), doubt=doubt)


def _sold_later(later: Later | None, now: datetime) -> Later | None:
    if later is None or (later.available_from is not None and later.available_from <= now):
        return None
    return later


def _with_later(place: Place, later: Later, position: StockPosition) -> Place:
    """Beyond what is free: a backorder's units, or what a preorder's still lack of on hand."""
    if place.doubt is not None and place.doubt.policy.then is Policy.SUPPRESS:
        return place
    on_hand = max(0, int(position.on_hand.to_integral_value(ROUND_FLOOR)))
    coming = max(0, int(position.in_transit.to_integral_value(ROUND_FLOOR)))
    more = later.units if later.kind == "backorder" else max(0, later.units - on_hand)
    if later.in_transit:
        more = min(more, coming)
    total = place.free + more
    step = Step(
        rule=f"{later.kind} at {position.location}", detail=f"{place.free} + {more} = {total}"
    )
    return replace(place, total=total, later=later, later_steps=(step,))


def _next_change(
    places: Mapping[str, Place], known: Known, rules: ArticleRules, now: datetime
) -> datetime | None:
    """When more is taken off what is left of a doubted level, or what is sold later is there."""
    instants = [
        at
        for name, doubts in known.doubts.items()
        if name in places and places[name].total > 0
        for doubt in doubts
        if (at := doubt.next_change(now)) is not None
    ]
    instants += [
        later.available_from
        for rule in rules.pools.values()
        if (later := _sold_later(rule.later, now)) is not None and later.available_from is not None
    ]
    return min(instants, default=None)


def _offered(
    pool: Pool, channel: Channel, rules: ArticleRules, limits: ChannelRules, *, later: bool
) -> Available:
    chain: list[Step] = []
    levels: dict[str, int] = {}
    mine = rules.places[channel.name]
    for name in channel.locations:
        place = pool.places[name]
        chain += place.steps
        units = place.free
        if later and place.later_steps:
            chain += place.later_steps
            units = place.total
        units = _part(name, max(0, units), channel, rules.pools[name], chain)
        levels[name] = units if mine[name].idle else _left(name, units, mine[name], chain)
    _limited(levels, limits, chain)
    return Available(StockValue(levels=levels), tuple(chain), running_low=limits.running_low)


def _part(name: str, units: int, channel: Channel, rule: PoolRules, chain: list[Step]) -> int:
    if rule.allocation is None:
        return units
    got = allocated(units, rule.allocation, rule.sellers)[channel.name]
    detail = f"{rule.allocation.by} of {units} = {got}"
    chain.append(Step(rule=f"allocation {rule.allocation.name} at {name}", detail=detail))
    return got


def _left(name: str, units: int, rule: PlaceRules, chain: list[Step]) -> int:
    """What is left of a location when the channel leaves its buffer there."""
    if rule.suppressed:
        chain.append(Step(rule=f"suppressed at {name}", detail="suppressed = 0"))
        return 0
    part = -(-units * rule.percent // 100)
    left = max(0, units - rule.buffer - part)
    said = f"{units} - {rule.buffer}" + (f" - {part} ({rule.percent} %)" if rule.percent else "")
    chain.append(Step(rule=f"buffer at {name}", detail=f"{said} = {left}"))
    return left


def _limited(levels: dict[str, int], limits: ChannelRules, chain: list[Step]) -> None:
    """None below the threshold; above the cap, what the channel's first locations have."""
    total = sum(levels.values())
    if 0 < total < limits.threshold:
        levels |= dict.fromkeys(levels, 0)
        chain.append(Step(rule="threshold", detail=f"{total} of {limits.threshold} needed = 0"))
    elif limits.cap is not None and total > limits.cap:
        room = limits.cap
        for name, units in levels.items():
            levels[name] = min(units, room)
            room -= levels[name]
        shown = ", ".join(f"{name} {units}" for name, units in levels.items())
        detail = f"at most {limits.cap} of {total} ({shown}) = {limits.cap}"
        chain.append(Step(rule="cap", detail=detail))


def _term(later: Later, units: int) -> LaterTerm:
    return LaterTerm(
        kind=later.kind,
        units=max(0, units),
        available_from=later.available_from,
        lead_days=later.lead_days,
    )
