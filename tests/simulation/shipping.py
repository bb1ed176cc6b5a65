"""A warehouse that ships and tells it by call, while the ERP it works for tells the same goods."""

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shared.domain.demand import units
from shared.model.case import Case
from tests.simulation.engine import SECOND
from tests.simulation.invariants_orders import cases
from tests.simulation.scenario import SHARE, Play

NAME = "wms"
RULES = """
[[sources]]
name = "wms"

[shipments]
differ_after_minutes = 20
"""
_ROUTE = "POST /v1/shipments"


@dataclass(slots=True)
class Dock:
    """`left` are units by order and line that left here, `numbers` those of their parcels."""

    play: Play
    shop: str = "shop"
    left: dict[str, Counter[str]] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)

    def ship(self) -> None:
        """What is left of every order of the shop, or one unit of each line, in its own parcel."""
        for order in self.play.world.vendors[self.shop].shop.orders.values():
            name = f"{self.shop}:{order.order_id}"
            gone = self.left.setdefault(name, Counter())
            parts = self.play.rng.random() < SHARE
            now = {
                str(line.line_id): 1 if parts else line.quantity - gone[str(line.line_id)]
                for line in order.lines
                if line.quantity > gone[str(line.line_id)]
            }
            if now:
                gone.update(now)
                self._tell(name, now)

    def _tell(self, order_id: str, now: dict[str, int]) -> None:
        """Once, twice, or first without the number of its parcel."""
        number = f"W{len(self.numbers) + 1}"
        self.numbers.append(number)
        said = {
            "source": NAME,
            "shipment_id": number,
            "order_id": order_id,
            "location": "london",
            "shipped_at": self.play.world.engine.now().isoformat(),
            "lines": [{"line_id": line, "quantity": n} for line, n in now.items()],
        }
        parcels = [{"carrier": "DHL", "number": number}]
        how = self.play.rng.random()
        if how < SHARE:
            self._post(said | {"version": 1}, 0)
        self._post(said | {"version": 2, "parcels": parcels}, self.play.rng.randint(0, 9))
        if how > 1 - SHARE:
            self._post(said | {"version": 2, "parcels": parcels}, self.play.rng.randint(0, 9))

    def _post(self, said: dict[str, Any], after: int) -> None:
        self.play.world.engine.note(f"{NAME}: ships {said['lines']} of {said['order_id']}")
        self.play.world.owed += 1
        self.play.later(after * SECOND, partial(self._send, json.dumps(said)))

    def _send(self, body: str) -> None:
        """What is not answered is posted again, for ever."""
        event = {
            "routeKey": _ROUTE,
            "rawPath": _ROUTE,
            "headers": {},
            "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "warehouse"}}}},
            "body": body,
        }

        def ended(result: Any, error: BaseException | None) -> None:
            status = 500 if error is not None else int(result["statusCode"])
            if status >= 500:
                self.play.world.engine.at(2 * SECOND, partial(self._send, body))
                return
            self.play.world.owed -= 1
            if status != 201:
                self.play.truth.break_("I6", f"{body} was answered {result}")

        self.play.world.functions["api-shipments"].invoke(event, ended)

    def amiss(self) -> list[str]:
        """Every unit is on its order once, and every parcel in the shop once."""
        known = cases(self.play.truth)
        found = [
            f"{dict(gone)} of {name} left, its case says {dict(counted)}"
            for name, gone in self.left.items()
            if (counted := _counted(known.get(name))) != +gone
        ]
        shown = sorted(
            number
            for order in self.play.world.vendors[self.shop].shop.orders.values()
            for parcel in order.fulfilments
            for number in parcel.numbers
        )
        if shown != sorted(self.numbers):
            found.append(f"the shop shows {shown}, the warehouse sent {sorted(self.numbers)}")
        return found


def _counted(case: Case | None) -> Counter[str]:
    return Counter() if case is None else units(case, case.shipments)
