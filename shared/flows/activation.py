"""Prices begin and end at their instant, though SQS delays by whole seconds and clocks differ.

Derivation notes the next instant of a SKU in its `wake` row. Whatever comes due soon is armed: one
message per second in which anything comes due, delayed until then, whose handling touches the rows
due by then. Their stream derives the SKUs again. Each minute the clock arms anew and touches what
is overdue, so a message may be early, late, doubled or lost.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.arming import HORIZON, SECOND, armed, arming, whole_second
from shared.flows.target_rows import hints
from shared.frozen import frozen
from shared.model.retailer import Retailer
from shared.ports import Clock, Put, Queues, Row, Store, Table

BATCH = 1000  # rows touched between two looks at the time that is left
TICK = timedelta(microseconds=1)


@frozen
class PriceClock:
    """Wakes the SKUs whose instant has come by touching their facts: derivation does the rest."""

    store: Store
    queues: Queues
    clock: Clock
    retailer: Retailer

    def run(self, *, out_of_time: Callable[[], bool]) -> int:
        """Arm what comes due within the horizon, then wake what is overdue; SKUs woken.

        The overdue are woken even if nothing can be armed. Most minutes have neither.
        """
        now = self.clock.now()
        if not self.store.due(Table.FACTS, keys.WAKE_LANE, until=now + HORIZON, limit=1):
            return 0
        try:
            self.queues.send(arming(self._soon(now), now=now, hints=hints(self.retailer)))
        finally:
            woken, finished = self._touch(now, out_of_time)
        if not finished:
            self.queues.send([armed(now, SECOND)])
        return woken

    def wake(self, body: Mapping[str, str], *, out_of_time: Callable[[], bool]) -> int:
        """Wake the SKUs due by the instant of the message; how many they were.

        RetryableError says when to look again: at the instant, or soon, when some are left.
        """
        at = _instant(body)
        now = self.clock.now()
        if now < at:
            raise RetryableError(f"it is not yet {at.isoformat()}", after=at - now)
        woken, finished = self._touch(at, out_of_time)
        if not finished:
            raise RetryableError(f"more is due by {at.isoformat()}", after=SECOND)
        return woken

    def _soon(self, now: datetime) -> Iterable[datetime]:
        """An instant of each second that has one, by one look at the lane per such second."""
        since, until = now, now + HORIZON
        while since <= until:
            rows = self.store.due(Table.FACTS, keys.WAKE_LANE, since=since, until=until, limit=1)
            if not rows:
                return
            at = _due(rows[0])
            if at is not None:
                yield at
            since = whole_second(max(at or since, since)) + TICK

    def _touch(self, until: datetime, out_of_time: Callable[[], bool]) -> tuple[int, bool]:
        """Touch what is due by then: how many rows, and whether all that the lane showed.

        A whole batch of which nothing could be touched is another's, or the index lags behind:
        both are over in a moment.
        """
        woken = 0
        while not out_of_time():
            rows = self.store.due(Table.FACTS, keys.WAKE_LANE, until=until, limit=BATCH)
            said = self.clock.now().isoformat()
            puts = [
                Put(row.key, {"at": None, "woken": said}, row.rev)
                for row in rows
                if (at := _due(row)) is not None and at <= until
            ]
            touched = sum(self.store.commit(puts))
            woken += touched
            if len(rows) < BATCH:
                return woken, True
            if not touched:
                break
        return woken, False


def _due(row: Row) -> datetime | None:
    """When this SKU is to be woken; the index may still name a row that was touched already."""
    at = row.body.get("at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def _instant(body: Mapping[str, str]) -> datetime:
    said = body.get("wake")
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        at = None
    if at is not None and at.tzinfo is not None:
        return at.astimezone(UTC)
    raise RejectedError(
        f"wake is {said!r}, not an instant with its offset",
        code="not_an_instant",
        field="wake",
        value=said,
        remedy="send it as 2026-11-27T00:00:00+00:00; what is due is woken each minute anyway",
    )
