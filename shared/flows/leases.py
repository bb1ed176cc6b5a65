"""One logical owner at a time, fenced, and no wake-up lost while somebody else owns."""

from collections.abc import Iterable
from copy import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.flows import keys
from shared.frozen import frozen
from shared.model.base import Json
from shared.ports import Clock, Put, Row, Store

TRIES = 8
GRACE = timedelta(seconds=5)  # coming back this much later than meant is in time
SLACK = GRACE  # instants after the next one are kept as multiples of it
KEPT = 16  # of them, at most; the last is always one
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Released(StrEnum):
    """What became of giving a lease up."""

    DONE = "done"
    COVERED = "covered"  # somebody comes back in time already
    WANTED = "wanted"  # somebody left word: look once more


@frozen
class Lease:
    """`fence` grows with every owner; `row` is the row as its owner last wrote it.

    `since` is when the owner began to look: what was due by then is no longer ahead.
    """

    name: str
    fence: int
    since: datetime
    until: datetime
    row: Row


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
                if row.body["wanted"] is True or self._write(row, wanted=True):
                    return None
                continue
            fence = int(str(row.body["fence"])) + 1 if row else 1
            before = row or Row(keys.lease(name), 0, {})
            now = self._clock.now()
            until = now + self._length
            mine = self._write(before, fence=fence, until=until.isoformat(), wanted=False)
            if mine is not None:
                return Lease(name, fence, now, until, mine)
        return None

    def renew(self, lease: Lease) -> Lease | None:
        """Own it for longer; None when it was lost meanwhile.

        Nobody can have taken it while more than half of it is left: then nothing is written.
        """
        if lease.until - self._clock.now() > self._length / 2:
            return lease
        row: Row | None = lease.row
        for _ in range(TRIES):
            if row is None or row.body["fence"] != lease.fence:
                return None
            until = self._clock.now() + self._length
            mine = self._write(row, until=until.isoformat(), wanted=False)
            if mine is not None:
                return replace(lease, until=until, row=mine)
            row = self._row(lease.name)
        return None

    def release(
        self, lease: Lease, *, later: Iterable[datetime] = ()
    ) -> tuple[Released, datetime | None]:
        """Give it up; what became of that, and when somebody has to come back.

        `later` is when the owner means to, and earlier owners' instants are remembered with it: a
        message comes back for the first of them, and whoever it makes the owner knows of the next.
        Whoever is told that somebody comes back in time need not come back as well; otherwise
        every hint that finds a vendor out of reach would begin a round of its own. Mostly nobody
        has written since the owner did: the row is read only if somebody has.
        """
        row: Row | None = lease.row
        wishes = set(later)
        for _ in range(TRIES):
            if row is None or row.body["fence"] != lease.fence:
                break
            now = self._clock.now()
            wanted = row.body["wanted"] is True
            armed = _armed(row)
            ahead = sorted(wishes | {at for at in _later(row) if at > lease.since})
            again = ahead[0] if ahead else None
            covered = again is not None and armed is not None and now < armed <= again + GRACE
            over: dict[str, Json] = {"until": now.isoformat(), "wanted": False}
            over["later"] = [at.isoformat() for at in _few(ahead)]
            if not wanted and not covered:
                over["armed"] = again.isoformat() if again else None
            if self._write(row, **over) is not None:
                if wanted:
                    return Released.WANTED, again
                return Released.COVERED if covered else Released.DONE, again
            row = self._row(lease.name)
        lost = row is None or row.body["fence"] != lease.fence
        return Released.DONE if lost else Released.WANTED, min(wishes, default=None)

    def _row(self, name: str) -> Row | None:
        key = keys.lease(name)
        return self._store.get([key]).get(key)

    def _owned(self, row: Row) -> bool:
        return datetime.fromisoformat(str(row.body["until"])) > self._clock.now()

    def _write(self, row: Row, **over: Json) -> Row | None:
        """The row as it is now; None if somebody wrote it since it was read."""
        put = Put(row.key, {**row.body, **over}, row.rev)
        return Row(put.key, put.expected + 1, put.body) if self._store.commit([put])[0] else None


def _armed(row: Row) -> datetime | None:
    """When the last owner said somebody would come back."""
    said = row.body.get("armed")
    return datetime.fromisoformat(str(said)) if said else None


def _later(row: Row) -> list[datetime]:
    """When somebody has to look again, as far as former owners knew."""
    said = row.body.get("later")
    return [datetime.fromisoformat(str(at)) for at in said] if isinstance(said, list) else []


def _few(ahead: list[datetime]) -> list[datetime]:
    """The next of these instants, and the others each a little later, so that many become one."""
    rounded = sorted({_rounded_up(at) for at in ahead[1:]})
    return [*ahead[:1], *rounded[: KEPT - 2], *rounded[KEPT - 2 :][-1:]]


def _rounded_up(at: datetime) -> datetime:
    return at + (_EPOCH - at) % SLACK
