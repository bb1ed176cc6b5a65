"""Read a connection: scheduled polls that lose nothing, and single re-reads that hints ask for."""

from collections.abc import Callable, Mapping
from copy import replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.flows import keys
from shared.flows.issues import Issues, Problem, lockout_told
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Clock, Message, Put, Queues, Row, Store

RUN_MAX = timedelta(minutes=10)  # a poll run not heard of for this long was lost, and starts anew
TRIES = 6
VALUE_MAX = 120
ASKED = ("poll", "release", "read")
"""Words of which a message holds one; the first counts."""


class Part(Protocol):
    """One kind of thing a connection is read for."""

    def read(self, key: str) -> None:
        """Keep the present truth of one thing."""
        ...

    def page(self, since: datetime | None, page: str | None, *, began: datetime) -> str | None:
        """Keep one page whole of what changed since, and say where the next one starts."""
        ...


@frozen
class Run:
    """One pass over everything that changed since `since`; `page` is the next one to read.

    `row` is the cursor as this run last read or wrote it: nobody else writes it, unless the run was
    given up as lost or its message came twice. `asked` is the instant of the schedule it answers.
    """

    started: datetime
    since: datetime | None
    page: str | None
    row: Row
    asked: str | None = None


@frozen
class Reader:
    """`parts` make what the connection is read for; `release` looks at an order of it again.

    The latter is told the order and for which reason, if any, it is no longer to be held.
    """

    connection: str
    parts: Mapping[Entity, Callable[[], Part]]
    store: Store
    queues: Queues
    issues: Issues
    clock: Clock
    retailer: Retailer
    release: Callable[[str, str], object] | None = None

    def handle(self, message: Mapping[str, str], *, out_of_time: Callable[[], bool]) -> None:
        """Poll, re-read, or release a hold.

        A poll is `{"poll": entity}`, with `at` if a schedule asks; a re-read
        `{"read": entity, "key": key}`. What asks for anything else is kept as an exception.
        """
        problem = self._misdirected(message)
        if problem is not None:
            self.issues.report([problem])
            return
        with lockout_told(self.issues, self.connection):
            if "poll" in message:
                self._poll(Entity(message["poll"]), message, out_of_time)
            elif "release" in message and self.release is not None:
                self.release(message["release"], message.get("waive", ""))
            else:
                self.parts[Entity(message["read"])]().read(message["key"])

    def _misdirected(self, message: Mapping[str, str]) -> Problem | None:
        """What no trying again would do here: a word that is none, or meant for another queue."""
        asked = next((word for word in ASKED if word in message), "read")
        if asked == "release":
            known = self.release is not None
            remedy = f"{self.connection} captures no orders; release it by its channel's connection"
        else:
            choices = ", ".join(self.parts)
            known = message.get(asked, "") in self.parts
            remedy = f"{self.connection} is read for {choices}; send one of them, or ask another"
        field = asked
        if known and asked == "read" and not message.get("key"):
            known, field = False, "key"
            remedy = f"say which {message[asked]} to read"
        return None if known else self._unfit(message, field, remedy)

    def _unfit(self, message: Mapping[str, str], field: str, remedy: str) -> Problem:
        value = str(message.get(field, ""))[:VALUE_MAX]
        which = (value, str(message["key"])[:VALUE_MAX]) if message.get("key") else (value,)
        return Problem(
            kind=IssueKind.BAD_MESSAGE,
            subject="/".join((self.connection, field, *which)).replace("#", "_"),
            connection=self.connection,
            summary=f"a message to read {self.connection} says {field} {value!r}",
            remedy=remedy,
            field=field,
            value=value,
            replay={**message, "queue": keys.read_queue(self.connection)},
        )

    def _poll(
        self, entity: Entity, message: Mapping[str, str], out_of_time: Callable[[], bool]
    ) -> None:
        """Begin a run, or read its pages: whatever fails then, the message names what to resume.

        A schedule names its instant, and finds its run by it; a wish of somebody else goes on by a
        message that names the run.
        """
        if "run" in message:
            run = self._resumed(entity, message["run"])
        else:
            asked = message.get("at")
            run = self._begun(entity, asked) or (None if asked else self._unread(entity))
            if run is not None and run.asked is None:
                self._go_on(entity, run)
                return
        while run is not None:
            page = self._page(entity, run)
            run = self._advanced(run, page)
            if run is not None and out_of_time():
                self._go_on(entity, run)
                return

    def _go_on(self, entity: Entity, run: Run) -> None:
        body = {"poll": entity.value, "run": run.started.isoformat()}
        self.queues.send([Message(keys.read_queue(self.connection), body)])

    def _page(self, entity: Entity, run: Run) -> str | None:
        """Handle one page whole, and say where the next one starts."""
        return self.parts[entity]().page(run.since, run.page, began=run.started)

    def _row(self, entity: Entity) -> Row:
        key = keys.cursor(self.connection, entity)
        return self.store.get([key]).get(key) or Row(key, 0, {})

    def _begun(self, entity: Entity, asked: str | None) -> Run | None:
        """A new run, or the one that this instant began; None while another one is alive.

        None as well if a run that began later than this instant has read everything.
        """
        for _ in range(TRIES):
            row = self._row(entity)
            now, done = self.clock.now(), row.body.get("done")
            if asked and row.body.get("run") and row.body.get("asked") == asked:
                return _left(row)
            if row.body.get("run") and now < _at(row.body["heard"]) + RUN_MAX:
                return None
            if asked and done and _at(asked) <= _at(done):
                return None
            overlap = self.retailer.connection(self.connection).overlap
            run = Run(now, _at(done) - overlap if done else None, page=None, row=row, asked=asked)
            if (begun := self._write(run, done=done)) is not None:
                return begun
        return None

    def _unread(self, entity: Entity) -> Run | None:
        """A run somebody wished for of which nothing is read yet: whoever began it may have died.

        To be sent on twice costs a page that is read twice at most.
        """
        row = self._row(entity)
        run = _left(row) if row.body.get("run") else None
        return run if run is not None and run.asked is None and run.page is None else None

    def _resumed(self, entity: Entity, started: str) -> Run | None:
        row = self._row(entity)
        return _left(row) if row.body.get("run") == started else None

    def _advanced(self, run: Run, page: str | None) -> Run | None:
        """The cursor moves only past what was kept; the last page makes the run count."""
        if page is None:
            self._write(run, done=run.started.isoformat(), ended=True)
            return None
        return self._write(replace(run, page=page), done=run.row.body.get("done"))

    def _write(self, run: Run, *, done: Json, ended: bool = False) -> Run | None:
        """The run with the cursor as it is now; None if somebody else wrote it."""
        now = self.clock.now().isoformat()
        said = now if ended else run.row.body.get("ended")
        body: dict[str, Json] = {"done": done, "heard": now, "ended": said}
        if not ended:
            body |= {
                "run": run.started.isoformat(),
                "since": run.since.isoformat() if run.since else None,
                "page": run.page,
                "asked": run.asked,
            }
        key, rev = run.row.key, run.row.rev
        written = self.store.commit([Put(key, body, rev)])[0]
        return replace(run, row=Row(key, rev + 1, body)) if written else None


def _left(row: Row) -> Run:
    """A run as its cursor has it."""
    since, page, asked = (row.body.get(name) for name in ("since", "page", "asked"))
    return Run(
        started=_at(row.body["run"]),
        since=_at(since) if since else None,
        page=str(page) if page else None,
        row=row,
        asked=str(asked) if asked else None,
    )


def _at(text: Json) -> datetime:
    return datetime.fromisoformat(str(text))
