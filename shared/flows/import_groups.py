"""Rows of a dropped file of which several that follow each other make one thing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import ClassVar, Protocol

from shared.domain.order_rows import Fault, Numbered
from shared.errors import RejectedError
from shared.flows.apply import Applied
from shared.frozen import slotted

type Refused = tuple[int, RejectedError]


class Making[T](Protocol):
    """What rows make, and what becomes of it; `column` names which rows are of one thing."""

    column: ClassVar[str]
    what: ClassVar[str]

    def name(self, row: Mapping[str, object]) -> str:
        """Which thing a row is of; nothing if it is one by itself."""
        ...

    def made(self, rows: Sequence[Numbered]) -> T | list[Fault]: ...
    def take(self, made: T) -> bool:
        """Keep it, and say whether that changed anything; RejectedError if it cannot be kept."""
        ...


@slotted
class Groups[T]:
    """The last group may go on in what is read next."""

    making: Making[T]
    _group: list[Numbered] = field(default_factory=list)
    _closed: list[list[Numbered]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int | None:
        return self._group[0].line if self._group else None

    def read(self, row: Mapping[str, object], line: int) -> None:
        """Hold a row; what is wrong with it is told with its group."""
        name = self.making.name
        if self._group and name(row) != name(self._group[0].row):
            self.end()
        self._group.append(Numbered(line, row))
        if not name(row):
            self.end()

    def keep(self, *, whole: bool) -> tuple[Applied, Sequence[Refused]]:
        if whole:
            self.end()
        closed, self._closed = self._closed, []
        applied, refused = Applied(), list[Refused]()
        for rows in closed:
            made = self._again(rows) or self.making.made(rows)
            if isinstance(made, list):
                refused += self._told(rows, made)
                continue
            try:
                changed = self.making.take(made)
            except RejectedError as error:
                refused += self._told(rows, [Fault(rows[0].line, error)])
                continue
            applied.changed += changed
            applied.unchanged += not changed
        return applied, refused

    def forget(self) -> None:
        self._group.clear()

    def end(self) -> None:
        if self._group:
            self._closed.append(self._group)
            self._group = []

    def _again(self, rows: Sequence[Numbered]) -> list[Fault] | None:
        """One whose lines do not follow each other would be taken for a shorter one."""
        name, what, column = self.making.name(rows[0].row), self.making.what, self.making.column
        if not name:
            return None
        line = self._seen.setdefault(name, rows[0].line)
        if line == rows[0].line:
            return None
        problem = f"{column}: the {what} began in line {line} already"
        remedy = f"let all lines of one {what} follow each other"
        refusal = RejectedError(problem, field=column, value=name[:100], remedy=remedy)
        return [Fault(rows[0].line, refusal)]

    def _told(self, rows: Sequence[Numbered], found: Sequence[Fault]) -> Iterable[Refused]:
        """Every fault, and of each further row of it that it was refused with the others."""
        bad = {fault.line for fault in found}
        yield from ((fault.line, fault.error) for fault in found)
        what = self.making.what
        for one in rows:
            if one.line not in bad:
                remedy = f"correct the line that is named, and drop the whole {what} again"
                yield (
                    one.line,
                    RejectedError(
                        f"the {what} is refused for line {min(bad)}",
                        code="bad_row",
                        field=self.making.column,
                        value=self.making.name(one.row)[:100],
                        remedy=remedy,
                    ),
                )
