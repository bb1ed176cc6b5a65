"""What the ledger recorded, as EPCIS events, a page at a time and in the order it was recorded.

The journal may hold a line twice after a crash; both have one `eventID`, by which they are one.
"""

import json
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from shared.errors import RejectedError
from shared.flows import keys, recorded
from shared.frozen import frozen
from shared.kit.epcis.export import Event, document, event_of
from shared.model.ids import Entity
from shared.model.item import ItemCard
from shared.model.movement import Entry, Level, Movement
from shared.model.product import Variant
from shared.model.retailer import Retailer
from shared.ports import Clock, Journal, Store

PER_PAGE: Final = 100
PIECES_MAX: Final = 20  # read of one answer: a piece holds what one call brought


@frozen
class EpcisEvents:
    store: Store
    journal: Journal
    clock: Clock
    retailer: Retailer

    def page(
        self,
        source: str,
        *,
        since: datetime | None = None,
        token: str | None = None,
        per_page: int = PER_PAGE,
    ) -> tuple[Event, str | None]:
        """A query document, and the token of the next page; None at the end of what there is."""
        begin = recorded.begin(source)
        after = recorded.before(source, since) if since else begin
        skip = 0
        if token is not None:
            after, skip = _read(token, begin)
        lines, following = self._lines(begin, after, skip, per_page)
        found = [(entry, at) for entry, at in map(_entry, lines) if _seen(entry)]
        articles = self._articles({entry.sku for entry, _ in found})
        events = [
            event_of(entry, recorded=at, article=articles.get(entry.sku), retailer=self.retailer)
            for entry, at in found
        ]
        return document(events, made=self.clock.now()), following

    def _lines(
        self, begin: str, after: str, skip: int, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Lines from behind a piece, some of the next one left out."""
        names = self.journal.names(begin, after=after, limit=PIECES_MAX + 1)
        found: list[dict[str, Any]] = []
        done = after
        for name in names[:PIECES_MAX]:
            piece = list(_piece(self.journal.get(name)))
            room = limit - len(found)
            found += piece[skip : skip + room]
            if skip + room < len(piece):
                return found, f"{skip + room}@{done}"
            skip, done = 0, name
        return found, f"0@{done}" if len(names) > PIECES_MAX else None

    def _articles(self, skus: set[str]) -> dict[str, Variant]:
        owner = self.retailer.authority[Entity.PRODUCT]
        rows = self.store.get(keys.item(sku, owner) for sku in sorted(skus))
        found = [ItemCard.model_validate(row.body).variant for row in rows.values()]
        return {variant.sku: variant for variant in found}


def _piece(content: bytes) -> Iterator[dict[str, Any]]:
    for line in zlib.decompress(content).splitlines():
        yield json.loads(line)


def _entry(line: dict[str, Any]) -> tuple[Entry, datetime]:
    at = datetime.fromisoformat(line["recorded_at"])
    if "level" in line:
        return Level.model_validate(line["level"]), at
    return Movement.model_validate(line["movement"]), at


def _seen(entry: Entry) -> bool:
    """Whether it is something that can be observed: less than nothing cannot."""
    return not isinstance(entry, Level) or entry.on_hand >= 0


def _read(token: str, begin: str) -> tuple[str, int]:
    skip, _, after = token.partition("@")
    if not (skip.isascii() and skip.isdigit()) or not after.startswith(begin):
        raise RejectedError(
            "this is no token of a page",
            code="bad_token",
            field="nextPageToken",
            value=token[:100],
            remedy="send `nextPageToken` of the page before, as it is",
        )
    return after, int(skip)
