"""A circuit breaker for a connection: who fails again and again is left alone, then tried again.

Failures are 5xx answers, time-outs, broken connections and refused credentials; to be throttled is
none. The state is one row of the connection, so what one function has learnt all know when they
next lease rate. While it is closed and nothing fails, nothing is written.
"""

from collections.abc import Callable
from contextlib import suppress
from copy import replace
from datetime import datetime, timedelta
from typing import Final, Self

from shared.errors import SyncError, UnreachableError
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.issue import IssueKind
from shared.ports import Clock, Put, Row, Store

FAILURES: Final = 5
FIRST: Final = timedelta(seconds=15)  # open for so long, and twice as long after each failed probe
LONGEST: Final = timedelta(minutes=5)
PROBE: Final = timedelta(seconds=30)  # longer than a call may take
TRIES: Final = 4


@frozen
class Circuit:
    """`failures` in a row; open `until` an instant if `trips` is not 0; `why` is the last one."""

    failures: int = 0
    trips: int = 0
    until: datetime | None = None
    since: datetime | None = None
    why: str = ""

    @property
    def open(self) -> bool:
        return self.trips > 0

    @property
    def clear(self) -> bool:
        return not self.failures and not self.open

    def failed(self, why: str, now: datetime) -> "Circuit":
        """One failure more; the last of too many opens it, and each while it is open lengthens."""
        failures = self.failures + 1
        if failures < FAILURES and not self.open:
            return replace(self, failures=failures, why=why)
        wait = min(FIRST * 2 ** min(self.trips, 10), LONGEST)
        since = self.since or now
        return Circuit(failures, self.trips + 1, now + wait, since, why)

    def probing(self, now: datetime) -> "Circuit":
        """Somebody tries whether it works again; the others wait for what comes of it."""
        return replace(self, until=now + PROBE)

    def body(self) -> dict[str, Json]:
        return {
            "failures": self.failures,
            "trips": self.trips,
            "until": self.until.isoformat() if self.until else None,
            "since": self.since.isoformat() if self.since else None,
            "why": self.why,
        }

    @classmethod
    def of(cls, row: Row | None) -> Self:
        if row is None:
            return cls()
        until, since = row.body.get("until"), row.body.get("since")
        return cls(
            failures=int(str(row.body["failures"])),
            trips=int(str(row.body["trips"])),
            until=datetime.fromisoformat(str(until)) if until else None,
            since=datetime.fromisoformat(str(since)) if since else None,
            why=str(row.body["why"]),
        )


class Breaker:
    """The circuit of one connection as this container knows it."""

    def __init__(self, connection: str, store: Store, issues: Issues, clock: Clock) -> None:
        self._connection = connection
        self._key = keys.breaker(connection)
        self._store = store
        self._issues = issues
        self._clock = clock
        self._known = Circuit()
        self._rev = 0
        self._probes = False

    @property
    def shut(self) -> bool:
        """Whether this container knows that nobody is to call now."""
        return self._known.open and not self._probes

    def read(self, row: Row | None) -> None:
        """What the row says, which whoever leases rate reads anyway.

        Raises UnreachableError while the vendor is left alone. Once that time is over one caller
        goes on, and its call decides.
        """
        self._known, self._rev = Circuit.of(row), row.rev if row else 0
        if not self.shut:
            return
        now = self._clock.now()
        until = self._known.until or now
        if now >= until:
            if self._probe(now):
                return
            until = now + PROBE
        raise UnreachableError(
            f"{self._connection} failed {self._known.failures} times in a row: {self._known.why}",
            after=max(until - now, timedelta(seconds=1)),
        )

    def failed(self, why: str) -> None:
        """A call failed; the last of several in a row opens the circuit and tells of it."""
        self._probes = False
        now = self._clock.now()

        def step(circuit: Circuit) -> Circuit:
            new = circuit.failed(why, now)
            if new.trips == 1:  # told before it is so, or a crash leaves it untold
                self._issues.report([self._problem(new)])
            return new

        with suppress(SyncError):
            self._change(step)

    def succeeded(self) -> None:
        """The vendor answered, and not that it cannot."""
        self._probes = False
        if self._known.clear:
            return
        with suppress(SyncError):
            by = "a call that succeeded"
            self._issues.solve(IssueKind.CIRCUIT_OPEN, self._connection, by=by)
            self._change(lambda _: Circuit())

    def _probe(self, now: datetime) -> bool:
        probing = self._known.probing(now)
        if self._store.commit([Put(self._key, probing.body(), self._rev)])[0]:
            self._known, self._rev, self._probes = probing, self._rev + 1, True
        return self._probes

    def _change(self, step: Callable[[Circuit], Circuit]) -> None:
        """Write what follows from a call, on top of what others wrote.

        Whoever calls lets it fail: the call's own outcome counts more than what is remembered of
        it, and the next call tells again.
        """
        for _ in range(TRIES):
            new = step(self._known)
            if self._store.commit([Put(self._key, new.body(), self._rev)])[0]:
                self._known, self._rev = new, self._rev + 1
                return
            row = self._store.get([self._key]).get(self._key)
            self._known, self._rev = Circuit.of(row), row.rev if row else 0

    def _problem(self, circuit: Circuit) -> Problem:
        return Problem(
            kind=IssueKind.CIRCUIT_OPEN,
            subject=self._connection,
            connection=self._connection,
            summary=f"{self._connection} failed {circuit.failures} times in a row ({circuit.why}) "
            "and is left alone; what is for it waits",
            remedy="see whether the vendor has an outage and whether our credentials are good; it "
            "is tried again by itself, and this is closed by the first call that succeeds",
            field="why",
            value=circuit.why,
        )
