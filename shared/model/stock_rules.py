"""How a retailer makes availability of stock: rules, allocations, and what becomes of doubt."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku

Units = Annotated[int, Field(ge=0, le=1_000_000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Status(StrEnum):
    """Parts of on hand that are not sold unless a rule says so. What is reserved never is."""

    QUALITY_INSPECTION = "quality_inspection"
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    BLOCKED = "blocked"


class LocationGroup(Canonical):
    """Some locations by one name, for rules and allocations."""

    name: Name
    locations: tuple[Name, ...] = Field(min_length=1)


class Scope(Canonical):
    """Which articles are meant, and where: all of what is left out."""

    product_groups: tuple[Label, ...] = ()
    brands: tuple[Label, ...] = ()
    skus: tuple[Sku, ...] = ()
    locations: tuple[Name, ...] = Field(default=(), description="locations or groups of them")

    @property
    def breadth(self) -> int:
        """How narrow the articles are: 0 all, 1 a product group, 2 a brand, 3 SKUs."""
        return 3 if self.skus else 2 if self.brands else 1 if self.product_groups else 0

    def covers(self, sku: str, product_group: str | None, brand: str | None) -> bool:
        return (
            (not self.skus or sku in self.skus)
            and (not self.brands or brand in self.brands)
            and (not self.product_groups or product_group in self.product_groups)
        )


class Later(Canonical):
    """Units that may be sold before they are there.

    On backorder, `units` are sold beyond what is free, until a rule no longer says so. On preorder,
    until `available_from`, on hand counts as at least `units`, so that what arrives early is not
    sold twice. `in_transit` sells no more than is on its way to the location.
    """

    kind: Literal["backorder", "preorder"]
    units: Units
    available_from: Instant | None = Field(default=None, description="when it can be delivered")
    lead_days: int | None = Field(default=None, ge=0, le=365, description="else, days to delivery")
    in_transit: bool = False

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.kind == "preorder" and self.available_from is None:
            raise ValueError("a preorder needs available_from, the instant from which it is sold")
        if self.available_from is not None and self.lead_days is not None:
            raise ValueError("names available_from and lead_days; leave one of them out")
        return self


POOL_SETTINGS = ("safety_stock", "also_sells", "later")
"""Of a location, for all channels alike, since they share what lies there."""

CHANNEL_SETTINGS = ("threshold", "cap", "running_low", "sells_later")
"""Of a channel, over all its locations."""

BOTH_SETTINGS = ("buffer", "buffer_percent", "suppress")


class StockRule(Scope):
    """Settings of some articles at some locations and channels; the narrowest that has one wins."""

    channels: tuple[Name, ...] = ()
    safety_stock: Units | None = Field(
        default=None, description="units kept back at a location, unless the ERP tells them"
    )
    also_sells: tuple[Status, ...] | None = None
    later: Later | None = None
    buffer: Units | None = Field(default=None, description="units a channel leaves at a location")
    buffer_percent: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None, description="the same, of what it could sell there, rounded up"
    )
    suppress: bool | None = None
    threshold: Units | None = Field(
        default=None, description="a channel shows none if it has fewer than this"
    )
    cap: Units | None = Field(default=None, description="a channel shows no more than this")
    running_low: Units | None = Field(
        default=None, description="at so few or fewer, a change is published before all others"
    )
    sells_later: bool | None = Field(
        default=None, description="whether a channel sells what is not there yet"
    )

    @model_validator(mode="after")
    def _settings(self) -> Self:
        said = [name for name in SETTINGS if getattr(self, name) is not None]
        if not said:
            raise ValueError(f"sets nothing; set one of {', '.join(SETTINGS)}")
        for names, field, whose in (
            (POOL_SETTINGS, "channels", "holds for a location and so for all its channels"),
            (CHANNEL_SETTINGS, "locations", "holds for a channel over all its locations"),
        ):
            wrong = [name for name in said if name in names]
            if wrong and getattr(self, field):
                raise ValueError(f"{wrong[0]} {whose}; leave {field} out, or make it another rule")
        return self


SETTINGS = (*POOL_SETTINGS, *BOTH_SETTINGS, *CHANNEL_SETTINGS)


class Part(Canonical):
    """What one channel gets of a location."""

    channel: Name
    weight: Annotated[int, Field(ge=0, le=1000)] | None = None
    units: Units | None = None


class Allocation(Scope):
    """How channels divide what is free at each location; who is not named gets nothing there.

    `share` deals by weights. `fixed` gives each its `units`, in proportion when they do not
    suffice, and what is left to those with a weight. `priority` serves them in the order named,
    each up to its `units`, or with all there is.
    """

    name: Name
    by: Literal["share", "fixed", "priority"]
    parts: tuple[Part, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        channels = [part.channel for part in self.parts]
        if len(set(channels)) != len(channels):
            raise ValueError(f"allocation {self.name}: a channel has two parts")
        for part in self.parts:
            lacks = "weight" if self.by == "share" and part.weight is None else None
            lacks = "units" if self.by == "fixed" and part.units is None else lacks
            if lacks:
                raise ValueError(f"allocation {self.name}: {part.channel} needs {lacks}")
        return self


class Policy(StrEnum):
    """What is shown of a level nobody can be sure of, from the boldest to the most careful."""

    KEEP = "keep"
    FLOOR = "floor"
    SUPPRESS = "suppress"


class Unknown(Canonical):
    """Keep the last good level, keep it less a buffer that grows, or show none.

    A floor takes off `units` at once, and as many again every `every_minutes`.
    """

    then: Policy = Policy.FLOOR
    units: Annotated[int, Field(ge=1, le=100_000)] = 1
    every_minutes: int = Field(default=15, ge=1, le=1440)

    @property
    def every(self) -> timedelta:
        return timedelta(minutes=self.every_minutes)


class Guard(Canonical):
    """What becomes of a telling that is likely to be wrong.

    `accept` believes it; the others leave what was known and treat it as unknown.
    """

    then: Literal["accept", "keep", "floor", "suppress"]
    units: Annotated[int, Field(ge=1, le=100_000)] = 1
    every_minutes: int = Field(default=15, ge=1, le=1440)

    @property
    def believes(self) -> bool:
        return self.then == "accept"

    @property
    def unknown(self) -> Unknown | None:
        """How what is left is shown; None where the telling is believed."""
        if self.then == "accept":
            return None
        policy = Policy(self.then)
        return Unknown(then=policy, units=self.units, every_minutes=self.every_minutes)


class Absurd(Guard):
    then: Literal["accept", "keep", "floor", "suppress"] = "floor"
    above: int = Field(default=1_000_000, ge=1, description="more units than can lie in one place")


class Zeroed(Canonical):
    """When many articles run out at once, they are held and a person is asked.

    It takes `percent` of the articles a channel had on sale, and at least `least` of them, within
    `within_minutes`. Unanswered for `hold_minutes`, what is held is let through: none is shown.
    """

    percent: int = Field(default=20, ge=1, le=100)
    least: int = Field(default=50, ge=1)
    within_minutes: int = Field(default=15, ge=1, le=1440)
    hold_minutes: int = Field(default=60, ge=0, le=1440, description="0 holds nothing")


class Stale(Unknown):
    """What becomes of a source's levels when nothing was heard of it for `after_minutes`."""

    then: Policy = Policy.KEEP
    after_minutes: int | None = Field(default=None, ge=5, description="never, if left out")

    @property
    def after(self) -> timedelta | None:
        return None if self.after_minutes is None else timedelta(minutes=self.after_minutes)


class StockGuards(Canonical):
    """The cases in which a source's word is not simply taken."""

    null: Guard = Guard.model_construct(then="floor")
    missing: Guard = Guard.model_construct(then="accept")
    negative: Guard = Guard.model_construct(then="accept")
    absurd: Absurd = Absurd.model_construct()
    zeroed: Zeroed = Zeroed.model_construct()
    stale: Stale = Stale.model_construct()
