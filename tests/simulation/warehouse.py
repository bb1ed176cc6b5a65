"""A warehouse that tells what it moves: numbered, in calls that are late, doubled, lost and resent.

Its own books are the truth. What a call brought is sent again until it is answered; a movement that
was never sent is sent in the end, or held by a count that is made later.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from typing import Any

from shared.flows import keys
from shared.model.facts import StockCard
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play

PLACES = ("london", "leeds")
NAME = "wms"
STATUSES = (
    "reserved",
    "quality_inspection",
    "quarantine",
    "damaged",
    "blocked",
    "in_transit",
)

type Spot = tuple[str, str]
type Row = dict[str, str]


@dataclass(slots=True)
class Warehouse:
    """`books` are units by SKU, location and status; `road` are transfers that have not arrived."""

    play: Play
    books: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    numbers: Counter[Spot] = field(default_factory=Counter)
    road: list[tuple[str, str, int]] = field(default_factory=list)
    calls: int = 0
    done: int = 0

    def __post_init__(self) -> None:
        self.play.truth.warehouse = self

    # what happens there

    def receive(self, sku: str, place: str, units: int) -> Row:
        return self._moved(sku, "receipt", units, None, (place, "available"))

    def ship(self, sku: str, place: str, units: int) -> Row:
        return self._moved(sku, "ship", units, (place, "available"), None)

    def pick(self, sku: str, place: str, units: int) -> Row:
        return self._moved(sku, "pick", units, (place, "available"), (place, "reserved"))

    def break_one(self, sku: str, place: str) -> Row:
        return self._moved(sku, "reclassify", 1, (place, "available"), (place, "damaged"))

    def send(self, sku: str, place: str, units: int) -> Row:
        """Goods leave for the other location, under a document of their own."""
        away = PLACES[place == PLACES[0]]
        document = f"T{self.done}"
        self.road.append((document, away, units))
        spots = (place, "available"), (away, "in_transit")
        return self._moved(sku, "transfer_out", units, *spots, document)

    def arrive(self, sku: str) -> list[Row]:
        """The longest under way arrives, sometimes short; what is lost is written off."""
        if not self.road:
            return []
        document, place, units = self.road.pop(0)
        lost = 1 if units > 1 and self.play.rng.random() < 0.3 else 0
        there = (place, "in_transit")
        into = self._moved(sku, "transfer_in", units - lost, there, (place, "available"), document)
        gone = [self._moved(sku, "scrap", lost, there, None, document)] if lost else []
        return [into, *gone]

    def count(self, sku: str, place: str) -> Row:
        """What lies there at this moment, up to the last number given."""
        said = {s: self.books[sku, place, s] for s in STATUSES if s != "in_transit"}
        total = self.books[sku, place, "available"] + sum(said.values())
        row = {name: str(units) for name, units in said.items()}
        number = self.numbers[sku, place]
        return row | {
            "sku": sku,
            "location": place,
            "unit": "PC",
            "on_hand": str(total),
            "as_of": self._now(),
            "sequence": str(number),
        }

    def _moved(
        self,
        sku: str,
        kind: str,
        units: int,
        start: Spot | None,
        end: Spot | None,
        document: str = "",
    ) -> Row:
        self.done += 1
        for spot, signed in ((start, -units), (end, units)):
            if spot is not None:
                self.books[(sku, *spot)] += signed
        at = (start or end or ("", ""))[0]
        self.numbers[sku, at] += 1
        row = {
            "movement_id": f"M{self.done}",
            "kind": kind,
            "sku": sku,
            "quantity": str(units),
            "unit": "PC",
            "occurred_at": self._now(),
            "sequence": str(self.numbers[sku, at]),
            "document": document,
        }
        if start is not None and kind != "transfer_in":
            row |= {"from_location": start[0], "from_status": start[1]}
        if end is not None:
            row |= {"to_location": end[0], "to_status": end[1]}
        self.play.world.engine.note(f"warehouse: {kind} of {units} {sku}, {start} to {end}")
        return {name: text for name, text in row.items() if text}

    def _now(self) -> str:
        return self.play.world.engine.now().astimezone(UTC).isoformat()

    # what it tells

    def tell(self, rows: Iterable[Row], after_ms: int = 0, *, levels: bool = False) -> None:
        """Post these then; what is not answered is posted again under the same key, for ever."""
        self.calls += 1
        self.play.world.owed += 1
        said = {"connection": NAME, "levels" if levels else "movements": list(rows)}
        post = partial(self._post, json.dumps(said), f"call-{self.calls}")
        self.play.later(after_ms, post)

    def _post(self, body: str, key: str) -> None:
        event = {
            "routeKey": "POST /v1/movements",
            "rawPath": "POST /v1/movements",
            "headers": {"idempotency-key": key},
            "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "warehouse"}}}},
            "body": body,
        }

        def ended(result: Any, error: BaseException | None) -> None:
            status = 500 if error is not None else int(result["statusCode"])
            if status >= 500:
                self.play.world.engine.at(2 * SECOND, partial(self._post, body, key))
                return
            self.play.world.owed -= 1
            refused = [line for line in json.loads(result["body"]).get("lines", ())
                       if line["status"] == "refused"]  # fmt: skip
            if status != 200 or refused:
                self.play.truth.break_("I6", f"{key} was answered {result}")

        self.play.world.functions["api-movements"].invoke(event, ended)

    # what must be so in the end

    def available(self, sku: str) -> dict[str, int]:
        found = {place: self.books[sku, place, "available"] for place in PLACES}
        return {place: units for place, units in found.items() if units}

    def differences(self, sku: str) -> Iterable[str]:
        """Where the books of Shelfwire are not these, or something is left over in them."""
        key = keys.stock(sku, NAME)
        row = self.play.world.store._get([key]).get(key)  # noqa: SLF001 - from outside
        card = StockCard.model_validate(row.body) if row else None
        ours = balances(card) if card else Counter()
        theirs = Counter({(p, s): n for (k, p, s), n in self.books.items() if k == sku and n})
        if ours != theirs:
            yield f"{sku}: {dict(ours)} is known, the warehouse has {dict(theirs)}"
        if card is not None and card.book is not None:
            if card.book.parked:
                yield f"{sku}: {len(card.book.parked)} movements still wait"
            open_ = sorted(key for key, one in card.book.transfers.items() if one.received)
            if open_:
                yield f"{sku}: transfers {open_} do not come out even"


def balances(card: StockCard) -> Counter[Spot]:
    found: Counter[Spot] = Counter()
    for position in card.positions:
        parts = {name: int(getattr(position, name)) for name in STATUSES}
        physical = sum(units for name, units in parts.items() if name != "in_transit")
        parts["available"] = int(position.on_hand) - physical
        found.update({(position.location, name): units for name, units in parts.items() if units})
    return Counter({spot: units for spot, units in found.items() if units})
