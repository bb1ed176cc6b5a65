"""What flows ask of the world: few, small Protocols, each with an AWS and an in-memory form.

Everybody imports this and most are asked for little of it, so models are named and not imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from shared.frozen import frozen

if TYPE_CHECKING:
    from shared.domain.credits import CreditWish, PostedCredit
    from shared.model.base import Json
    from shared.model.events import BusinessEvent
    from shared.model.facts import PriceCard, ProductCard, StockCard
    from shared.model.ids import Entity, Facet
    from shared.model.limits import Limits
    from shared.model.order import Order, Shipment
    from shared.model.target import Outcome, Push


class Table(StrEnum):
    FACTS = "facts"
    TARGETS = "targets"
    ORDERS = "orders"
    LINKS = "links"
    INBOX = "inbox"
    ISSUES = "issues"
    CONTROL = "control"

    __hash__ = str.__hash__


NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class Key(NamedTuple):
    table: Table
    pk: str
    sk: str = "-"


class Row(NamedTuple):
    """`rev` counts our writes of this row, from 1; a commit names the one it read."""

    key: Key
    rev: int
    body: Mapping[str, Json]
    raw: bytes | None = None
    units: int | None = None
    drawn: Mapping[str, int] = NOTHING


class Put(NamedTuple):
    """Write a row if its revision is still `expected`; 0 means it must not exist yet.

    `lane` and `due` put the row into its table's sparse index of things to do, ordered by `due`;
    leaving them out takes it out of the index. `state` is repeated beside the body for stream
    filters. `expires` lets the store forget the row some time after. `units` make it a counter,
    and `drawn` are the tokens that have drawn from it and are not settled.
    """

    key: Key
    body: Mapping[str, Json]
    expected: int
    lane: str | None = None
    due: datetime | None = None
    state: str | None = None
    expires: datetime | None = None
    raw: bytes | None = None
    units: int | None = None
    drawn: Mapping[str, int] = NOTHING


class Delete(NamedTuple):
    key: Key
    expected: int


type Write = Put | Delete


class Store(Protocol):
    """Versioned rows. Reads are strongly consistent except through a lane, and at a glance."""

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """Read any number of rows; absent ones are absent from the answer."""
        ...

    def glance(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The same at half the price, perhaps of a moment ago: only to write on their revision."""
        return self.get(keys)

    def query(
        self,
        table: Table,
        pk: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Row]:
        """Read a partition in order of its sort key, from behind `after`; not with a prefix."""
        ...

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        """What a lane holds, longest due first, due within both bounds; may lag behind the rows."""
        ...

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        """Apply each write by itself; say of each, in order, whether its revision still held."""
        ...

    def commit_together(self, writes: Sequence[Write]) -> bool:
        """Apply all of at most 100 writes, or none if any revision has moved on."""
        ...


class Message(NamedTuple):
    """Keys, never values: a reason to look."""

    queue: str
    body: Mapping[str, str]
    delay_s: int = 0


class Queues(Protocol):
    def send(self, messages: Sequence[Message]) -> None:
        """Enqueue all messages, or raise; a repeat is harmless."""
        ...


class Bus(Protocol):
    def publish(self, events: Sequence[BusinessEvent]) -> None: ...


class Blobs(Protocol):
    def put(self, name: str, content: bytes) -> None: ...
    def get(self, name: str) -> bytes: ...


class Journal(Blobs, Protocol):
    """What was recorded, piece by piece, under names in the order of their instants."""

    def names(self, prefix: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Names that begin so, in order, from behind `after`."""
        ...


@frozen
class Piece:
    """Some bytes of a file; `version` is another one once the file is replaced.

    `notes` is what whoever put the file said beside it.
    """

    content: bytes
    size: int
    version: str
    put_at: datetime
    notes: Mapping[str, str] = field(default_factory=dict)


class Files(Blobs, Protocol):
    """Files that others drop, too large to be held."""

    def read(self, name: str, *, start: int, length: int, version: str | None = None) -> Piece:
        """Up to `length` bytes; RejectedError if there is no such file, or not that version."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class Pacer(Protocol):
    """Rate limit of one vendor account, shared by every function that calls it."""

    def take(self, cost: int) -> None:
        """Spend `cost` points or raise ThrottledError saying when to come back."""
        ...

    def refund(self, points: int) -> None:
        """Give back points of a call that cost less than was taken for it."""
        ...

    def observe(self, *, available: int | None, rate: int | None, spent: int) -> None:
        """Feed back what the vendor said after a call, in its own points."""
        ...

    def of(self, operation: str, limits: Limits) -> Pacer:
        """The pacer of one operation that the vendor limits by itself, beside this account's."""
        ...


@frozen
class Page[T]:
    """One page of a poll. `next` continues it; `refused` are rows that could not be understood.

    A page in order of key that holds all there is behind `whole_after` up to `next` says so.
    """

    items: Sequence[T]
    next: str | None = None
    refused: Sequence[Refusal] = ()
    whole_after: str | None = None


@frozen
class Refusal:
    """One foreign row kept as an exception: which one, which field, what value, what to do."""

    subject: str
    field: str
    value: str
    message: str
    remedy: str


@frozen
class PostedOrder:
    """What the ERP stored; `items` maps our line ids to its item numbers, `units` to quantities.

    `withdrawn` means that nothing of it is to leave any more, `delivered` that goods of it are on
    their way out or have left.
    """

    erp_order: str
    total_minor: int | None
    currency: str
    items: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    withdrawn: bool = False
    delivered: bool = False


class FactReader(Protocol):
    """Something whose present truth can be asked for."""

    def read(
        self, entity: Entity, keys: Sequence[str]
    ) -> Page[ProductCard] | Page[PriceCard] | Page[StockCard]:
        """The present absolute truth of these products or SKUs.

        Of an article whose stock lies nowhere it says so, or is silent.
        """
        ...


class FactSource(FactReader, Protocol):
    """An owner of products, prices or stock that can be read."""

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[ProductCard] | Page[PriceCard] | Page[StockCard]:
        """One page of what changed since an instant; everything when `since` is None."""
        ...


class OrderSink(Protocol):
    """An ERP that takes orders."""

    def find_order(self, order: Order, reference: str) -> Sequence[PostedOrder]:
        """Every order the ERP holds under our reference; more than one is a duplicate."""
        ...

    def post_order(self, order: Order, reference: str) -> PostedOrder:
        """Create the order; raises InDoubtError when the answer was lost."""
        ...


class CreditSink(Protocol):
    """An ERP that keeps what was refunded."""

    def find_credit(self, wish: CreditWish) -> Sequence[PostedCredit]:
        """Every document the ERP holds under the wish's reference, the oldest first."""
        ...

    def post_credit(self, wish: CreditWish) -> PostedCredit:
        """Create the document; raises InDoubtError when the answer was lost."""
        ...


class ShipmentSource(Protocol):
    def shipments_since(self, since: datetime | None, *, page: str | None) -> Page[Shipment]: ...
    def read_shipment(self, shipment_id: str) -> Sequence[Shipment]:
        """A delivery's shipments, one per ERP order; empty while goods have not left."""
        ...


class OrderSource(Protocol):
    """A channel that sells."""

    def orders_since(self, since: datetime | None, *, page: str | None) -> Page[Order]: ...
    def read_order(self, external_id: str) -> Order | None: ...
    def ship(self, order: Order, shipment: Shipment) -> Outcome:
        """Tell the shop; looks up before it sends, so a repeat does not ship twice."""
        ...


class ChannelPublisher(Protocol):
    """A channel that shows articles."""

    def batches(self, facet: Facet, pushes: Sequence[Push]) -> Iterable[list[Push]]:
        """Group lines into the calls this vendor bills least for.

        One after another: ThrottledError before a batch means that it and what follows go later.
        """
        ...

    def push(self, facet: Facet, batch: Sequence[Push]) -> Sequence[Outcome]:
        """Send one batch; one outcome per line, whatever happens to the batch."""
        ...

    def shown(self, facet: Facet, pushes: Sequence[Push]) -> Mapping[str, Json]:
        """What the channel shows now, by key, in the shape of `desired`; absent if nothing."""
        ...

    def listed(self, pushes: Sequence[Push]) -> Mapping[str, Mapping[str, str]]:
        """The ids the channel has for these products and their articles, found without a write.

        By product and by SKU, as `Outcome.links`; what it does not list is absent.
        """
        ...

    def seen_at_once(self, facet: Facet) -> int:
        """How many lines one call shows: what was seen is kept before the next call is made."""
        ...


class LaterPublisher(ChannelPublisher, Protocol):
    """A channel that also takes many lines at once and decides about them later."""

    def reach(self, facet: Facet) -> int:
        """How many waiting lines are looked at, at the most, to choose those that go now."""
        ...

    def window(self, facet: Facet, groups: Sequence[str]) -> Sequence[int]:
        """Which of the waiting lines, given the group of each, it would be sent now."""
        ...

    def by_group(self, facet: Facet) -> bool:
        """Whether a call takes lines of one group alone, so that its lines had better be there."""
        ...

    def decided(self, facet: Facet, pushes: Sequence[Push]) -> Sequence[Outcome]:
        """What became of lines that hold a receipt: accepted while undecided, rejected, applied.

        Applied is what is proven to be shown; an older value of a line may have been overtaken by
        then. A line not mentioned is through, and what the channel shows of it can be read back.
        """
        ...

    def overtakes(self, facet: Facet) -> int:
        """How many lines at once may be sent a newer value while an older one is undecided."""
        ...


@frozen
class Reading:
    """A hint from outside, understood: look at this entity of this connection."""

    entity: Entity
    key: str


class Door(Protocol):
    """The pure half of a webhook: who may knock, which delivery it is, what it is about."""

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], /
    ) -> bool: ...
    def delivery_id(self, headers: Mapping[str, str], body: bytes, /) -> str: ...
    def readings(self, headers: Mapping[str, str], body: bytes, /) -> Sequence[Reading]: ...
