"""What a shop shows of an article's stock, and how long after a change it does."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx

from tests.simulation.world import World

PLACE, NUMBER = "leeds", 2  # our name of it, and every shop's number
SET: Final = b"inventorySetQuantities"


class _Even(Random):
    """Draws the middle of every span."""

    def random(self) -> float:
        return 0.5


def steady(world: World) -> None:
    """From now on every call takes as long as any other of its kind."""
    world.wire._drawn = _Even().random  # noqa: SLF001 - as a network that never wavers
    for transport in world.transports.values():
        transport._rng = _Even()  # noqa: SLF001


@dataclass(slots=True)
class Watch:
    """Of one shop: `late` are milliseconds from each change to the call that shows it.

    `writes` are calls that set levels, `first_ms` and `last_ms` the first call of any kind and the
    last that set levels.
    """

    world: World
    shop: str
    late: list[int] = field(default_factory=list)
    writes: int = 0
    first_ms: int = 0
    last_ms: int = 0
    _waiting: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.world.transports[self.shop].changed.append(self._asked)

    def forget(self) -> None:
        """What was measured so far."""
        self.late, self.writes, self.first_ms, self.last_ms = [], 0, 0, 0

    def expect(self, sku: str, level: int) -> None:
        """Now it has changed to so many, more than before."""
        self._waiting[sku].append((level, self.world.engine.now_ms))

    def shown(self, sku: str) -> int:
        found: Any = self.world.vendors[self.shop].shop
        level = found.variants[found.skus[sku]].levels.get(NUMBER)
        return level.available if level else 0

    def _asked(self, shop: str, request: httpx.Request, response: httpx.Response) -> None:
        del shop, response
        now = self.world.engine.now_ms
        if b"query" in request.content:
            self.first_ms = self.first_ms or now
        if SET not in request.content:
            return
        self.writes, self.last_ms = self.writes + 1, now
        for sku, waiting in list(self._waiting.items()):
            shown = self.shown(sku)
            self.late += [now - at for level, at in waiting if level <= shown]
            left = [one for one in waiting if one[0] > shown]
            self._waiting[sku] = left
            if not left:
                del self._waiting[sku]


def p99_ms(late: Sequence[int]) -> int:
    """The 99th percentile."""
    return sorted(late)[min(len(late) - 1, len(late) * 99 // 100)]
