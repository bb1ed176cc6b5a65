"""One logical owner at a time, fenced, and no wake-up lost while somebody else owns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from shared.flows import keys
from shared.model.base import Json
from shared.ports import Clock, Put, Row, Store

TRIES = 8
GRACE = timedelta(seconds=5)  # coming back this much later than meant is in time


class Released(StrEnum):
    """What became of giving a lease up."""

    DONE = "done"
    COVERED = "covered"  # somebody comes back in time already
    WANTED = "wanted"  # somebody left word: look once more


@dataclass(frozen=True, slots=True)
class Lease:
    """`fence` grows with every owner; `rev` is the revision of the row we last wrote."""

    name: str
    fence: int
    rev: int
    until: datetime


class Leases:
    def __init__(self, store: Store, clock: Clock, *, length: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._length = length

    def acquire(self, name: str) -> Lease | None:
        """Become the owner, or leave word for the present one that there is more to do."""
        for _ in range(TRIES):
            row = self._row(name)
            if row is not None and self._owned(row):
                if row.body["wanted"] is True or self._write(name, row, wanted=True):
                    return None
                continue
            fence = int(str(row.body["fence"])) + 1 if row else 1
            until = self._clock.now() + self._length
            if self._commit(name, row, fence=fence, until=until, wanted=False):
                return Lease(name, fence, (row.rev if row else 0) + 1, until)
        return None

    def renew(self, lease: Lease) -> Lease | None:
        """Own it for longer; None when it was lost meanwhile.

        Nobody can have taken it while more than half of it is left: then nothing is written.
        """
        if lease.until - self._clock.now() > self._length / 2:
            return lease
        return self._rewrite(lease, until=self._clock.now() + self._length)

    def release(self, lease: Lease, *, again: datetime | None = None) -> Released:
        """Give it up. `again` is when the owner means to come back, which the row remembers.

        Whoever is told that somebody comes back in time need not come back as well; otherwise
        every hint that finds a vendor out of reach would begin a round of its own.
        """
        for _ in range(TRIES):
            row = self._row(lease.name)
            if row is None or row.body["fence"] != lease.fence:
                return Released.DONE
            now = self._clock.now()
            if row.body["wanted"] is True:
                self._commit(lease.name, row, fence=lease.fence, until=now, wanted=False)
                return Released.WANTED
            armed = _armed(row)
            covered = again is not None and armed is not None and now < armed <= again + GRACE
            said = armed if covered else again
            if self._commit(
                lease.name, row, fence=lease.fence, until=now, wanted=False, armed=said
            ):
                return Released.COVERED if covered else Released.DONE
        return Released.WANTED

    def _rewrite(self, lease: Lease, *, until: datetime) -> Lease | None:
        for _ in range(TRIES):
            row = self._row(lease.name)
            if row is None or row.body["fence"] != lease.fence:
                return None
            if self._commit(lease.name, row, fence=lease.fence, until=until, wanted=False):
                return Lease(lease.name, lease.fence, row.rev + 1, until)
        return None

    def _row(self, name: str) -> Row | None:
        key = keys.lease(name)
        return self._store.get([key]).get(key)

    def _owned(self, row: Row) -> bool:
        return datetime.fromisoformat(str(row.body["until"])) > self._clock.now()

    def _write(self, name: str, row: Row, *, wanted: bool) -> bool:
        until = datetime.fromisoformat(str(row.body["until"]))
        fence = int(str(row.body["fence"]))
        return self._commit(name, row, fence=fence, until=until, wanted=wanted)

    def _commit(
        self,
        name: str,
        row: Row | None,
        *,
        fence: int,
        until: datetime,
        wanted: bool,
        armed: datetime | Literal["as before"] | None = "as before",
    ) -> bool:
        if armed == "as before":
            armed = _armed(row)
        body: dict[str, Json] = {"fence": fence, "until": until.isoformat(), "wanted": wanted}
        if isinstance(armed, datetime):
            body["armed"] = armed.isoformat()
        return self._store.commit([Put(keys.lease(name), body, row.rev if row else 0)])[0]


def _armed(row: Row | None) -> datetime | None:
    """When the last owner said somebody would come back."""
    said = row.body.get("armed") if row else None
    return datetime.fromisoformat(str(said)) if said else None
