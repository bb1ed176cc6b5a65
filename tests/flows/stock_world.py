"""A retailer whose second location is told of by a warehouse that nobody can ask."""

from typing import Any

from shared.domain.movement_rows import EntryReader
from shared.flows import keys
from shared.flows.ledger import Ledger, Taken
from shared.flows.missing import Missing
from shared.flows.movement_calls import MovementCalls
from shared.flows.returns_moved import ReturnsMoved
from shared.model.facts import StockCard
from shared.model.movement import Entry
from shared.model.retailer import Retailer
from shared.settings import load_retailer
from tests.domain.world import RETAILER_TOML
from tests.fakes import MemoryJournal
from tests.flows.world import World

AT = "2026-11-27T09:00:00Z"
STOCK_TOML = (
    RETAILER_TOML.replace(
        'external = { erp = "1720/172A", shop',
        'source = "wms"\nexternal = { erp = "1720/172A", wms = "L2", shop',
    ).replace('locations = ["london", "leeds"]', 'locations = ["london", "leeds", "york"]')
    + """
[[sources]]
name = "wms"

[[locations]]
name = "york"
source = "wms"
external = { wms = "Y1", shop = "gid://shopify/Location/3" }
"""
)
STOCK_RETAILER = load_retailer(STOCK_TOML)


def move(**over: str) -> dict[str, str]:
    """Five hats are received in Leeds, as a row."""
    row = {
        "movement_id": "m1",
        "kind": "receipt",
        "sku": "HAT-M",
        "quantity": "5",
        "unit": "PC",
        "to_location": "leeds",
        "occurred_at": AT,
    }
    return {name: text for name, text in (row | over).items() if text}


def level(**over: str) -> dict[str, str]:
    row = {"sku": "HAT-M", "location": "leeds", "unit": "PC", "on_hand": "7", "as_of": AT}
    return row | over


def transfer(number: int, units: int = 5, **over: str) -> list[dict[str, str]]:
    """From Leeds to York: what leaves, and what arrives."""
    said = {"quantity": str(units), "document": f"T{number}"}
    out = {"kind": "transfer_out", "from_location": "leeds", "to_location": "york"}
    into = {"kind": "transfer_in", "to_location": "york"}
    return [
        move(movement_id=f"out{number}", **said, **out) | over,
        move(movement_id=f"in{number}", **said, **into) | over,
    ]


class StockWorld(World):
    def __init__(self, retailer: Retailer = STOCK_RETAILER) -> None:
        super().__init__(retailer)
        self.journal = MemoryJournal()
        self.ledger = Ledger(
            self.store, self.journal, self.queues, self.issues, self.clock, self.retailer
        )
        self.missing = Missing(self.store, self.issues, self.clock)
        self.returned = ReturnsMoved(
            self.store, self.bus, self.issues, self.cases, self.clock, self.retailer
        )
        self.calls = MovementCalls(
            self.ledger, self.store, self.issues, self.clock, self.retailer, self.returned
        )

    def take(self, *rows: dict[str, str], source: str = "wms") -> Taken:
        return self.ledger.take([self.entry(row, source) for row in rows], source=source)

    def entry(self, row: dict[str, str], source: str = "wms") -> Entry:
        reader = EntryReader(self.retailer, source)
        if "kind" in row:
            return reader.movement(row)
        return reader.level(row, as_of=self.clock.now())

    def post(self, *rows: object, key: str = "k1", what: str = "movements") -> dict[str, Any]:
        said = {"connection": "wms", what: list(rows)}
        return self.calls.take(said, caller="warehouse", key=key)

    def card(self, sku: str = "HAT-M", source: str = "wms") -> StockCard:
        key = keys.stock(sku, source)
        return StockCard.model_validate(self.store.get([key])[key].body)

    def on_hand(self, location: str = "leeds", sku: str = "HAT-M") -> int:
        found = [p.on_hand for p in self.card(sku).positions if p.location == location]
        return int(sum(found))
