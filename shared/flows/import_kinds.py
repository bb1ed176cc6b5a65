"""What a dropped file may hold, by the folder it lies in: how its rows are read, and kept.

What tells of orders, and of what was paid and shipped of them, is imported with the first file.
"""
# ruff: noqa: PLC0415 - as said above

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final, Protocol

from shared.domain.movement_rows import EntryReader
from shared.domain.price_cards import changes, overfull
from shared.domain.price_rows import RowReader
from shared.errors import RejectedError
from shared.flows.apply import Applied, apply
from shared.flows.capture import Capture
from shared.flows.import_run import Dropped
from shared.flows.issues import Issues
from shared.flows.ledger import Ledger, counted
from shared.flows.returns_moved import ReturnsMoved
from shared.frozen import frozen, slotted
from shared.model import movement_columns, price_columns
from shared.model.ids import Entity
from shared.model.movement import Entry
from shared.model.price import PriceCondition
from shared.model.retailer import Retailer
from shared.ports import Store

PRICE, STOCK, MOVEMENT, ORDER = "price", "stock", "movement", "order"
PAYOUT, SHIPMENT = "payout", "shipment"

type Row = Mapping[str, object]
type Refused = tuple[int, RejectedError]


class Rows(Protocol):
    """The rows of one kind of file. What was read is kept by the line it stood in."""

    def read(self, row: Row, line: int) -> None:
        """Understand a row and hold it; RejectedError names its field."""
        ...

    @property
    def open(self) -> int | None:
        """The line of the first row of something that may go on in the next one."""
        ...

    def keep(self, *, whole: bool) -> tuple[Applied, Sequence[Refused]]:
        """Keep all that is held: what came of it, and lines that cannot be kept.

        What is open waits, unless this is the `whole` file.
        """
        ...

    def end(self) -> None:
        """Nothing that is open goes on: what follows cannot be read."""
        ...

    def forget(self) -> None:
        """Let go of what is open: its rows are read again."""
        ...


KINDS: Final[Mapping[str, Entity]] = {
    PRICE: Entity.PRICE,
    STOCK: Entity.STOCK,
    MOVEMENT: Entity.STOCK,
    ORDER: Entity.ORDER,
    PAYOUT: Entity.ORDER,
    SHIPMENT: Entity.SHIPMENT,
}
"""What the owner of each has to own."""


@frozen
class Line:
    """The columns of a first line, each with what to write there, and those it has to have."""

    columns: Mapping[str, str]
    required: Mapping[str, str]


_LINES: Final[Mapping[str, Line]] = {
    PRICE: Line(price_columns.COLUMNS, price_columns.REQUIRED),
    STOCK: Line(movement_columns.LEVEL_COLUMNS, movement_columns.LEVEL_REQUIRED),
    MOVEMENT: Line(movement_columns.MOVEMENT_COLUMNS, movement_columns.MOVEMENT_REQUIRED),
}


def line_of(kind: str) -> Line:
    if kind in _LINES:
        return _LINES[kind]
    from shared.flows import import_of_orders

    return import_of_orders.LINES[kind]


def owners(kind: str, retailer: Retailer) -> tuple[str, ...]:
    """Whose files of this kind are taken in."""
    match KINDS[kind]:
        case Entity.ORDER:
            return tuple(dict.fromkeys(channel.connection for channel in retailer.channels))
        case Entity.PRICE:
            return retailer.price_sources
        case Entity.SHIPMENT:
            return tuple(source.name for source in retailer.sources)
        case _:
            return retailer.stock_sources


def rows_of(
    dropped: Dropped,
    *,
    as_of: datetime,
    comma: bool,
    store: Store,
    issues: Issues,
    retailer: Retailer,
    ledger: Ledger,
    capture: Capture | None,
) -> Rows:
    if dropped.entity == PRICE:
        reader = RowReader(retailer, dropped.connection, comma=comma)
        return _Prices(reader, dropped.connection, as_of, store, issues, retailer)
    if capture is not None and dropped.entity not in _LINES:
        from shared.flows import import_of_orders

        return import_of_orders.rows_of(
            dropped, comma=comma, store=store, issues=issues, retailer=retailer, capture=capture
        )
    entries = EntryReader(retailer, dropped.connection, comma=comma)
    moved = None
    if capture is not None:
        moved = ReturnsMoved(store, capture.bus, issues, capture.cases, capture.clock, retailer)
    return _Entries(entries, dropped, as_of, ledger, moved)


@slotted
class _Prices:
    reader: RowReader
    source: str
    as_of: datetime
    store: Store
    issues: Issues
    retailer: Retailer
    open: None = None
    held: list[tuple[int, PriceCondition]] = field(default_factory=list)

    def read(self, row: Row, line: int) -> None:
        self.held.append((line, self.reader.condition(row)))

    def end(self) -> None:
        """Every row stands for itself: none is open."""

    forget = end

    def keep(self, *, whole: bool) -> tuple[Applied, Sequence[Refused]]:
        del whole
        held, self.held = self.held, []
        told = changes((c for _, c in held), source=self.source, as_of=self.as_of)
        applied = apply(
            told, entity=Entity.PRICE, store=self.store, issues=self.issues, retailer=self.retailer
        )
        return applied, [(line, overfull(c)) for line, c in held if c.sku in applied.overfull]


@slotted
class _Entries:
    """Movements or counts; a count is as of its row, or as of when the file was dropped."""

    reader: EntryReader
    dropped: Dropped
    as_of: datetime
    ledger: Ledger
    moved: ReturnsMoved | None
    open: None = None
    held: list[tuple[int, Entry]] = field(default_factory=list)

    def read(self, row: Row, line: int) -> None:
        if self.dropped.entity == STOCK:
            self.held.append((line, self.reader.level(row, as_of=self.as_of)))
        else:
            self.held.append((line, self.reader.movement(row)))

    def end(self) -> None:
        """Every row stands for itself: none is open."""

    forget = end

    def keep(self, *, whole: bool) -> tuple[Applied, Sequence[Refused]]:
        del whole
        held, self.held = self.held, []
        entries, source = [entry for _, entry in held], self.dropped.connection
        taken = self.ledger.take(entries, source=source)
        if self.moved is not None:
            self.moved.take(counted(entries, taken), source=source)
        lines = (line for line, _ in held)
        return Applied(taken.changed, taken.unchanged), list(_refused(lines, taken.results))


def _refused(lines: Iterable[int], results: Iterable[object]) -> Iterable[Refused]:
    for line, result in zip(lines, results, strict=True):
        if isinstance(result, RejectedError):
            yield line, result
