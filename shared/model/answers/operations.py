"""What is answered to operations people: exceptions, comparisons, connections, money, approvals."""

from datetime import date
from decimal import Decimal
from typing import Literal, NotRequired, TypedDict

from shared.model.accuracy import Variance
from shared.model.answers.lookups import Shown
from shared.model.base import Instant
from shared.model.books import Bucket, Entry, EntryKind
from shared.model.feeds import Survey
from shared.model.ids import Facet, Name, Sku
from shared.model.issue import Closing, Issue
from shared.model.money import Currency, Money
from shared.model.parity import Cause
from shared.model.policies import Repair, Repairing
from shared.model.steps import Decision, Step


class ExceptionsFound(TypedDict):
    """A page of exceptions; `next` is `after` of the one that follows, if one does."""

    exceptions: tuple[Issue, ...]
    next: Instant | None


class Replayed(TypedDict):
    replayed: str


class Closed(TypedDict):
    """When an exception was closed and by whom; `closed` is there if a person did."""

    solved_at: Instant | None
    solved_by: str | None
    closed: NotRequired[Closing]


class Mapped(TypedDict):
    """`released` orders waited for this code."""

    mapped: str
    sku: Sku
    released: int


class FindingTold(TypedDict):
    """One difference: what is shown, what should be, and the evidence for its cause."""

    key: str
    cause: Cause
    repair: Repair | None
    desired: Shown
    shown: Shown
    evidence: str


class ParityOfChannel(TypedDict):
    """The last comparison of one facet; all but whether it ran is there once one has finished."""

    channel: Name
    facet: Facet
    policy: Repair
    shadow: bool
    running: bool
    started: NotRequired[Instant]
    finished: Instant | None
    compared: NotRequired[int]
    share_equal: NotRequired[str | None]
    equal: NotRequired[int]
    accepted: NotRequired[int]
    moving: NotRequired[int]
    withheld: NotRequired[int]
    held: NotRequired[int]
    differing: NotRequired[dict[Cause, int]]
    examples: NotRequired[tuple[FindingTold, ...]]


class VariationTold(TypedDict):
    """One position: units known, and what its source says; null where one of them has none."""

    sku: Sku
    location: str
    cause: Variance
    known: Decimal | None
    said: Decimal | None


class AccuracyOfSource(TypedDict):
    """The last comparison of the stock we know with what its source says."""

    source: Name
    facet: Literal["stock"]
    policy: Repairing
    running: bool
    started: NotRequired[Instant]
    finished: Instant | None
    compared: NotRequired[int]
    equal: NotRequired[int]
    differing: NotRequired[dict[Variance, int]]
    examples: NotRequired[tuple[VariationTold, ...]]


class ParityFound(TypedDict):
    parity: tuple[ParityOfChannel, ...]
    sources: tuple[AccuracyOfSource, ...]


class ContentTold(TypedDict):
    """Of a product what tells it from others."""

    title: str | None
    variants: tuple[str, ...]


class PendingTarget(TypedDict):
    channel: Name
    facet: Facet
    key: str
    shown: Shown | ContentTold
    desired: Shown | ContentTold
    why: tuple[Step, ...]
    derived_at: Instant
    looked_at: Instant


class PendingFound(TypedDict):
    """A page of what a shadow would be sent; `next` is `after` of the one that follows."""

    pending: tuple[PendingTarget, ...]
    next: Instant | None


class ConnectionTold(TypedDict):
    """How one connection fares: its circuit, its rate, and how many calls are under way."""

    connection: Name
    system: str
    circuit: Literal["closed", "open", "half-open"]
    failures: int
    since: Instant | None
    next_try: Instant | None
    last_failure: str | None
    pace: str
    calls_left: int
    slots: int
    calls_per_second: NotRequired[str]
    calls_under_way: NotRequired[int]


class ConnectionsFound(TypedDict):
    connections: tuple[ConnectionTold, ...]


class Sum(TypedDict):
    """`amount` counts minor units."""

    kind: EntryKind
    amount: int
    currency: Currency


class OrderOfDay(TypedDict):
    order_id: str
    entries: tuple[Entry, ...]


class DifferenceTold(TypedDict):
    """What differs in a bucket; `again` is the message that repairs it, if any does."""

    bucket: Bucket
    amount: Money
    reference: str
    repair: str
    again: dict[str, str] | None


class OrderDiffering(TypedDict):
    """Where an order differs and since when; of `told` an exception tells."""

    order_id: str
    differences: tuple[DifferenceTold, ...]
    since: Instant
    told: tuple[Bucket, ...]


class DayFound(TypedDict):
    """The ledger of a day: its sums and orders, and where they differ between shop and ERP."""

    day: date
    sums: tuple[Sum, ...]
    orders: tuple[OrderOfDay, ...]
    differences: tuple[OrderDiffering, ...]
    next: str | None


class WaitingPrice(TypedDict):
    """A price or level that waits; `proposal` names its value, and an approval says it."""

    channel: Name
    sku: Sku
    facet: Facet
    proposal: str
    proposed: Shown
    shown: Shown
    effective: Instant | None
    since: Instant
    reasons: tuple[Step, ...]
    at_risk: Money | None
    why: tuple[Step, ...]


class WaitingFile(TypedDict):
    file: str
    run: str
    dropped: Instant
    reasons: tuple[Step, ...]
    survey: Survey | None


class WaitingFound(TypedDict):
    """A page of what waits for approval; the first one without a filter has files too."""

    waiting: tuple[WaitingPrice, ...]
    next: str | None
    files: NotRequired[tuple[WaitingFile, ...]]


type RulingStatus = Decision | Literal["unknown", "changed", "withdrawn"]


class RuledPrice(TypedDict):
    channel: Name
    sku: Sku
    proposal: str
    status: RulingStatus


class RuledFile(TypedDict):
    file: str
    run: str
    status: RulingStatus


class Ruled(TypedDict):
    """How many were ruled on, by line if lines were named, else how many remain."""

    decision: Literal["approve", "reject"]
    ruled: int
    lines: NotRequired[tuple[RuledPrice | RuledFile, ...]]
    remaining: NotRequired[int]
