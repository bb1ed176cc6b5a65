"""What was set aside is judged again: by the guards as they are now, on the card as it is now.

So a replay changes nothing while what was told is as strange as before, and counts it once `above`
or the policy says otherwise.
"""

from collections.abc import Mapping
from typing import Self

from shared.flows import keys
from shared.flows.ledger import Ledger, Taken, counted
from shared.flows.returns_moved import ReturnsMoved
from shared.frozen import frozen
from shared.model.facts import StockCard
from shared.model.written import read
from shared.ports import Store


@frozen
class Where:
    """What a message names: an article at a location, as a source tells it."""

    source: str
    sku: str
    place: str

    @classmethod
    def named(cls, body: Mapping[str, object]) -> Self | None:
        """The message of a replay; None for any other."""
        match body:
            case {"source": str(source), "sku": str(sku), "place": str(place)}:
                return cls(source, sku, place)
            case _:
                return None


@frozen
class Asides:
    store: Store
    ledger: Ledger
    returned: ReturnsMoved

    def judge(self, where: Where) -> Taken:
        """Take what is set aside there once more; what came back is told to its return."""
        key = keys.stock(where.sku, where.source)
        row = self.store.get([key]).get(key)
        book = read(row.body, StockCard).book if row else None
        aside = [one.entry for one in book.aside] if book else []
        entries = [one for one in aside if one.location == where.place]
        taken = self.ledger.take(entries, source=where.source)
        self.returned.take(counted(entries, taken), source=where.source)
        return taken
