"""Derives every article of every channel anew when something changes that is no fact of a SKU.

Such as the retailer's file, or that a source of stock falls silent. What it changed to is put down
first, then all articles on the roster are touched, page by page; their stream derives them. Where
the walk stands is kept, so it goes on in the next minute, or after a crash.
"""

from collections.abc import Callable, Iterator, Sequence

from shared.flows import keys, roster
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.ports import Clock, Key, Put, Row, Store

PAGE = 500
TRIES = 6
DONE = "-"


@frozen
class Walks:
    store: Store
    clock: Clock
    retailer: Retailer

    def run(self, cause: Key, state: dict[str, Json], *, out_of_time: Callable[[], bool]) -> int:
        """Begin a walk if the state is another one than it was, or go on; articles touched."""
        row = self.store.get([cause]).get(cause)
        if row is None or row.body["state"] != state:
            body: dict[str, Json] = {"state": state, "after": ""}
            if not self.store.commit([Put(cause, body, row.rev if row else 0)])[0]:
                return 0  # somebody else began it
            row = Row(cause, row.rev + 1 if row else 1, body)
        touched = 0
        while row is not None and row.body["after"] != DONE and not out_of_time():
            skus, after = self._page(str(row.body["after"]))
            if not self._touched(skus):
                break
            touched += len(skus)
            row = self._kept(row, after)
        return touched

    def _page(self, after: str) -> tuple[list[str], str]:
        """Some articles, and where to go on: by channel, and by article within it."""
        at, _, sku = after.partition("/")
        channels = [channel.name for channel in self.retailer.channels]
        start = channels.index(at) if at in channels else 0
        for name in channels[start:]:
            behind = sku if name == at else ""
            found = roster.names(self.store, name, Facet.STOCK, after=behind, limit=PAGE)
            if found:
                return found, f"{name}/{found[-1]}"
        return [], DONE

    def _touched(self, skus: Sequence[str]) -> bool:
        left = list(skus)
        for _ in range(TRIES):
            if not left:
                return True
            rows = self.store.get(keys.wake(sku) for sku in left)
            puts = list(self._touches(left, rows))
            done = self.store.commit(puts)
            left = [sku for sku, kept in zip(left, done, strict=True) if not kept]
        return not left

    def _touches(self, skus: Sequence[str], rows: dict[Key, Row]) -> Iterator[Put]:
        said = self.clock.now().isoformat()
        for sku in skus:
            row = rows.get(keys.wake(sku))
            yield Put(keys.wake(sku), {"at": None, "woken": said}, row.rev if row else 0)

    def _kept(self, row: Row, after: str) -> Row | None:
        body = {**row.body, "after": after}
        kept = self.store.commit([Put(row.key, body, row.rev)])[0]
        return Row(row.key, row.rev + 1, body) if kept else None
