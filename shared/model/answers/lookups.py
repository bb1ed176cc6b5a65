"""What a channel shows: prices and availability for shop fronts, and why of one article."""

from typing import NotRequired, TypedDict

from shared.model.answers.refusals import MissingSku
from shared.model.base import Instant
from shared.model.holds import Hold
from shared.model.ids import Facet, Name, Sku
from shared.model.money import Money
from shared.model.price import PriceCondition
from shared.model.product import Variant
from shared.model.steps import Decision, Step
from shared.model.stock import StockPosition
from shared.model.target import (
    Attempt,
    Basis,
    LastGood,
    LaterTerm,
    PriceValue,
    StockTerms,
    StockValue,
    TargetState,
)

type Shown = PriceValue | StockValue | None
"""A value of a channel; that of an article's content is not answered."""


class HeldValue(TypedDict):
    """What the facts ask for instead: it waits for approval, since when and why."""

    price: NotRequired[Money]
    levels: NotRequired[dict[Name, int]]
    since: Instant
    reasons: tuple[Step, ...]


class _Looked(TypedDict):
    """`shown` says that the channel shows it by now; `chain` and `facts` are there if asked for."""

    channel: Name
    sku: Sku
    derived_at: Instant
    shown: bool
    held: NotRequired[HeldValue]
    chain: NotRequired[tuple[Step, ...]]
    facts: NotRequired[dict[str, Instant]]


class PriceFound(_Looked):
    """The price a shopper pays, the higher one struck through, and until when it is known."""

    price: Money
    compare_at: Money | None
    valid_until: Instant | None


class AvailabilityFound(_Looked):
    """Units that may be sold, in all and per location; `unknown` is why a level is in doubt."""

    available: int
    levels: dict[Name, int]
    later: dict[Name, LaterTerm]
    unknown: dict[Name, str]


class PricesFound(TypedDict):
    channel: Name
    prices: tuple[PriceFound, ...]
    missing: tuple[MissingSku, ...]


class AvailabilitiesFound(TypedDict):
    channel: Name
    availability: tuple[AvailabilityFound, ...]
    missing: tuple[MissingSku, ...]


class SkuFact(TypedDict):
    """What a source last said: its conditions, its positions, its article, or who holds units."""

    revision: int
    as_of: Instant | None
    conditions: NotRequired[tuple[PriceCondition, ...]]
    positions: NotRequired[tuple[StockPosition, ...]]
    variant: NotRequired[Variant | None]
    held: NotRequired[dict[Name, int]]
    holds: NotRequired[tuple[Hold, ...]]


class ProposalTold(TypedDict):
    """A value that waits for approval; `effective` is when it would be shown, null for at once."""

    name: str
    value: Shown
    effective: Instant | None
    since: Instant
    reasons: tuple[Step, ...]
    why: tuple[Step, ...]
    at_risk: Money | None


class RulingTold(TypedDict):
    name: str
    value: Shown
    decision: Decision
    by: str
    why: str
    at: Instant
    lapsed: bool
    told: bool


class GuardTold(TypedDict):
    """What a value is measured against, and what waits."""

    regular: Shown
    let: Shown
    until: Instant | None
    planned: tuple[str, ...]
    held: tuple[ProposalTold, ...]
    rulings: tuple[RulingTold, ...]
    last: NotRequired[LastGood]


class TargetTold(TypedDict):
    """What a channel should show and what it shows; of content these two are left out."""

    channel: Name
    facet: Facet
    key: str
    group: str
    desired: NotRequired[Shown]
    version: int
    published: NotRequired[Shown]
    published_version: int
    sent: tuple[Shown, ...]
    accepted_version: int
    state: TargetState
    priority: int
    since: Instant
    derived_at: Instant
    next_change: Instant | None
    terms: NotRequired[StockTerms]
    basis: NotRequired[Basis]
    why: tuple[Step, ...]
    facts: dict[str, Instant]
    attempts: tuple[Attempt, ...]
    guard: NotRequired[GuardTold]
    in_step: bool


class SkuOnChannel(TypedDict):
    """`links` are the channel's own ids of the article."""

    channel: Name
    links: dict[str, str]
    targets: dict[Facet, TargetTold]


class SkuStory(TypedDict):
    """Everything known of one article, by the name of who says it, and what follows from it."""

    sku: Sku
    product_id: str
    facts: dict[str, SkuFact]
    channels: tuple[SkuOnChannel, ...]
