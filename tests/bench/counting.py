"""A counting layer over the ports of a simulated world: calls to AWS, capacity, vendors' points.

Everything is counted exactly, by what the adapters of the real services would send: a batch of 25
statements is one call. Capacity is DynamoDB's: a write counts each begun kilobyte once, twice in a
transaction, and once more for an index row that enters or leaves a lane.
"""

from collections import Counter
from dataclasses import dataclass, field

from shared.ports import Key, Put, Row
from tests.bench.limits import WRITE_UNIT
from tests.fakes import sized
from tests.simulation.world import World


@dataclass(slots=True)
class Cost:
    """What a stretch of work cost. `points` are the vendor's own, in thousandths."""

    aws_calls: int = 0
    write_units: int = 0
    rows_written: int = 0
    vendor_calls: int = 0
    points: int = 0
    throttled: int = 0
    last_vendor_write_ms: int = 0

    def __sub__(self, before: "Cost") -> "Cost":
        found = {
            name: getattr(self, name) - getattr(before, name)
            for name in Cost.__slots__
            if name != "last_vendor_write_ms"
        }
        return Cost(**found, last_vendor_write_ms=self.last_vendor_write_ms)


@dataclass(slots=True)
class Counted:
    """Counts from its making on; `cost()` is what has been spent since."""

    world: World
    connection: str = "shop"
    written: Counter[str] = field(default_factory=Counter)
    _units: int = 0
    _last_ms: int = 0
    _calls: int = 0
    _points: int = 0
    _throttled: int = 0
    _aws: int = 0

    def __post_init__(self) -> None:
        vendor = self.world.vendors[self.connection]
        self._points, self._throttled = vendor.points, vendor.counts["throttled"]
        self._aws = self._aws_calls()
        self._calls = self.world.transports[self.connection].calls
        self.world.store.tell(self._wrote)
        self.world.transports[self.connection].changed.append(self._asked)

    def cost(self) -> Cost:
        vendor = self.world.vendors[self.connection]
        return Cost(
            aws_calls=self._aws_calls() - self._aws,
            write_units=self._units,
            rows_written=self.written.total(),
            vendor_calls=self.world.transports[self.connection].calls - self._calls,
            points=vendor.points - self._points,
            throttled=vendor.counts["throttled"] - self._throttled,
            last_vendor_write_ms=self._last_ms,
        )

    def _aws_calls(self) -> int:
        """Every port call of a function but those to vendors."""
        return self.world.engine.calls - sum(t.calls for t in self.world.transports.values())

    def _wrote(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        del old, new
        self.written[key.table] += 1
        if put is not None:
            size, _ = sized(put)
            self._units += 1 + size // WRITE_UNIT

    def _asked(self, connection: str, request: object, response: object) -> None:
        del connection, request, response
        self._last_ms = self.world.engine.now_ms
