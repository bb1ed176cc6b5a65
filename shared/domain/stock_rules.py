"""Which of a retailer's stock rules holds for an article, a location and a channel."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime

from shared.domain.allocation import Division, division
from shared.frozen import frozen, slotted
from shared.model.retailer import Channel, Retailer
from shared.model.stock_rules import Allocation, Later, Scope, Status, StockRule

type Narrowness = tuple[int, int, int]


@frozen
class PoolRules:
    """What holds at a location for all channels; `excluded` are quantities that are not sold."""

    safety_stock: int
    excluded: tuple[str, ...]
    later: Later | None
    allocation: Division | None


@frozen
class PlaceRules:
    """What a channel leaves at one of its locations."""

    buffer: int
    percent: int
    suppressed: bool


@frozen
class ChannelRules:
    """What holds for a channel over all its locations."""

    threshold: int
    cap: int | None
    running_low: int
    sells_later: bool


@frozen
class ArticleRules:
    """Every setting of an article: of its locations, its channels, and the two together.

    `arrivals` are when what is sold before it is there will be, at any location.
    """

    pools: dict[str, PoolRules]
    places: dict[str, dict[str, PlaceRules]]
    channels: dict[str, ChannelRules]
    arrivals: tuple[datetime, ...]


@slotted
class StockRules:
    """The rules of a retailer's file, looked up once for all articles they treat alike."""

    retailer: Retailer
    _known: dict[tuple[str | None, str | None, str | None], ArticleRules] = field(
        default_factory=dict
    )
    near: dict[str, frozenset[str]] = field(init=False)
    _named: frozenset[str] = field(init=False)
    _groups: dict[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.near = depends_on(self.retailer)
        scopes: tuple[Scope, ...] = (*self.retailer.stock_rules, *self.retailer.allocations)
        self._named = frozenset(sku for scope in scopes for sku in scope.skus)
        self._groups = {g.name: frozenset(g.locations) for g in self.retailer.location_groups}

    def of(self, sku: str, product_group: str | None, brand: str | None) -> ArticleRules:
        key = (product_group, brand, sku if sku in self._named else None)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._resolved(sku, product_group, brand)
        return found

    def _resolved(self, sku: str, product_group: str | None, brand: str | None) -> ArticleRules:
        rules = [r for r in self.retailer.stock_rules if r.covers(sku, product_group, brand)]
        shares = [a for a in self.retailer.allocations if a.covers(sku, product_group, brand)]
        channels = self.retailer.channels
        places = dict.fromkeys(place for channel in channels for place in channel.locations)
        pools = {place: self._pool(place, rules, shares) for place in places}
        laters = [pool.later for pool in pools.values() if pool.later]
        return ArticleRules(
            pools=pools,
            places={
                c.name: {place: self._place(place, c, rules) for place in c.locations}
                for c in channels
            },
            channels={c.name: _of_channel(c, rules) for c in channels},
            arrivals=tuple(one.available_from for one in laters if one.available_from),
        )

    def _pool(
        self, place: str, rules: Sequence[StockRule], shares: Sequence[Allocation]
    ) -> PoolRules:
        here = [(self._narrow(rule, place), rule) for rule in rules if self._at(rule, place)]
        sold = _first(((n, r.also_sells) for n, r in here), default=())
        near = [(self._narrow(share, place), share) for share in shares if self._at(share, place)]
        share = _first(near, default=None)
        sellers = [c.name for c in self.retailer.channels if place in c.locations]
        return PoolRules(
            safety_stock=_first(((n, r.safety_stock) for n, r in here), default=0),
            excluded=tuple(status.value for status in Status if status not in sold),
            later=_first(((n, r.later) for n, r in here), default=None),
            allocation=division(share, sellers) if share else None,
        )

    def _place(self, place: str, channel: Channel, rules: Sequence[StockRule]) -> PlaceRules:
        here = [
            (self._narrow(rule, place), rule)
            for rule in rules
            if self._at(rule, place) and (not rule.channels or channel.name in rule.channels)
        ]
        return PlaceRules(
            buffer=_first(((n, r.buffer) for n, r in here), default=channel.safety_stock),
            percent=_first(((n, r.buffer_percent) for n, r in here), default=0),
            suppressed=_first(((n, r.suppress) for n, r in here), default=False),
        )

    def _at(self, scope: Scope, place: str) -> bool:
        return not scope.locations or any(
            name == place or place in self._groups.get(name, ()) for name in scope.locations
        )

    def _narrow(self, scope: Scope, place: str) -> Narrowness:
        where = 2 if place in scope.locations else 1 if scope.locations else 0
        return scope.breadth, where, int(bool(getattr(scope, "channels", ())))


def _of_channel(channel: Channel, rules: Sequence[StockRule]) -> ChannelRules:
    mine = [
        ((rule.breadth, 0, int(bool(rule.channels))), rule)
        for rule in rules
        if not rule.channels or channel.name in rule.channels
    ]
    return ChannelRules(
        threshold=_first(((n, r.threshold) for n, r in mine), default=0),
        cap=_first(((n, r.cap) for n, r in mine), default=None),
        running_low=_first(((n, r.running_low) for n, r in mine), default=0),
        sells_later=_first(((n, r.sells_later) for n, r in mine), default=True),
    )


def _first[T, D](found: Iterable[tuple[Narrowness, T | None]], *, default: D) -> T | D:
    """What the narrowest says; of equally narrow ones, the one further down the file."""
    best: tuple[Narrowness, T] | None = None
    for narrowness, value in found:
        if value is not None and (best is None or narrowness >= best[0]):
            best = (narrowness, value)
    return best[1] if best else default


def depends_on(retailer: Retailer) -> dict[str, frozenset[str]]:
    """The locations that a channel's levels depend on: its own, and those they give to.

    What one of a channel's locations lacks comes off its others, which other channels share.
    """
    pools = {channel.name: frozenset(channel.locations) for channel in retailer.channels}
    return {
        name: frozenset().union(*(other for other in pools.values() if not other.isdisjoint(pool)))
        for name, pool in pools.items()
    }
