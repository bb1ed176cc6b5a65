"""Rate buckets of a vendor account, shared through the store and leased in blocks."""

from datetime import datetime, timedelta

from shared.errors import ThrottledError
from shared.flows import keys
from shared.kit.bucket import MILLI, Bucket
from shared.model.base import Json
from shared.model.retailer import Connection, Limits
from shared.ports import Clock, Put, Row, Store

TRIES = 8
LEASE = timedelta(seconds=2)  # a crashed holder wastes at most what it leased for this long
FIRST = 4  # calls of the first lease; each further one is twice as long


class LeasedPacer:
    """Spends from a local block, so that most calls cost no write to the store.

    Blocks begin at a few calls, since most invocations make no more, and double up to half a second
    of the vendor's rate. A block not spent within two seconds is given up: the bucket refills, so
    nothing is owed.
    """

    def __init__(
        self, connection: Connection, store: Store, clock: Clock, *, operation: str = ""
    ) -> None:
        self._connection = connection
        self._key = keys.rate(connection.name, operation)
        self._limits = connection.limits
        self._operations: dict[tuple[str, Limits], LeasedPacer] = {}
        self._store = store
        self._clock = clock
        self._held = 0
        self._block = 0
        self._until: datetime | None = None
        self._ceiling: Bucket | None = None

    def take(self, cost: int) -> None:
        now = self._clock.now()
        if self._until is None or now >= self._until:
            self._held = 0
        if self._held < cost:
            self._lease(cost, now)
        self._held -= cost

    def refund(self, points: int) -> None:
        self._held += points

    def observe(self, *, available: int | None, rate: int | None, spent: int) -> None:
        """The vendor's own count is lower when somebody else uses the account too.

        It was true when it was said and refills like ours; what is leased here is still to come
        off it.
        """
        del rate, spent
        if available is not None:
            level = max(available - self._held, 0) * MILLI
            limits = self._limits
            now = self._clock.now()
            self._ceiling = Bucket(level, now, limits.points_per_second, limits.bucket)

    def of(self, operation: str, limits: Limits) -> "LeasedPacer":
        """The bucket of one operation; its row is the same whatever limits it is asked with."""
        known = self._operations.get((operation, limits))
        if known is None:
            connection = self._connection.model_copy(update={"limits": limits})
            known = LeasedPacer(connection, self._store, self._clock, operation=operation)
            self._operations[operation, limits] = known
        return known

    def give_back(self) -> None:
        """Return what is leased and unspent, when its holder stops calling for now.

        A small rest is not worth a write: it lapses, or the next invocation here spends it.
        """
        for operation in self._operations.values():
            operation.give_back()
        self._block = 0
        now = self._clock.now()
        worth_it = self._held * FIRST >= self._limits.points_per_second
        if not worth_it or self._until is None or now >= self._until:
            return
        unspent, self._held = self._held, 0
        for _ in range(TRIES):
            row = self._store.get([self._key]).get(self._key)
            if row is None:
                return
            bucket = self._bucket(row, now).spent(-unspent)
            level = min(bucket.level, bucket.size * MILLI)
            body: dict[str, Json] = {"level": level, "at": bucket.at.isoformat()}
            if self._store.commit([Put(self._key, body, row.rev)])[0]:
                return

    def _lease(self, cost: int, now: datetime) -> None:
        self._block = min(max(FIRST * cost, 2 * self._block), self._limits.points_per_second // 2)
        wanted = max(cost - self._held, self._block)
        for _ in range(TRIES):
            row = self._store.get([self._key]).get(self._key)
            bucket = self._bucket(row, now)
            granted = min(wanted, max(bucket.level, 0) // MILLI)
            if self._held + granted < cost:
                raise ThrottledError(
                    f"rate of {self._key.pk} is used up", after=bucket.wait(cost - self._held)
                )
            left = bucket.spent(granted)
            body: dict[str, Json] = {"level": left.level, "at": left.at.isoformat()}
            if self._store.commit([Put(self._key, body, row.rev if row else 0)])[0]:
                self._held += granted
                self._until = now + LEASE
                self._ceiling = None
                return
        raise ThrottledError(f"rate of {self._key.pk} is contended", after=timedelta(seconds=1))

    def _bucket(self, row: Row | None, now: datetime) -> Bucket:
        size, rate = self._limits.bucket, self._limits.points_per_second
        if row is None:
            return Bucket(size * MILLI, now, rate, size)
        at = datetime.fromisoformat(str(row.body["at"]))
        bucket = Bucket(int(str(row.body["level"])), at, rate, size).refilled(now)
        if self._ceiling is None:
            return bucket
        return bucket.capped(self._ceiling.refilled(now).level // MILLI)
