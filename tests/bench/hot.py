"""A flash sale: one article, more buyers at once than one row of a table can be written for.

The store takes a thousand write units of a partition in a second, as DynamoDB does, and refuses
what is more. Buyers reserve as fast as they are answered, until nothing is left.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final

from shared.flows import keys
from shared.flows.shards import COUNTERS
from shared.model.holds import HoldCard
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Faults
from tests.simulation.opening import opened
from tests.simulation.scenario import Play, Scenario, catalogue
from tests.simulation.store import PARTITION_UNITS
from tests.simulation.truth import Truth
from tests.simulation.world import World

SKU: Final = "HAT-M"
BUYERS: Final = 300
AGAIN_MS: Final = SECOND  # as the answer asks for
SLICE_MS: Final = 100
CAPACITY: Final = COUNTERS * PARTITION_UNITS


@dataclass(slots=True)
class Sale:
    """`accepted` are the instants of each reservation, in virtual milliseconds."""

    world: World
    units: int
    accepted: list[int] = field(default_factory=list)
    refused: int = 0
    busy: int = 0
    baskets: int = 0

    def play(self) -> None:
        for _ in range(BUYERS):
            self._ask()

    def _ask(self, key: str = "") -> None:
        self.baskets += not key
        key = key or f"basket-{self.baskets}"
        body = {"channel": "shop", "lines": [{"sku": SKU, "quantity": 1}], "expires_in_s": 3600}
        event = {
            "routeKey": "POST /v1/reservations",
            "headers": {"idempotency-key": key},
            "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "shopfront"}}}},
            "body": json.dumps(body),
        }
        self.world.functions["api-reservations"].invoke(event, partial(self._answered, key))

    def _answered(self, key: str, result: Any, error: BaseException | None) -> None:
        status = 500 if error is not None else int(result["statusCode"])
        if status == 201:
            self.accepted.append(self.world.engine.now_ms)
            self._ask()
        elif status == 409:
            self.refused += 1
        else:
            self.busy += 1
            self.world.engine.at(AGAIN_MS, partial(self._ask, key))

    @property
    def per_second(self) -> Decimal:
        """Reservations a second, from when the article was found hot until it ran low."""
        inside = self.accepted[len(self.accepted) * 3 // 10 : -len(self.accepted) // 10]
        return Decimal(len(inside) * SECOND) / max(1, inside[-1] - inside[0])

    @property
    def left(self) -> int:
        """Units that lie in counters or on the card and were sold to nobody."""
        rows = self.world.store.rows(Table.CONTROL)
        in_counters = sum(row.units or 0 for row in rows)
        card = self.world.store._get([keys.hold(SKU)])[keys.hold(SKU)]  # noqa: SLF001
        held = HoldCard.model_validate(card.body)
        promised = sum(held.dealt.values()) + sum(h.quantity for h in held.holds.values())
        return self.units - promised + in_counters


def flash_sale(units: int, *, seed: int = 1) -> Sale:
    """So many units of one article, sold until none is left."""
    scenario = Scenario("a flash sale", partial(_stocked, units=units), lambda _: None, kinds=())
    opening = opened(scenario, scenario.start(seed))
    faults = Faults(seed, on=())
    world = World(seed, faults, setup=scenario.setup, start=scenario.start(seed))
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opening.restore(play)
    world.store.limited = True
    sale = Sale(world, units)
    with world.playing():
        begun = world.engine.now_ms
        sale.play()
        world.engine.run(until_ms=begun + 10 * MINUTE, calm=lambda: sale.refused >= BUYERS)
    return sale


def _stocked(play: Play, *, units: int) -> None:
    catalogue(play, "M", units=units)
