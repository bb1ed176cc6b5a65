"""Calls under way at once, counted across functions: a semaphore whose places are leased.

For vendors that refuse one call too many, whoever makes it. A function takes a place before its
first call and gives it back when it ends; one that dies loses it when its lease is over.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.errors import RetryableError, ThrottledError
from shared.flows import keys
from shared.model.base import Json
from shared.ports import Clock, Put, Row, Store

TRIES: Final = 12
LEASE: Final = timedelta(seconds=90)  # longer than a function may run
AGAIN: Final = timedelta(seconds=2)


class Slots:
    """One place of a connection's, held or not."""

    def __init__(self, connection: str, count: int, store: Store, clock: Clock) -> None:
        self._key = keys.slots(connection)
        self._count = count
        self._store = store
        self._clock = clock
        self._mine: str | None = None
        self._until: datetime | None = None

    def hold(self) -> None:
        """Have a place, or raise ThrottledError saying when to come back."""
        now = self._clock.now()
        if self._mine is not None and self._until is not None and now < self._until - LEASE / 2:
            return
        for _ in range(TRIES):
            row = self._store.get([self._key]).get(self._key)
            places, last = _read(row)
            taken = {name: at for name, at in places.items() if at > now and name != self._mine}
            if len(taken) >= self._count:
                self._mine = None
                raise ThrottledError(f"every place of {self._key.pk} is taken", after=AGAIN)
            name, until = str(last + 1), now + LEASE
            if self._write(row, {**taken, name: until}, last + 1):
                self._mine, self._until = name, until
                return
        raise ThrottledError(f"{self._key.pk} is contended", after=AGAIN)

    def release(self) -> None:
        """Let somebody else call."""
        if self._mine is None:
            return
        name, self._mine = self._mine, None
        for _ in range(TRIES):
            row = self._store.get([self._key]).get(self._key)
            places, last = _read(row)
            if name not in places:
                return
            if self._write(row, {n: at for n, at in places.items() if n != name}, last):
                return
        raise RetryableError(f"{self._key.pk} is contended")

    def _write(self, row: Row | None, places: dict[str, datetime], last: int) -> bool:
        held: dict[str, Json] = {name: at.isoformat() for name, at in places.items()}
        put = Put(self._key, {"places": held, "last": last}, row.rev if row else 0)
        return self._store.commit([put])[0]


def _read(row: Row | None) -> tuple[dict[str, datetime], int]:
    """Who holds a place until when, and the number last given."""
    places = row.body.get("places") if row else None
    held = places if isinstance(places, dict) else {}
    last = int(str(row.body["last"])) if row else 0
    return {name: datetime.fromisoformat(str(at)) for name, at in held.items()}, last
