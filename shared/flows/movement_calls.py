"""Movements and counts that are posted: each line answered, and a repeat as the first time.

A body is our own form, one CloudEvent or a batch of them, or an EPCIS document. All become rows,
and one reader makes entries of them. A line that is refused is an exception as well: whoever posted
it may be a machine that nobody watches.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.domain.ledger import TOO_OLD
from shared.domain.movement_rows import UNMAPPED, EntryReader
from shared.errors import RejectedError
from shared.flows.calls import NOT_THE_OWNER, Answer, Calls, checked, malformed, refused_line
from shared.flows.gtins import articles
from shared.flows.issues import Issues, Problem
from shared.flows.ledger import Ledger, counted
from shared.flows.returns_moved import ReturnsMoved
from shared.frozen import frozen
from shared.kit import cloudevents
from shared.kit.epcis import rows as epcis
from shared.kit.records.jsons import row_of
from shared.model.issue import IssueKind
from shared.model.movement import Entry, Level, Movement
from shared.model.retailer import Retailer
from shared.ports import Clock, Store

LINES_MAX: Final = 500
CORRECTIONS_MAX: Final = 10  # lines of a call that may be a correction by hand
IGNORED: Final = "ignored"
"""What becomes of an event in which nothing moves between positions."""

_SHAPE: Final = (
    'send {"connection": "<name>", "movements": [{...}]} or "levels", a CloudEvent or a batch of '
    "them, or an EPCIS 2.0 document with ?connection=<name>"
)


@frozen
class Line:
    """One line as a row, or why it is none."""

    kind: str
    row: Mapping[str, object] | RejectedError


@frozen
class MovementCalls:
    ledger: Ledger
    store: Store
    issues: Issues
    clock: Clock
    retailer: Retailer
    returned: ReturnsMoved

    def take(self, said: object, *, caller: str, key: str, connection: str | None = None) -> Answer:
        """The answer to a call, line by line; RejectedError, with a code of ours, for all of it.

        `connection` names who an EPCIS document comes from, which itself does not say.
        """
        checked(key)
        source, lines = self._understood(said, connection or "")
        if not 0 < len(lines) <= LINES_MAX:
            problem = f"a call takes 1 to {LINES_MAX} lines"
            raise malformed("movements", len(lines), problem, _SHAPE)
        self._owns(source)
        return Calls(self.store, self.clock).once(
            [said, connection],
            caller=caller,
            key=key,
            apply=lambda as_of: self._applied(source, lines, as_of),
        )

    def _understood(self, said: object, connection: str) -> tuple[str, list[Line]]:
        events = epcis.events_of(said)
        if events is not None:
            return connection, self._seen(events, connection)
        match said:
            case {"connection": str(name), "movements": list(listed), **rest} if not rest:
                return name, [_line("movement", one) for one in listed]
            case {"connection": str(name), "levels": list(listed), **rest} if not rest:
                return name, [_line("level", one) for one in listed]
            case list():
                return _events(said)
            case {"specversion": _}:
                return _events([said])
        raise malformed("body", "", "the body is not of the form that is asked for", _SHAPE)

    def _seen(self, events: Sequence[object], source: str) -> list[Line]:
        """The lines of EPCIS events: several articles of one event are as many lines."""
        known = articles(epcis.gtins_of(events), self.store)
        ours = self.retailer.locations
        external = (location.external.get(source) for location in ours)
        places = frozenset([*(name for name in external if name), *(one.name for one in ours)])
        told = [one for event in events for one in epcis.rows_of(event, known, places)]
        return [Line(one.kind, one.row) for one in told]

    def _owns(self, source: str) -> None:
        if source not in self.retailer.stock_sources:
            tellers = ", ".join(self.retailer.stock_sources)
            raise RejectedError(
                f"{source} does not tell stock",
                code=NOT_THE_OWNER,
                field="connection",
                value=source,
                remedy=f"{tellers} tell stock: send it as one of them, or name {source} as the "
                "source of a location",
            )

    def _applied(self, source: str, lines: Sequence[Line], as_of: datetime) -> Answer:
        reader = EntryReader(self.retailer, source)
        read = [_read(reader, line, as_of) for line in lines]
        entries = {i: one for i, one in enumerate(read) if isinstance(one, Movement | Level)}
        taken = self.ledger.take(list(entries.values()), source=source)
        results = dict(zip(entries, taken.results, strict=True))
        self.returned.take(counted(entries.values(), taken), source=source)
        outcomes = [results.get(i, one or IGNORED) for i, one in enumerate(read)]
        self._tell(source, lines, outcomes)
        answered = [
            _answered(i + 1, one, outcome)
            for i, (one, outcome) in enumerate(zip(read, outcomes, strict=True))
        ]
        refused = sum(line["status"] == "refused" for line in answered)
        return {
            "connection": source,
            "as_of": as_of.isoformat(),
            "accepted": len(lines) - refused,
            "refused": refused,
            "lines": [dict(line) for line in answered],
        }

    def _tell(
        self,
        source: str,
        lines: Sequence[Line],
        outcomes: Sequence[object],
    ) -> None:
        """One exception per refused line; a small call may be the correction of some.

        What is too old is mostly told again by a source that was down: one a day tells of it all.
        """
        problems = [
            _problem(source, line, i + 1, outcome)
            for i, (line, outcome) in enumerate(zip(lines, outcomes, strict=True))
            if isinstance(outcome, RejectedError) and outcome.code != TOO_OLD
        ]
        old = [one for one in outcomes if isinstance(one, RejectedError) and one.code == TOO_OLD]
        if old:
            problems.append(_too_old(source, old, self.clock.now()))
        if len(lines) <= CORRECTIONS_MAX:
            accepted = [
                subject(source, _names(line.row))
                for line, outcome in zip(lines, outcomes, strict=True)
                if not isinstance(outcome, RejectedError)
            ]
            for kind in (IssueKind.BAD_MOVEMENT, IssueKind.UNMAPPED_LOCATION):
                self.issues.solve_all(kind, accepted, by="a corrected line")
        self.issues.report(problems)


def _events(listed: Sequence[object]) -> tuple[str, list[Line]]:
    """The lines of CloudEvents, which all come from one source."""
    sources = {cloudevents.source_of(one) for one in listed if isinstance(one, dict)}
    if len(sources) != 1 or not all(cloudevents.is_event(one) for one in listed):
        problem = "a batch holds CloudEvents of one source and nothing else"
        raise malformed("source", ", ".join(sorted(sources))[:100], problem, _SHAPE)
    return sources.pop(), [_of_event(one) for one in listed]


def _of_event(one: object) -> Line:
    assert isinstance(one, dict)  # noqa: S101 - so were they looked at
    try:
        kind, row = cloudevents.row_of(one)
    except RejectedError as error:
        return Line("movement", error)
    return Line(kind, row)


def _line(kind: str, one: object) -> Line:
    row = row_of(one)
    return Line(kind, {} if row is None else row)


def _read(reader: EntryReader, line: Line, as_of: datetime) -> Entry | RejectedError | None:
    """The entry of a line, why there is none, or None where nothing moved."""
    if isinstance(line.row, RejectedError):
        return line.row
    if line.kind == "nothing":
        return None
    try:
        if line.kind == "level":
            return reader.level(line.row, as_of=as_of)
        return reader.movement(line.row)
    except RejectedError as error:
        return error


def _answered(number: int, one: Entry | RejectedError | None, outcome: object) -> Answer:
    if isinstance(outcome, RejectedError):
        return refused_line(number, outcome)
    said: Answer = {"line": number, "status": str(outcome)}
    if isinstance(one, Movement | Level):
        said["sku"] = one.sku
    if isinstance(one, Movement):
        said["movement_id"] = one.movement_id
    return said


def subject(source: str, names: Mapping[str, str]) -> str:
    """What the exception of a line is named after: its movement, else its SKU and location."""
    named = names["movement_id"] or f"{names['sku']}/{names['location']}"
    return f"{source}/{named}".replace("#", "_")[:200]


def _too_old(source: str, errors: Sequence[RejectedError], now: datetime) -> Problem:
    error, day = errors[0], now.date().isoformat()
    return Problem(
        kind=IssueKind.BAD_MOVEMENT,
        subject=f"{source}/too old on {day}",
        connection=source,
        summary=f"{len(errors)} movements of a call of {source} were not counted: {error}",
        remedy=f"{error.remedy}; if they were told a second time, close this",
        field=error.field,
        value=str(error.value),
    )


def _names(row: Mapping[str, object] | RejectedError) -> dict[str, str]:
    """SKU, location and id as the row says them, whether they are right or not."""
    said = {} if isinstance(row, RejectedError) else row
    places = [str(said[n]) for n in ("location", "from_location", "to_location") if said.get(n)]
    return {
        "sku": str(said.get("sku", "")),
        "location": " to ".join(places),
        "movement_id": str(said.get("movement_id", "")),
    }


def _problem(source: str, line: Line, number: int, error: RejectedError) -> Problem:
    names = _names(line.row)
    what = f"{line.kind} {names['movement_id'] or number} of {source}"
    unmapped = error.code == UNMAPPED
    return Problem(
        kind=IssueKind.UNMAPPED_LOCATION if unmapped else IssueKind.BAD_MOVEMENT,
        subject=subject(source, names),
        connection=source,
        summary=f"{what} was not counted: {error}; SKU {names['sku'] or 'unknown'}, location "
        f"{names['location'] or 'unknown'}",
        remedy=f"{error.remedy}; then send it again",
        field=error.field,
        value=str(error.value)[:200],
    )
