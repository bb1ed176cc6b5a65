"""Units a channel may sell, per location, with the chain of sums that led to them.

First what is free at each location, for all channels alike; then what of it a channel offers. A sum
may fall below 0, where more is promised than is there; a level never does, and what is promised
beyond what is there comes off other locations.
"""

from collections.abc import Iterable, Mapping
from copy import replace
from datetime import datetime
from decimal import Decimal
from math import floor
from types import MappingProxyType
from typing import Final

from shared.domain.allocation import Division
from shared.domain.doubt import Doubted, most_careful
from shared.domain.spill import Spill, spilled
from shared.domain.stock_rules import ArticleRules, ChannelRules, PlaceRules, PoolRules
from shared.frozen import frozen
from shared.model.holds import HoldCard
from shared.model.product import Lifecycle, Variant
from shared.model.retailer import Channel
from shared.model.steps import Step
from shared.model.stock import StockPosition
from shared.model.stock_rules import Later, Policy, Status
from shared.model.target import LaterTerm, StockTerms, StockValue

_WORDS: Final = {status.value: status.value.replace("_", " ") for status in Status}


@frozen
class Known:
    """All that is known of one article's stock.

    `promised` are units per location that orders took, those of its kits included; `doubts` are
    reasons not to trust what is told of a location.
    """

    variant: Variant
    positions: Iterable[StockPosition]
    promised: Mapping[str, int] = MappingProxyType({})
    doubts: Mapping[str, tuple[Doubted, ...]] = MappingProxyType({})


@frozen
class Place:
    """What is free at one location, with and without what can be sold before it is there.

    `beyond` are units held here that are not here; `off` and `total_off` are those of other
    locations that come off here.
    """

    free: int
    total: int
    chain: tuple[Step, ...]
    later: Later | None = None
    later_step: Step | None = None
    doubt: Doubted | None = None
    beyond: int = 0
    off: Spill | None = None
    total_off: Spill | None = None

    @property
    def left(self) -> int:
        """What is free less what other locations lack; below 0 where it is lacking here."""
        return self.free - self.off.units if self.off else self.free


@frozen
class Pool:
    """What is free at each location, and when that changes by the clock alone.

    `shares` are the allocations worked out so far, which all channels of a location have in common.
    """

    places: dict[str, Place]
    shares: dict[tuple[str, int], list[int]]
    next_change: datetime | None = None


@frozen
class Available:
    levels: dict[str, int]
    chain: tuple[Step, ...]
    terms: StockTerms | None = None
    running_low: int = 0

    @property
    def value(self) -> StockValue:
        return StockValue(levels=self.levels)

    @property
    def low(self) -> bool:
        """So few, or none, that a change is more urgent than any other."""
        return sum(self.levels.values()) <= self.running_low


def held_at(holds: HoldCard | None) -> dict[str, int]:
    """Units ordered or reserved and not yet shipped, by location; of what is dealt, all of it."""
    found = dict(holds.dealt) if holds else {}
    for hold in holds.holds.values() if holds else ():
        found[hold.location] = found.get(hold.location, 0) + hold.quantity
    for page in holds.pages.values() if holds else ():
        for location, units in page.held.items():
            found[location] = found.get(location, 0) + units
    return found


def pooled(known: Known, rules: ArticleRules, *, now: datetime) -> Pool:
    """On hand less every status that is not sold, holds and safety stock, at each location.

    A location without a position has nothing. What is in transit is not on hand, and so neither
    sold nor taken off. Units held where they are not are taken off other locations.
    """
    positions = {position.location: position for position in known.positions}
    places = {
        name: _place(name, positions.get(name), known, rule, now)
        for name, rule in rules.pools.items()
    }
    return Pool(spread(places, rules), {}, _next_change(places, known, rules, now))


def spread(places: dict[str, Place], rules: ArticleRules) -> dict[str, Place]:
    """The places with what is held at one beyond what is there taken off the others.

    What a location may sell later serves those who wait there first, for a channel that sells it.
    """
    beyond = {name: place.beyond for name, place in places.items()}
    if not any(beyond.values()):
        return places
    pools = rules.places.values()
    off = spilled({name: place.free for name, place in places.items()}, beyond, pools)
    later = spilled(
        {name: place.total for name, place in places.items()},
        {name: max(0, place.beyond + place.free - place.total) for name, place in places.items()},
        pools,
    )
    return {
        name: replace(place, off=off.get(name), total_off=later.get(name))
        for name, place in places.items()
    }


def offered(pool: Pool, channel: Channel, rules: ArticleRules) -> Available:
    """What one channel shows of a pool."""
    limits = rules.channels[channel.name]
    chain: list[Step] = []
    levels = _levels(pool, channel, rules, later=limits.sells_later, chain=chain)
    doubts, laters = {}, {}
    for name in channel.locations:
        place = pool.places[name]
        if place.doubt is not None:
            doubts[name] = f"{place.doubt.reason} since {place.doubt.since.isoformat()}"
        if place.later is not None and limits.sells_later:
            laters[name] = place.later
    if not doubts and not laters:
        return Available(levels, tuple(chain), None, limits.running_low)
    there = _levels(pool, channel, rules, later=False, chain=None) if laters else {}
    later = {name: _term(rule, levels[name] - there[name]) for name, rule in laters.items()}
    terms = StockTerms(later=later, unknown=doubts)
    return Available(levels, tuple(chain), terms, limits.running_low)


def withheld(found: Available, reason: str) -> Available:
    """Nothing may be sold, whatever lies there; the chain says what there would have been."""
    levels = dict.fromkeys(found.levels, 0)
    terms = replace(found.terms or StockTerms(), unpriced=reason)
    return Available(levels, (*found.chain, Step("not on sale", f"{reason} = 0")), terms)


def _place(
    name: str, position: StockPosition | None, known: Known, rule: PoolRules, now: datetime
) -> Place:
    later = _sold_later(rule.later, now)
    if position is None and later is not None:
        position = StockPosition(location=name, unit=known.variant.base_unit, on_hand=Decimal(0))
    if position is None:
        free = -known.promised.get(name, 0)
        detail = f"on hand 0 - holds {-free} = {free}" if free else "no position = 0"
        return Place(free, free, (Step(f"stock at {name}", detail),), beyond=-free)
    if unsold := _unsold(known.variant, position):
        beyond = known.promised.get(name, 0)
        return Place(0, 0, (Step(f"stock at {name}", f"{unsold} = 0"),), beyond=beyond)
    free, beyond, step = _sum(position, known, rule)
    doubts = known.doubts.get(name)
    doubt = most_careful(doubts, now) if doubts else None
    free, chain = (free, (step,)) if doubt is None else _doubted(free, step, doubt, name, now)
    if later is None or (doubt is not None and doubt.policy.then is Policy.SUPPRESS):
        return Place(free, free, chain, doubt=doubt, beyond=beyond)
    total, more = _with_later(free, later, position)
    return Place(free, total, chain, later, more, doubt, beyond)


def _unsold(variant: Variant, position: StockPosition) -> str:
    """Why nothing of this position is sold; empty where it is."""
    if variant.lifecycle is Lifecycle.DISCONTINUED:
        return "discontinued"
    if position.unit != variant.base_unit:
        return f"position in {position.unit}, article in {variant.base_unit}"
    return ""


def _sum(position: StockPosition, known: Known, rule: PoolRules) -> tuple[int, int, Step]:
    """What is free, what is held beyond what is there, and how it came about.

    Statuses that are 0 are not written: what is taken off is. A count below nothing is none: what
    it lacks is the book's error, and nobody waits for it. A Decimal is written by `!s` in half the
    time it takes to read an empty format.
    """
    name, free = position.location, position.on_hand
    said = f"on hand {free!s}"
    if position.reserved:
        free -= position.reserved
        said += f" - reserved {position.reserved!s}"
    for status in rule.excluded:
        units: Decimal = getattr(position, status)
        if units:
            free -= units
            said += f" - {_WORDS[status]} {units!s}"
    left, beyond = floor(free), 0
    promised = known.promised.get(name, 0)
    if promised:
        said += f" - holds {promised}"
        beyond = max(0, promised - max(0, left))
        left -= promised
    safety = known.variant.safety_stock.get(name, rule.safety_stock)
    if safety:
        said += f" - safety stock {safety}"
        left -= safety
    return left, beyond, Step(f"stock at {name}", f"{said} = {left}")


def _doubted(
    free: int, step: Step, doubt: Doubted, name: str, now: datetime
) -> tuple[int, tuple[Step, ...]]:
    off = doubt.off(now)
    if off is None:
        return 0, (step, Step(f"unknown at {name}", f"{doubt.reason}: suppressed = 0"))
    said = f"{doubt.reason}: {free} - {off} = {free - off}"
    return free - off, (step, Step(f"unknown at {name}", said))


def _sold_later(later: Later | None, now: datetime) -> Later | None:
    if later is None or (later.available_from is not None and later.available_from <= now):
        return None
    return later


def _with_later(free: int, later: Later, position: StockPosition) -> tuple[int, Step]:
    """Beyond what is free: a backorder's units, or what a preorder's still lack of on hand."""
    more = later.units
    if later.kind != "backorder":
        more = max(0, more - max(0, floor(position.on_hand)))
    if later.in_transit:
        coming = max(0, floor(position.in_transit))
        more = min(more, coming)
    total = free + more
    return total, Step(f"{later.kind} at {position.location}", f"{free} + {more} = {total}")


def _next_change(
    places: Mapping[str, Place], known: Known, rules: ArticleRules, now: datetime
) -> datetime | None:
    """When more is taken off what is left of a doubted level, or what is sold later is there."""
    instants = [at for at in rules.arrivals if at > now]
    if known.doubts:
        instants += [
            at
            for name, doubts in known.doubts.items()
            if name in places and places[name].total > 0
            for doubt in doubts
            if (at := doubt.next_change(now)) is not None
        ]
    return min(instants, default=None)


def _levels(
    pool: Pool, channel: Channel, rules: ArticleRules, *, later: bool, chain: list[Step] | None
) -> dict[str, int]:
    """Units per location, `later` ones among them; how they came about goes to `chain`."""
    levels: dict[str, int] = {}
    mine = rules.places[channel.name]
    for name in channel.locations:
        place, division = pool.places[name], rules.pools[name].allocation
        units, off = (place.total, place.total_off) if later else (place.free, place.off)
        if chain is not None:
            chain += place.chain
            if later and place.later_step is not None:
                chain.append(place.later_step)
        units = max(units, 0)
        if off is not None:
            units = _given(name, units, off, chain)
        if division is not None:
            units = _part(name, units, channel, pool, division, chain)
        levels[name] = _left(name, units, mine[name], chain)
    _limited(levels, rules.channels[channel.name], chain)
    return levels


def _given(name: str, units: int, off: Spill, chain: list[Step] | None) -> int:
    """What is left of a location when others have had what they lack."""
    left = units - off.units
    if chain is not None:
        said = f"{units} - {off.units} held beyond what is at {off.origin} = {left}"
        chain.append(Step(f"short elsewhere at {name}", said))
    return left


def _part(
    name: str,
    units: int,
    channel: Channel,
    pool: Pool,
    by: Division,
    chain: list[Step] | None,
) -> int:
    """What the channel gets of a location that is divided."""
    shares = pool.shares.get((name, units))
    if shares is None:
        shares = pool.shares[name, units] = by.of(units)
    got = shares[by.channels.index(channel.name)] if channel.name in by.channels else 0
    if chain is not None:
        chain.append(Step(f"allocation {by.name} at {name}", f"{by.by} of {units} = {got}"))
    return got


def _left(name: str, units: int, rule: PlaceRules, chain: list[Step] | None) -> int:
    """What is left of a location when the channel leaves its buffer there."""
    if rule.suppressed:
        if chain is not None:
            chain.append(Step(f"suppressed at {name}", "suppressed = 0"))
        return 0
    if not rule.buffer and not rule.percent:
        return units
    part = -(-units * rule.percent // 100)
    left = max(0, units - rule.buffer - part)
    if chain is not None:
        percent = f" - {part} ({rule.percent} %)" if rule.percent else ""
        chain.append(Step(f"buffer at {name}", f"{units} - {rule.buffer}{percent} = {left}"))
    return left


def _limited(levels: dict[str, int], limits: ChannelRules, chain: list[Step] | None) -> None:
    """None below the threshold; above the cap, what the channel's first locations have."""
    total = sum(levels.values())
    if 0 < total < limits.threshold:
        levels |= dict.fromkeys(levels, 0)
        if chain is not None:
            chain.append(Step("threshold", f"{total} of {limits.threshold} needed = 0"))
    elif limits.cap is not None and total > limits.cap:
        room = limits.cap
        for name, units in levels.items():
            levels[name] = min(units, room)
            room -= levels[name]
        if chain is not None:
            shown = ", ".join([f"{name} {units}" for name, units in levels.items()])
            said = f"at most {limits.cap} of {total} ({shown}) = {limits.cap}"
            chain.append(Step("cap", said))


def _term(later: Later, units: int) -> LaterTerm:
    return LaterTerm(
        kind=later.kind,
        units=max(0, units),
        available_from=later.available_from,
        lead_days=later.lead_days,
    )
