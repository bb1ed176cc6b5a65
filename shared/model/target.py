"""Targets: what a channel should show, what it shows as far as we know, and why."""

import operator
from dataclasses import field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.model.base import Canonical, Instant, Json, part
from shared.model.ids import Facet, Name
from shared.model.money import Money
from shared.model.steps import Decision, Step


class ScaledPrice(Canonical):
    """What each unit costs whoever buys at least so many base units."""

    quantity: int = Field(gt=1)
    price: Money


class SegmentPrice(Canonical):
    """What buyers of one segment pay instead of the general price."""

    price: Money
    compare_at: Money | None = None
    scales: tuple[ScaledPrice, ...] = Field(default=(), exclude_if=operator.not_)


class NextPrice(Canonical):
    """What a shopper pays from `at` on, by the channel's own clock."""

    at: Instant
    price: Money
    compare_at: Money | None = None


class PriceValue(Canonical):
    """What a shopper pays, and the higher price shown struck through.

    `scales` and `segments` are there where the channel asks for them; a segment that is not named
    pays the general price. `ahead` is what the channel is told of the time to come, in order of it.
    Empty, they are not written: a value without them is as it always was.
    """

    price: Money
    compare_at: Money | None = None
    ahead: tuple[NextPrice, ...] = Field(default=(), max_length=2, exclude_if=operator.not_)
    scales: tuple[ScaledPrice, ...] = Field(default=(), exclude_if=operator.not_)
    segments: dict[Name, SegmentPrice] = Field(default_factory=dict, exclude_if=operator.not_)


class StockValue(Canonical):
    """Units that may be sold, per location of the channel."""

    levels: dict[Name, int]


@part
class LaterTerm:
    """Units of a level that are not there yet, and when they can be delivered."""

    kind: Literal["backorder", "preorder"]
    units: Annotated[int, Field(ge=0)]
    available_from: Instant | None = None
    lead_days: int | None = None


@part
class StockTerms:
    """What a level says nothing of, per location: units sold later, and why it is in doubt.

    `unpriced` is why the article is not sold, whatever lies there; empty where it has a price.
    """

    later: dict[Name, LaterTerm] = field(default_factory=dict)
    unknown: dict[Name, str] = field(default_factory=dict)
    unpriced: Annotated[str, Field(exclude_if=operator.not_)] = ""


class Basis(Canonical):
    """What a level followed from beside what lies where, as it was when the level was derived.

    Of the article, and the units promised at each location that the channel's levels depend on. It
    holds under one retailer's `file`.
    """

    file: str
    unit: str
    product_group: str | None = Field(default=None, exclude_if=operator.not_)
    brand: str | None = Field(default=None, exclude_if=operator.not_)
    safety_stock: dict[Name, int] = Field(default_factory=dict, exclude_if=operator.not_)
    promised: dict[Name, int] = Field(default_factory=dict, exclude_if=operator.not_)


class Proposal(Canonical):
    """A price beyond the guardrails: it waits, and what was shown before stays.

    `name` follows from the value alone; an approval names it. `effective` is when the price would
    be shown, None for at once. `at_risk` is what the units on offer would bring less.
    """

    name: str
    value: Json
    effective: Instant | None = None
    since: Instant
    reasons: tuple[Step, ...]
    why: tuple[Step, ...] = ()
    at_risk: Money | None = None


class Ruling(Canonical):
    """What was said of the value of this name, by whom and why.

    It lapses once the facts no longer ask for that value; `told` once it was told on the bus.
    """

    name: str
    value: Json
    decision: Decision
    by: str
    why: str
    at: Instant
    lapsed: bool = False
    told: bool = False


class LastGood(Canonical):
    """Levels before a source said that nothing is left, and what was free by its word, by location.

    The latter falls with every order since, and so says how many they took.
    """

    levels: dict[Name, int]
    free: dict[Name, int]


class Guard(Canonical):
    """What a price is measured against, and what waits; of stock, the `last` good level.

    `regular` is the last regular price that was shown or approved, `let` the last that was let
    through, `until` the end of the promotion that was. `planned` names values yet to come that
    were let through. `held` are in the order in which they would be shown.
    """

    regular: Json = None
    let: Json = None
    until: Instant | None = None
    planned: tuple[str, ...] = ()
    held: tuple[Proposal, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    last: LastGood | None = Field(default=None, exclude_if=operator.not_)

    def ruling(self, name: str) -> Ruling | None:
        """What was last said of a value that is still asked for."""
        return next((r for r in reversed(self.rulings) if r.name == name and not r.lapsed), None)

    def keeps_back(self, name: str) -> bool:
        """Whether the value of this name waits, or was rejected."""
        said = self.ruling(name)
        rejected = said is not None and said.decision is Decision.REJECTED
        return rejected or any(proposal.name == name for proposal in self.held)


class Verdict(StrEnum):
    """What became of one line sent to a channel."""

    APPLIED = "applied"
    ACCEPTED = "accepted"  # asynchronous: not done until confirmed
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # read back before trying again
    STALE = "stale"  # compare-and-set lost: read back, then decide again
    RETRY = "retry"  # nothing happened; the same line may go again


NOT_SENT = "not_sent"
"""Code of a RETRY that is no try: the line waits for the channel's rate, and goes when it can."""


class TargetState(StrEnum):
    DIRTY = "dirty"
    IN_DOUBT = "in_doubt"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHHELD = "withheld"  # the channel is in shadow and shows something else
    HELD = "held"  # nothing may be shown yet: its first price waits for approval


class Attempt(Canonical):
    """One call to the channel, as it concerned this target.

    `receipt` is by what the channel can be asked what became of it, `look_at` when that is known.
    `overtook` says that what the receipt is of was sent before, and may still land after.
    """

    at: Instant
    version: int
    verdict: Verdict
    detail: str = ""
    receipt: str = ""
    look_at: Instant | None = None
    overtook: bool = Field(default=False, exclude_if=operator.not_)


class Target(Canonical):
    """One (channel, facet, key): `key` is a SKU, or a product id for content.

    `version` counts changes of `desired` and read-backs that found another value, so that each
    names one operation; `published_version` is the last the channel confirmed. `sent` are the last
    values it was sent, the newest first; content is not kept twice. `terms` are for lookups and are
    not sent: `desired` is what a channel can be asked to show. `accepted_version` is the one
    for which a value of the channel's own, then `published`, was accepted. Of a price that is held
    `desired` is the last good one; None is the first price of an article, held. From the `basis`
    of a level and from what lies where it can be derived anew; without one, more has to be read.
    """

    channel: Name
    facet: Facet
    key: str
    group: str
    desired: Json
    version: int = Field(ge=1)
    published: Json = None
    published_version: int = 0
    sent: tuple[Json, ...] = ()
    accepted_version: int = 0
    state: TargetState = TargetState.DIRTY
    priority: int = Field(default=5, ge=0, le=9)
    since: Instant
    derived_at: Instant
    next_change: Instant | None = None
    terms: StockTerms | None = Field(default=None, exclude_if=operator.not_)
    basis: Basis | None = Field(default=None, exclude_if=operator.not_)
    why: tuple[Step, ...] = ()
    facts: dict[str, Instant] = Field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    guard: Guard | None = Field(default=None, exclude_if=operator.not_)

    @property
    def waiting(self) -> Proposal | None:
        """The price that would be shown by now, were it not held."""
        held = self.guard.held if self.guard else ()
        return next((proposal for proposal in held if proposal.effective is None), None)

    @property
    def dirty(self) -> bool:
        return self.state in {TargetState.DIRTY, TargetState.IN_DOUBT}

    @property
    def receipt(self) -> str:
        """What the channel was last sent and has not decided about; empty if there is nothing."""
        return self.attempts[-1].receipt if self.attempts else ""


class Push(Canonical):
    """One line for a connector to send. `links` are the channel's own ids of what `key` names."""

    key: str
    group: str
    desired: Json
    version: int
    published: Json = None
    operation: str
    links: dict[str, str] = Field(default_factory=dict)
    receipt: str = ""


class Outcome(Canonical):
    """What the channel said of one line; `links` are ids it gave us to remember.

    A channel that accepts now and decides later may give a `receipt` to ask it by, and say when
    it pays to ask (`look_at`). With a refusal, `shown` are the levels of the places it took, and
    `remedy` what a person does about the others.
    """

    key: str
    verdict: Verdict
    code: str = ""
    message: str = ""
    shown: Json = None
    links: dict[str, dict[str, str]] = Field(default_factory=dict)
    receipt: str = ""
    look_at: Instant | None = None
    remedy: str = ""
