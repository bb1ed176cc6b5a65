"""What a stock card lacks, told once it has lacked it for a while: numbers, halves of transfers."""

from collections.abc import Iterable, Iterator
from copy import replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.ledger import gaps
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.facts import StockCard
from shared.model.issue import IssueKind
from shared.model.movement import Transfer
from shared.ports import Clock, Put, Row, Store, Table

PATIENCE: Final = timedelta(minutes=10)  # what is only late has come by then
REPEATED: Final = timedelta(hours=6)
SUBJECTS: Final = (IssueKind.MOVEMENT_GAP, IssueKind.TRANSFER_DIFFERS)


def due(card: StockCard) -> datetime | None:
    """When somebody is to be told that something is missing; None if nothing is."""
    if card.book is None or card.book.waiting is None:
        return None
    return card.book.told + REPEATED if card.book.told else card.book.waiting + PATIENCE


def solved(old: StockCard, new: StockCard) -> Iterator[tuple[IssueKind, str]]:
    """What was told of the card and is over now."""
    if old.book is None or old.book.told is None:
        return
    if gaps(old) and not gaps(new):
        yield IssueKind.MOVEMENT_GAP, _subject(new)
    if _uneven(old) and not _uneven(new):
        yield IssueKind.TRANSFER_DIFFERS, _subject(new)


@frozen
class Missing:
    store: Store
    issues: Issues
    clock: Clock

    def tell(self) -> int:
        """Tell of every card whose time has come, and again after some hours; how many."""
        now = self.clock.now()
        rows = self.store.due(Table.FACTS, keys.MISSING_LANE, until=now)
        puts: list[Put] = []
        for row in rows:
            card = StockCard.model_validate(row.body)
            self.issues.report(_problems(card))
            puts += _told(card, row, now)
        self.store.commit(puts)
        return len(rows)


def _told(card: StockCard, row: Row, now: datetime) -> Iterator[Put]:
    if card.book is not None:
        book = replace(card.book, told=now)
        body = card.model_copy(update={"book": book}).model_dump(mode="json")
        yield Put(row.key, body, row.rev, lane=keys.MISSING_LANE, due=now + REPEATED)


def _problems(card: StockCard) -> Iterable[Problem]:
    missing = gaps(card)
    if missing:
        said = ", ".join(f"{place}: {_numbers(a, b)}" for place, a, b in missing)
        parked = len(card.book.parked) if card.book else 0
        yield Problem(
            kind=IssueKind.MOVEMENT_GAP,
            subject=_subject(card),
            connection=card.source,
            summary=f"{card.sku}: {card.source} has not told of movements at {said}; {parked} that "
            "came after them wait",
            remedy=f"have {card.source} send them again, or a count of {card.sku} there with the "
            "number of the last movement it holds",
            field="sequence",
            value=said[:200],
        )
    uneven = _uneven(card)
    if uneven:
        said = "; ".join(_uneven_line(document, t) for document, t in uneven)
        yield Problem(
            kind=IssueKind.TRANSFER_DIFFERS,
            subject=_subject(card),
            connection=card.source,
            summary=f"{card.sku}: {said}",
            remedy="receive the rest under the same document, or write it off with a scrap from "
            "in_transit",
            field="document",
            value=", ".join(document for document, _ in uneven)[:200],
        )


def _uneven(card: StockCard) -> list[tuple[str, Transfer]]:
    """Transfers of which something else arrived than was sent, or of which no sending is known."""
    listed = card.book.transfers if card.book else {}
    return [(key.split("#")[0], t) for key, t in listed.items() if t.open and t.received]


def _uneven_line(document: str, transfer: Transfer) -> str:
    return (
        f"of transfer {document} to {transfer.location}, {transfer.sent} were sent and "
        f"{transfer.received} received"
    )


def _numbers(first: int, last: int) -> str:
    return f"number {first}" if first >= last else f"numbers {first} to {last}"


def _subject(card: StockCard) -> str:
    return f"{card.source}/{card.sku}"
