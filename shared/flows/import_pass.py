"""One pass over a dropped file: apply, report, checkpoint, until it ends or time is up."""

from collections.abc import Callable, Sequence
from dataclasses import field
from itertools import batched
from typing import Final

from shared.errors import RejectedError
from shared.flows import import_run, keys, reports
from shared.flows.import_kinds import Rows
from shared.flows.import_run import Dropped, Run
from shared.flows.issues import Issues, Problem
from shared.frozen import slotted
from shared.kit.records.record import Format, Record
from shared.model.issue import IssueKind
from shared.ports import Clock, Files, Store

PIECE: Final = 1024 * 1024  # bytes read at once
CHUNK: Final = 500  # records applied at once
REPORT_MAX: Final = 256 * 1024  # bytes of a report held back before they are written


class OvertakenError(Exception):
    """Somebody else goes on with this run: what we did is done again by them, or was."""


@slotted
class Pass:
    """Reads on from `run`, whose row has the revision `rev`."""

    dropped: Dropped
    format: Format
    rows: Rows
    run: Run
    rev: int
    store: Store
    files: Files
    issues: Issues
    clock: Clock
    _lines: list[bytes] = field(default_factory=list)
    _carried: list[Record] = field(default_factory=list)

    def read_on(self, out_of_time: Callable[[], bool]) -> bool:
        """Whether nothing is left for us to do; if not, time is up."""
        try:
            written = reports.taken_over(self.files, self._report, self.run.written)
            self.run = self.run.reported(written)
            self._checkpoint()
            return self._to_the_end(out_of_time)
        except OvertakenError:
            return True

    @property
    def _report(self) -> str:
        return self.dropped.report(self.run.started)

    def _to_the_end(self, out_of_time: Callable[[], bool]) -> bool:
        while True:
            begun = self.run.offset
            piece = self.files.read(
                self.dropped.name, start=begun, length=PIECE, version=self.run.version
            )
            last = begun + len(piece.content) >= piece.size
            records = self.format.records(piece.content, self.run.place, last=last)
            for chunk in batched(records, CHUNK, strict=False):
                self._take(chunk)
                if out_of_time():
                    self._checkpoint()
                    return False
                if sum(map(len, self._lines)) > REPORT_MAX:
                    self._checkpoint()
            if last or self.run.lost:
                if self._carried:
                    self._take((), whole=True)
                return self._finish()
            self._carried.clear()
            self.rows.forget()
            if self.run.offset == begun:
                raise _endless(self.dropped.name, self.run.line)
            self._checkpoint()

    def _take(self, chunk: Sequence[Record], *, whole: bool = False) -> None:
        """Apply what can be understood, and note the rest for the report.

        Records of something that may go on are carried until it ends: a run that is resumed begins
        with them.
        """
        bad: list[tuple[int, RejectedError]] = []
        for record in chunk:
            try:
                if isinstance(record.row, RejectedError):
                    self.rows.end()
                    raise record.row
                if record.row is not None:
                    self.rows.read(record.row, record.line)
            except RejectedError as error:
                bad.append((record.line, error))
        applied, unkept = self.rows.keep(whole=whole)
        bad += unkept
        self._lines += [reports.line(number, error) for number, error in sorted(bad, key=_first)]
        done = self._done(chunk)
        rows = sum(record.row is not None for record in done)
        self.run = self.run.counted(applied, rows=rows, refused=len(bad))
        if done:
            self.run = self.run.at(done[-1].after)
        if done and done[-1].rest_lost:
            self.run = self.run.model_copy(update={"lost": done[-1].line})

    def _done(self, chunk: Sequence[Record]) -> Sequence[Record]:
        """Records whose outcome stands."""
        records, begun = [*self._carried, *chunk], self.rows.open
        done = records if begun is None else [one for one in records if one.line < begun]
        self._carried = records[len(done) :]
        return done

    def _checkpoint(self, *, done: bool = False) -> None:
        """The report before the row that counts it, and only while the run is ours."""
        if self._lines and import_run.found(self.store, self.dropped.name)[0] != self.rev:
            raise OvertakenError
        written = reports.added(self.files, self._report, self.run.written, self._lines)
        said = {"heard": self.clock.now(), "done": done}
        self.run = self.run.reported(written).model_copy(update=said)
        self._lines.clear()
        if not import_run.kept(self.store, self.dropped.name, self.run, expected=self.rev):
            raise OvertakenError
        self.rev += 1

    def _finish(self) -> bool:
        """Tell of what was refused before the run is done, so that the telling cannot be lost."""
        self._checkpoint()
        if self.run.refused or not self.run.rows:
            self.issues.report([self._problem()])
        else:
            self.issues.solve(IssueKind.BAD_FILE, self.dropped.subject, by="a later file")
        if self.run.survey is not None:
            import_run.remember(self.store, self.dropped, self.run.rows)
        self._checkpoint(done=True)
        return True

    def _problem(self) -> Problem:
        run = self.run
        lost = f"; from line {run.lost} on nothing could be read" if run.lost else ""
        report = f"the report is {self._report}-*.ndjson" if run.refused else "it holds no row"
        return Problem(
            kind=IssueKind.BAD_FILE,
            subject=self.dropped.subject,
            connection=self.dropped.connection,
            summary=f"{run.refused} of {run.rows} rows of {self.dropped.name} were refused{lost}; "
            f"{run.changed} cards changed, {run.unchanged} said nothing new; {report}",
            remedy="correct the rows that the report names, and drop them under the same name",
            field="rows",
            value=str(run.refused),
            replay={"queue": keys.IMPORT_QUEUE, "file": self.dropped.name},
        )


def _endless(name: str, line: int) -> RejectedError:
    return RejectedError(
        f"no record ends within {PIECE} bytes of line {line}",
        field="line",
        value=line,
        remedy=f"correct {name} from that line on, and drop it again",
    )


def _first(one: tuple[int, RejectedError]) -> int:
    return one[0]
