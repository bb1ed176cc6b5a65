"""Rate of a vendor account, shared through the store and leased in blocks."""

from copy import replace
from datetime import datetime, timedelta
from typing import Self

from shared.errors import SyncError, ThrottledError
from shared.flows import keys
from shared.flows.breaker import Breaker
from shared.flows.issues import Issues
from shared.flows.slots import Slots
from shared.frozen import frozen
from shared.kit.bucket import MILLI, Bucket
from shared.kit.cubic import START, Curve
from shared.model.base import Json
from shared.model.limits import Limits, Pace
from shared.model.retailer import Connection
from shared.ports import Clock, Put, Row, Store

TRIES = 8
BLOCK_MS = 500  # of the vendor's rate are leased at once
MANY = 28  # calls, where half a second's worth is fewer
FIRST = 4  # calls of the first lease; each further one is twice as long
PATIENCE = timedelta(seconds=1)


def pacer_of(connection: Connection, store: Store, issues: Issues, clock: Clock) -> "LeasedPacer":
    """The pacer of a connection, with all that its limits ask for."""
    limits = connection.limits
    counted = limits.slots_are_counted
    slots = Slots(connection.name, limits.slots, store, clock) if counted else None
    breaker = Breaker(connection.name, store, issues, clock)
    return LeasedPacer(connection, store, clock, breaker=breaker, slots=slots)


@frozen
class Rate:
    """The row of a bucket. `curve` is there where the rate is found by asking."""

    bucket: Bucket
    curve: Curve | None = None

    @classmethod
    def of(cls, row: Row | None, limits: Limits, now: datetime) -> Self:
        """What is there now: refilled, and at the rate of now."""
        adaptive = limits.pace is Pace.UNKNOWN
        if row is None:
            curve = Curve(START, now) if adaptive else None
            rate = START if adaptive else limits.refill
            full = Bucket(limits.size * MILLI, now, rate, limits.size)
            return cls(full.capped(START) if adaptive else full, curve)
        at = datetime.fromisoformat(str(row.body["at"]))
        level = int(str(row.body["level"]))
        if not adaptive:
            return cls(Bucket(level, at, limits.refill, limits.size).refilled(now))
        cut_at = datetime.fromisoformat(str(row.body["cut_at"]))
        refused = row.body["refused"] is True
        curve = Curve(int(str(row.body["peak"])), cut_at, refused).rested(at, now)
        rate = curve.rate(now, most=limits.refill)
        size = max(limits.call, rate // 2)
        return cls(Bucket(level, at, rate, size).refilled(now), curve)

    def body(self) -> dict[str, Json]:
        said: dict[str, Json] = {"level": self.bucket.level, "at": self.bucket.at.isoformat()}
        if self.curve is None:
            return said
        peak, cut_at = self.curve.peak, self.curve.cut_at.isoformat()
        return {**said, "peak": peak, "cut_at": cut_at, "refused": self.curve.refused}


class LeasedPacer:
    """Spends from a local block, so that most calls cost no write to the store.

    Blocks begin at a few calls, since most invocations make no more, and double up to half a second
    of the vendor's rate. A block not spent in time is given up: the bucket refills, so nothing is
    owed. Whoever leases reads the circuit of the connection in the same call.
    """

    def __init__(
        self,
        connection: Connection,
        store: Store,
        clock: Clock,
        *,
        operation: str = "",
        breaker: Breaker | None = None,
        slots: Slots | None = None,
    ) -> None:
        self._connection = connection
        self._key = keys.rate(connection.name, operation)
        self._circuit = keys.breaker(connection.name)
        self._limits = connection.limits
        self._operations: dict[tuple[str, Limits], LeasedPacer] = {}
        self._store = store
        self._clock = clock
        self._breaker = breaker
        self._slots = slots
        self._held = 0
        self._block = 0
        self._until: datetime | None = None
        self._ceiling: Bucket | None = None

    def take(self, cost: int) -> None:
        now = self._clock.now()
        self.calling()
        shut = self._breaker is not None and self._breaker.shut
        if shut or self._until is None or now >= self._until:
            self._lapse()
        points = cost * self._limits.call
        if self._held < points:
            self._lease(points, now)
        self._held -= points

    def refund(self, points: int) -> None:
        self._held += points * self._limits.call

    def observe(self, *, available: int | None, rate: int | None, spent: int) -> None:
        """The vendor's own count is lower when somebody else uses the account too.

        It was true when it was said and refills like ours; what is leased here is still to come
        off it, and what is leased beyond it is gone.
        """
        del rate, spent
        if available is not None:
            limits = self._limits
            there = available * limits.call
            self._held = min(self._held, there)
            level = (there - self._held) * MILLI
            self._ceiling = Bucket(level, self._clock.now(), limits.refill, limits.size)

    def of(self, operation: str, limits: Limits) -> "LeasedPacer":
        """The bucket of one operation; its row is the same whatever limits it is asked with."""
        known = self._operations.get((operation, limits))
        if known is None:
            connection = self._connection.model_copy(update={"limits": limits})
            known = LeasedPacer(
                connection,
                self._store,
                self._clock,
                operation=operation,
                breaker=self._breaker,
                slots=self._slots,
            )
            self._operations[operation, limits] = known
        return known

    # what the transport is about to do, and what the vendor's answers say

    def calling(self) -> None:
        """Also a token is asked for by a call, which nothing was taken for."""
        if self._slots is not None:
            self._slots.hold()

    def failed(self, why: str) -> None:
        if self._breaker is not None:
            self._breaker.failed(why)

    def succeeded(self) -> None:
        if self._breaker is not None:
            self._breaker.succeeded()

    def told(self, left: int) -> None:
        """Calls left, for limits that are stated in calls; connectors tell of points themselves."""
        if self._limits.pace is not Pace.POINTS:
            self.observe(available=left, rate=None, spent=0)

    def throttled(self) -> None:
        """Ask less where the rate is found by asking; elsewhere what is left is none."""
        if self._limits.pace is Pace.POINTS:
            return
        self.observe(available=0, rate=None, spent=0)
        if self._limits.pace is not Pace.UNKNOWN:
            return
        try:
            self._cut(self._clock.now())
        except SyncError:
            return  # the next refusal says so again

    def _cut(self, now: datetime) -> None:
        for _ in range(TRIES):
            row = self._store.get([self._key]).get(self._key)
            known = Rate.of(row, self._limits, now)
            if known.curve is None:
                return
            curve = known.curve.cut(now, most=self._limits.refill)
            if row is not None and curve is known.curve:
                return
            body = Rate(known.bucket.capped(0), curve).body()
            if self._store.commit([Put(self._key, body, row.rev if row else 0)])[0]:
                return

    def give_back(self) -> None:
        """Return what is leased and unspent, when its holder stops calling for now.

        A small rest is not worth a write: it lapses, or the next invocation here spends it.
        """
        if self._slots is not None:
            self._slots.release()
        for operation in self._operations.values():
            operation.give_back()
        self._block = 0
        now = self._clock.now()
        worth_it = self._held * FIRST >= self._limits.refill
        if not worth_it or self._until is None or now >= self._until:
            return
        unspent, self._held = self._held, 0
        for _ in range(TRIES):
            row = self._store.get([self._key]).get(self._key)
            if row is None:
                return
            known = Rate.of(row, self._limits, now)
            bucket = known.bucket.spent(-unspent)
            left = replace(known, bucket=bucket.capped(bucket.size))
            if self._store.commit([Put(self._key, left.body(), row.rev)])[0]:
                return

    def _lapse(self) -> None:
        """Give up what was not spent in time; the next block is as large as what was."""
        if self._held > 0:
            self._block = (self._block - self._held) // 2
        self._held = 0

    def _lease(self, points: int, now: datetime) -> None:
        """Take a block off the bucket; what may not be kept is taken for this call alone."""
        lease = timedelta(milliseconds=self._limits.lease_ms)
        self._block = min(max(FIRST * points, 2 * self._block), self._most(points))
        for _ in range(TRIES):
            rows = self._store.get([self._key, self._circuit])
            if self._breaker is not None:
                self._breaker.read(rows.get(self._circuit))
            row = rows.get(self._key)
            known = Rate.of(row, self._limits, now)
            bucket = self._believed(known.bucket, now)
            granted = self._granted(bucket, points)
            left = replace(known, bucket=bucket.spent(granted))
            if self._store.commit([Put(self._key, left.body(), row.rev if row else 0)])[0]:
                self._held += granted
                self._until = now + lease
                self._ceiling = None
                return
        raise ThrottledError(f"rate of {self._key.pk} is contended", after=PATIENCE)

    def _granted(self, bucket: Bucket, points: int) -> int:
        """What is taken now; ThrottledError where a block is worth waiting for.

        Plenty is taken by half a second's worth, for what is leased of a full bucket does not
        refill at the vendor. Where little is left, who goes on calling waits for a block: else each
        call would cost a write, and nothing is lost by it, since the bucket is far from full.
        """
        missing = points - self._held
        there = max(bucket.level, 0) // MILLI
        sustained = self._block > FIRST * points and bucket.size >= 4 * self._block
        scarce = sustained and 2 * there < bucket.size
        plenty = self._limits.refill * min(self._limits.lease_ms, BLOCK_MS) // 1000
        wanted = max(missing, self._block if scarce else min(self._block, plenty))
        least = wanted if scarce else missing
        if there < least:
            raise ThrottledError(f"rate of {self._key.pk} is used up", after=bucket.wait(least))
        return min(wanted, there)

    def _most(self, points: int) -> int:
        """Points of the largest block: many calls, and what a lease lasts for."""
        limits = self._limits
        kept = limits.refill * limits.lease_ms // 1000
        return min(max(limits.refill * BLOCK_MS // 1000, MANY * points), kept)

    def _believed(self, bucket: Bucket, now: datetime) -> Bucket:
        if self._ceiling is None:
            return bucket
        return bucket.capped(self._ceiling.refilled(now).level // MILLI)
