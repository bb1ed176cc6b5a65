"""Take in a dropped file, of prices or of stock: in pieces, resumable, each refused row reported.

Messages carry keys only. A run that is begun goes on by a message that names it, so whatever fails
from then on is resumed where the last checkpoint stands. Between two checkpoints everything may be
done twice: what is applied again says nothing new, and the report is written over.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from shared.domain.price_rows import RowReader
from shared.errors import RejectedError, RetryableError
from shared.flows import import_run, keys
from shared.flows.apply import not_owner
from shared.flows.capture import Capture
from shared.flows.import_kinds import (
    KINDS,
    MOVEMENT,
    ORDER,
    PAYOUT,
    PRICE,
    SHIPMENT,
    Rows,
    line_of,
    owners,
    rows_of,
)
from shared.flows.import_pass import Pass
from shared.flows.import_run import Dropped, Run, dropped_as
from shared.flows.import_survey import SAMPLED, SurveyPass
from shared.flows.issues import Issues, Problem
from shared.flows.ledger import Ledger
from shared.frozen import frozen
from shared.kit.records.delimited import delimited
from shared.kit.records.jsons import jsons
from shared.kit.records.record import RECORD_MAX, Format, Place
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Clock, Files, Journal, Message, Piece, Queues, Store

HEAD: Final = 2 * RECORD_MAX
ALIVE: Final = timedelta(minutes=10)  # a run not heard of for this long was lost
TRIES: Final = 6
REPLACED: Final = "PreconditionFailed"
_CSV: Final = (".csv", ".txt")
_JSON: Final = (".json", ".ndjson", ".jsonl")


@frozen
class Importer:
    """Takes `{"file", "version", "at"}` of a file that was dropped, and what follows from it.

    That is `{"file", "run"}` of a run to go on with, and `{"file"}` of one to be read again. Orders
    go through `capture`.
    """

    store: Store
    files: Files
    queues: Queues
    issues: Issues
    clock: Clock
    retailer: Retailer
    journal: Journal
    capture: Capture | None = None

    def handle(self, message: Mapping[str, str], *, out_of_time: Callable[[], bool]) -> Run | None:
        """The run as far as it went, if the message was one to go on with."""
        try:
            dropped = self._dropped(message["file"])
            if self._is_owner(dropped):
                if "run" in message:
                    return self._resumed(dropped, message["run"], out_of_time)
                self._begun(dropped, message)
        except RejectedError as error:
            if error.code != REPLACED:  # a file put in its place tells of itself
                self.issues.report([self._refused(message["file"], error)])
        return None

    def _dropped(self, name: str) -> Dropped:
        dropped = dropped_as(name)
        known = self.retailer.tell_us
        if dropped and dropped.connection in known and dropped.entity in KINDS:
            return dropped
        raise RejectedError(
            f"{name} lies where no file is expected",
            field="file",
            value=name,
            remedy=f"drop it as drop/<connection>/<{', '.join(KINDS)}>/<file>; known are "
            f"{', '.join(known)}",
        )

    def _is_owner(self, dropped: Dropped) -> bool:
        if dropped.entity == MOVEMENT and not self.retailer.is_source(dropped.connection):
            raise RejectedError(
                f"movements of {dropped.connection} are not taken in: it is read itself",
                field="file",
                value=dropped.name,
                remedy="drop counts under stock, or name a source that is never called for the "
                "locations they are of",
            )
        believed = owners(dropped.entity, self.retailer)
        if dropped.entity == PAYOUT and not _compared(self.retailer):
            raise RejectedError(
                "payouts are not compared",
                field="file",
                value=dropped.name,
                remedy="set payout_days under [books] in the retailer's file, then drop it again",
            )
        if dropped.entity in {ORDER, PAYOUT} and dropped.connection not in believed:
            raise RejectedError(
                f"no channel sells over {dropped.connection}",
                field="file",
                value=dropped.name,
                remedy=f"drop it under a connection of a channel: {', '.join(believed)}",
            )
        if dropped.entity == SHIPMENT and dropped.connection not in believed:
            raise RejectedError(
                f"{dropped.connection} is no source",
                field="file",
                value=dropped.name,
                remedy=f"drop it under a source: {', '.join(believed) or 'none is known'}",
            )
        if dropped.connection not in believed:
            entity = KINDS[dropped.entity]
            owner = self.retailer.authority[entity]
            self.issues.report([not_owner(dropped.connection, entity, owner)])
        return dropped.connection in believed

    def _begun(self, dropped: Dropped, message: Mapping[str, str]) -> None:
        """Begin a run, unless this dropping is one that is known, or that was replaced since."""
        head = self.files.read(dropped.name, start=0, length=HEAD)
        if message.get("version", head.version) != head.version:
            return
        start = _format(dropped, head).start
        for _ in range(TRIES):
            rev, old = import_run.found(self.store, dropped.name)
            at = _dropped_at(message, head, old)
            run = self._new(head, at, start)
            if old and at < old.as_of:
                return
            if old and at == old.as_of and ("at" in message or not old.done):
                if old.done or run.started < old.heard + ALIVE:
                    return
                run = old
            if run == old or import_run.kept(self.store, dropped.name, run, expected=rev):
                self._go_on(dropped, run)
                return
        raise RetryableError(f"{dropped.name} is contended")

    def _new(self, head: Piece, at: datetime, start: Place) -> Run:
        now = self.clock.now()
        return Run(
            version=head.version,
            as_of=at,
            started=now,
            heard=now,
            offset=start.offset,
            line=start.line,
        )

    def _go_on(self, dropped: Dropped, run: Run) -> None:
        body = {"file": dropped.name, "run": run.name}
        self.queues.send([Message(keys.IMPORT_QUEUE, body)])

    def _resumed(self, dropped: Dropped, name: str, out_of_time: Callable[[], bool]) -> Run | None:
        """Read on from the last checkpoint, if the run is still the one that counts."""
        rev, run = import_run.found(self.store, dropped.name)
        if run is None or run.name != name or run.waits:
            return None
        if run.held:
            self.issues.solve(IssueKind.FEED_HELD, dropped.subject, by=run.by)
        if run.done:
            return None
        reading = self._pass(dropped, run, rev)
        if not reading.read_on(out_of_time):
            self._go_on(dropped, reading.run)
        return reading.run

    def _pass(self, dropped: Dropped, run: Run, rev: int) -> Pass:
        """The pass that looks at the file, where files are judged, or else the one that applies."""
        head = self.files.read(dropped.name, start=0, length=HEAD, version=run.version)
        known = _format(dropped, head)
        make: Callable[..., Pass] = Pass
        limits = self.retailer.feeds if dropped.entity == PRICE else None
        if limits is not None and not (run.survey and run.survey.done):
            make = partial(
                SurveyPass,
                reader=RowReader(self.retailer, dropped.connection, comma=_comma(head)),
                limits=limits,
                every=-(-head.size // SAMPLED),
                start=known.start,
            )
        return make(
            dropped=dropped,
            format=known,
            rows=self._rows(dropped, run, comma=_comma(head)),
            run=run,
            rev=rev,
            store=self.store,
            files=self.files,
            issues=self.issues,
            clock=self.clock,
        )

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store, self.journal, self.queues, self.issues, self.clock, self.retailer)

    def _rows(self, dropped: Dropped, run: Run, *, comma: bool) -> Rows:
        return rows_of(
            dropped,
            as_of=run.as_of,
            comma=comma,
            store=self.store,
            issues=self.issues,
            retailer=self.retailer,
            ledger=self.ledger,
            capture=self.capture,
        )

    def _refused(self, name: str, error: RejectedError) -> Problem:
        """A file of which nothing was read, or which is gone."""
        dropped = dropped_as(name)
        owner = self.retailer.authority[Entity.PRICE]
        ours = dropped is not None and dropped.connection in self.retailer.tell_us
        return Problem(
            kind=IssueKind.BAD_FILE,
            subject=dropped.subject if dropped else name.replace("#", "_"),
            connection=dropped.connection if dropped and ours else owner,
            summary=f"{name} was not taken in: {error}",
            remedy=error.remedy or "drop it again",
            field=error.field,
            value=str(error.value) if error.value is not None else None,
            replay={"queue": keys.IMPORT_QUEUE, "file": name},
        )


def _dropped_at(message: Mapping[str, str], head: Piece, old: Run | None) -> datetime:
    """When this version was dropped; the store knows it to the second, its message better."""
    if "at" in message:
        return datetime.fromisoformat(message["at"])
    return old.as_of if old and old.version == head.version else head.put_at


def _format(dropped: Dropped, head: Piece) -> Format:
    """How to read the file, by its name and its first bytes."""
    name = dropped.file.lower()
    if not head.size:
        raise RejectedError("it is empty", field="file", value=dropped.name, remedy="drop it again")
    _comma(head)
    if name.endswith(_CSV):
        line = line_of(dropped.entity)
        return delimited(head.content, known=line.columns, required=line.required)
    if name.endswith(_JSON):
        return jsons(head.content)
    raise RejectedError(
        f"its name ends in none of {', '.join(_CSV + _JSON)}",
        field="file",
        value=dropped.name,
        remedy="name it after what it is: CSV, a JSON array, or JSON line by line",
    )


def _comma(head: Piece) -> bool:
    """Whether decimals are declared to be written 19,99."""
    said = head.notes.get("decimal", "point")
    if said not in {"point", "comma"}:
        raise RejectedError(
            f"metadata decimal is {said!r}",
            field="decimal",
            value=said,
            remedy="declare the object's metadata decimal as point or comma",
        )
    return said == "comma"


def _compared(retailer: Retailer) -> bool:
    return retailer.books is not None and retailer.books.payout_days is not None
