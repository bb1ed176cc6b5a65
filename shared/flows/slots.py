"""Calls under way at once, counted across functions: a semaphore whose places are leased.

For vendors that refuse one call too many, whoever makes it. A function takes a place before its
first call and gives it back when it ends; one that dies loses it when its lease is over. Each place
is a row of its own, so that who ends and who begins do not contend.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.errors import ThrottledError
from shared.flows import keys
from shared.model.base import Json
from shared.ports import Clock, Key, Put, Row, Store

ROUNDS: Final = 3
LEASE: Final = timedelta(seconds=90)  # longer than a function may run
AGAIN: Final = timedelta(seconds=2)
FREE: Final[Mapping[str, Json]] = {"until": None}


def taken(row: Row | None, now: datetime) -> bool:
    """Whether somebody holds this place."""
    until = row.body["until"] if row else None
    return until is not None and datetime.fromisoformat(str(until)) > now


class Slots:
    """One place of a connection's, held or not; the one given back last is tried first, unseen."""

    def __init__(self, connection: str, count: int, store: Store, clock: Clock) -> None:
        self._keys = keys.slots(connection, count)
        self._store = store
        self._clock = clock
        self._mine: tuple[Key, int] | None = None
        self._left: tuple[Key, int] | None = None
        self._until: datetime | None = None
        self._last: int | None = None

    def hold(self) -> None:
        """Have a place, or raise ThrottledError saying when to come back."""
        now = self._clock.now()
        if self._mine is not None and self._until is not None and now < self._until - LEASE / 2:
            return
        known, self._mine, self._left = self._mine or self._left, None, None
        if known is not None and self._take(*known, now):
            return
        for _ in range(ROUNDS):
            rows = self._store.get(self._keys)
            free = [key for key in self._keys if not taken(rows.get(key), now)]
            if not free:
                raise ThrottledError(f"every place of {self._keys[0].pk} is taken", after=AGAIN)
            for key in self._from_mine(free, now):
                row = rows.get(key)
                if self._take(key, row.rev if row else 0, now):
                    return
        raise ThrottledError(f"the places of {self._keys[0].pk} are contended", after=AGAIN)

    def release(self) -> None:
        """Let somebody else call. Whose place was taken over has none to give back."""
        if self._mine is None:
            return
        (key, rev), self._mine = self._mine, None
        if self._store.commit([Put(key, FREE, rev)])[0]:
            self._left = key, rev + 1

    def _from_mine(self, free: list[Key], now: datetime) -> list[Key]:
        """Those that begin together begin at different places."""
        last = self._last if self._last is not None else now.microsecond // 1000
        first = last % len(self._keys)
        after = [key for key in free if self._keys.index(key) >= first]
        return after + free[: len(free) - len(after)]

    def _take(self, key: Key, rev: int, now: datetime) -> bool:
        until = now + LEASE
        if not self._store.commit([Put(key, {"until": until.isoformat()}, rev)])[0]:
            return False
        self._mine, self._until = (key, rev + 1), until
        self._last = self._keys.index(key)
        return True
