"""One logical owner at a time, fenced, and no wake-up lost while somebody else owns."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.flows import keys
from shared.model.base import Json
from shared.ports import Clock, Put, Row, Store

TRIES = 8


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

    def release(self, lease: Lease) -> bool:
        """Give it up; False when somebody left word, and the owner must look once more."""
        for _ in range(TRIES):
            row = self._row(lease.name)
            if row is None or row.body["fence"] != lease.fence:
                return True
            if row.body["wanted"] is True:
                self._commit(
                    lease.name, row, fence=lease.fence, until=self._clock.now(), wanted=False
                )
                return False
            now = self._clock.now()
            if self._commit(lease.name, row, fence=lease.fence, until=now, wanted=False):
                return True
        return False

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
        self, name: str, row: Row | None, *, fence: int, until: datetime, wanted: bool
    ) -> bool:
        body: dict[str, Json] = {"fence": fence, "until": until.isoformat(), "wanted": wanted}
        return self._store.commit([Put(keys.lease(name), body, row.rev if row else 0)])[0]
