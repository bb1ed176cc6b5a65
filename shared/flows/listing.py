"""Which articles a run over all stock of a source came upon, put down page by page.

Where the run ends, whoever is on the source's roster and not among these is asked about by name. So
nothing rests on the order in which a source lists its articles.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

from shared.flows import keys
from shared.frozen import frozen
from shared.model.base import Canonical
from shared.ports import Put, Store, Table

ROW_MAX: Final = 2000  # SKUs in one row, of at most 64 characters each
KEPT: Final = timedelta(days=1)


class _Part(Canonical):
    skus: tuple[str, ...]


@frozen
class Listing:
    source: str
    run: str
    store: Store

    def note(self, page: int, skus: Iterable[str], *, now: datetime) -> None:
        """Put down what a page lists; one that is read again lists what it says then."""
        for part, some in enumerate(batched(sorted(skus), ROW_MAX, strict=False)):
            key = keys.listed(self.source, self.run, f"{page:06}-{part:03}")
            row = self.store.get([key]).get(key)
            body = _Part(skus=some).model_dump(mode="json")
            self.store.commit([Put(key, body, row.rev if row else 0, expires=now + KEPT)])

    def skus(self) -> frozenset[str]:
        rows = self.store.query(Table.CONTROL, keys.listed(self.source, self.run).pk)
        return frozenset(sku for row in rows for sku in _Part.model_validate(row.body).skus)
