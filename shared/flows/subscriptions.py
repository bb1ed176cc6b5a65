"""Webhook subscriptions that vanished are made anew, told of, and what was missed is read.

One row a connection says when all topics were last seen (`whole`), which were lost since (`lost`),
from when on orders have to be read (`unread`), and when to look again (`due`). What is lost is
written before it is made anew, and a poll counts once it has ended: a crash forgets neither.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.issues import Issues, Problem, locked_out
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Clock, Message, Put, Queues, Row, Store

EVERY: Final = timedelta(hours=1)
AGAIN: Final = timedelta(minutes=2)  # until a poll that has not ended is asked for once more
CHECK: Final[Mapping[str, str]] = {"hooks": "check"}
NOW: Final = "now"  # instead of `check`: whether or not it is time
KIND = IssueKind.WEBHOOK_LOST


class Subscriber(Protocol):
    """A vendor that sends webhooks to whoever has subscribed by its API."""

    def unsubscribed(self) -> Sequence[str]:
        """The topics we hear that are not sent to us."""
        ...

    def subscribe(self, topic: str) -> None:
        """Have it sent to us; none is made twice. RejectedError, or AccessError, if refused."""
        ...


@frozen
class Lookout:
    """Has the subscriptions of every connection that is `watched` looked at when it is time.

    Whoever looks may fail and say nothing: the row stays due, and the next minute asks again.
    `forgotten` are connections without one that this container has looked at: once is enough, since
    another file comes with another container.
    """

    store: Store
    queues: Queues
    clock: Clock
    issues: Issues
    retailer: Retailer
    forgotten: set[str]
    watched: Collection[str]

    def run(self) -> int:
        every = [connection.name for connection in self.retailer.connections]
        names = [name for name in every if name in self.watched]
        without = {*every} - {*names, *self.forgotten}
        wanted = {keys.hooks(name): name for name in (*names, *sorted(without))}
        rows = self.store.get(wanted) if wanted else {}
        now = self.clock.now()
        due = [name for name in names if _due(rows.get(keys.hooks(name)), now)]
        self.queues.send([Message(keys.read_queue(name), CHECK) for name in due])
        self._forget(row for key, row in rows.items() if wanted[key] in without)
        self.forgotten.update(without)
        return len(due)

    def _forget(self, rows: Iterable[Row]) -> None:
        """What was known of connections that no longer ask for it ends, their exceptions too."""
        known = [row for row in rows if row.body]
        if not known:
            return
        names = [row.key.pk.partition("#")[2] for row in known]
        self.issues.solve_all(KIND, names, by="nobody is to look any more")
        self.store.commit([Put(row.key, {}, row.rev) for row in known])


@frozen
class Subscriptions:
    connection: str
    vendor: Subscriber
    store: Store
    queues: Queues
    issues: Issues
    clock: Clock

    def check(self, *, now: bool = False) -> int:
        """Look, if it is time or asked for at once; how many topics were missing.

        Trouble is left to the next look.
        """
        key = keys.hooks(self.connection)
        row = self.store.get([key]).get(key) or Row(key, 0, {})
        if not now and not _due(row, self.clock.now()):
            return 0
        try:
            return self._read_up(row) if row.body.get("unread") else self._looked(row)
        except AccessError as error:
            self.issues.report([locked_out(self.connection, error)])
            self._write(row, dict(row.body), wait=EVERY)
        except RejectedError as error:
            self.issues.report([self._unseen(error)])
            self._write(row, dict(row.body), wait=EVERY)
        except (RetryableError, InDoubtError):
            pass
        return 0

    def _looked(self, row: Row) -> int:
        missing = self.vendor.unsubscribed()
        now = self.clock.now().isoformat()
        back = set(_lost(row)) - set(missing)
        body: dict[str, Json] = {"whole": row.body.get("whole"), "unread": now if back else None}
        if missing:
            self._make(row, body, missing)
        else:
            self.issues.solve(KIND, self.connection, by="every topic is subscribed")
            self._write(row, body | {"whole": now}, wait=timedelta() if back else EVERY)
        if back:
            self._poll()
        return len(missing)

    def _read_up(self, row: Row) -> int:
        """See that a poll has ended which began after what was lost was back; else ask again."""
        key = keys.cursor(self.connection, Entity.ORDER)
        cursor = self.store.get([key]).get(key)
        done, unread = cursor.body.get("done") if cursor else None, str(row.body["unread"])
        if done and datetime.fromisoformat(str(done)) >= datetime.fromisoformat(unread):
            wait = timedelta() if _lost(row) else EVERY
            self._write(row, dict(row.body) | {"unread": None}, wait=wait)
        else:
            self._write(row, dict(row.body), wait=AGAIN)
            self._poll()
        return 0

    def _poll(self) -> None:
        poll = {"poll": Entity.ORDER.value}
        self.queues.send([Message(keys.read_queue(self.connection), poll)])

    def _make(self, row: Row, body: dict[str, Json], missing: Sequence[str]) -> None:
        """Nothing is told of the first time, when none was there to be lost."""
        whole = body["whole"]
        if whole:
            self.issues.report([self._problem(missing, whole)])
        body = body | {"lost": list(missing)}
        written = self._write(row, body, wait=timedelta())
        if written is None:
            return
        refused = [error for topic in missing if (error := self._refused(topic))]
        if refused:
            self.issues.report([self._problem(missing, whole, refused[0])])
            self._write(written, body, wait=EVERY)

    def _refused(self, topic: str) -> Exception | None:
        try:
            self.vendor.subscribe(topic)
        except (RejectedError, AccessError) as error:
            return error
        return None

    def _write(self, row: Row, body: dict[str, Json], *, wait: timedelta) -> Row | None:
        body = body | {"due": (self.clock.now() + wait).isoformat()}
        written = self.store.commit([Put(row.key, body, row.rev)])[0]
        return Row(row.key, row.rev + 1, body) if written else None

    def _problem(
        self, topics: Sequence[str], whole: Json, refused: Exception | None = None
    ) -> Problem:
        since = f"last seen {whole}" if whole else "never seen"
        done = f"and are refused: {refused}" if refused else "and are made anew"
        return Problem(
            kind=KIND,
            subject=self.connection,
            connection=self.connection,
            summary=f"{self.connection} sends no webhook of {', '.join(topics)}: the subscriptions "
            f"are gone, {since}, {done}",
            remedy=_remedy(refused)
            if refused
            else "see why deliveries failed, or who reinstalled the app; nothing else to do",
            field="topics",
            value=", ".join(topics),
            replay={"queue": keys.read_queue(self.connection), "poll": Entity.ORDER.value},
        )

    def _unseen(self, error: RejectedError) -> Problem:
        return Problem(
            kind=KIND,
            subject=self.connection,
            connection=self.connection,
            summary=f"subscriptions of {self.connection} cannot be looked at: {error}",
            remedy=error.remedy or "report it to support; polls find what is not told",
            field=error.field,
            value=None if error.value is None else str(error.value)[:200],
        )


def _remedy(refused: Exception) -> str:
    said = refused.remedy if isinstance(refused, RejectedError) else None
    return said or "grant what the topics need and correct where they lead"


def _due(row: Row | None, now: datetime) -> bool:
    due = row.body.get("due") if row else None
    return due is None or datetime.fromisoformat(str(due)) <= now


def _lost(row: Row) -> list[str]:
    lost = row.body.get("lost")
    return [str(topic) for topic in lost] if isinstance(lost, list) else []
