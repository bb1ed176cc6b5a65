"""Orders of a dropped file: captured as any other, each once, or refused with every reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from shared.domain.order_rows import Fault, Numbered, OrderReader, order_id
from shared.errors import RejectedError
from shared.flows.apply import Applied
from shared.flows.capture import Capture
from shared.frozen import slotted
from shared.model.order import Order

type Refused = tuple[int, RejectedError]


@slotted
class OrderRows:
    """Rows that follow each other make an order; the last one may go on in what is read next."""

    reader: OrderReader
    capture: Capture
    _group: list[Numbered] = field(default_factory=list)
    _closed: list[list[Numbered]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int | None:
        return self._group[0].line if self._group else None

    def read(self, row: Mapping[str, object], line: int) -> None:
        """Hold a row; what is wrong with it is told with its order."""
        if self._group and order_id(row) != order_id(self._group[0].row):
            self.end()
        self._group.append(Numbered(line, row))
        if not order_id(row):
            self.end()

    def keep(self, *, whole: bool) -> tuple[Applied, Sequence[Refused]]:
        if whole:
            self.end()
        closed, self._closed = self._closed, []
        applied, refused = Applied(), list[Refused]()
        for rows in closed:
            made = self._again(rows) or self.reader.order(rows)
            if isinstance(made, Order):
                self._take(made, applied)
            else:
                refused += _told(rows, made)
        return applied, refused

    def forget(self) -> None:
        self._group.clear()

    def end(self) -> None:
        if self._group:
            self._closed.append(self._group)
            self._group = []

    def _again(self, rows: Sequence[Numbered]) -> list[Fault] | None:
        """An order whose lines do not follow each other would be taken for a shorter one."""
        name = order_id(rows[0].row)
        if not name:
            return None
        line = self._seen.setdefault(name, rows[0].line)
        if line == rows[0].line:
            return None
        problem = f"order_id: the order began in line {line} already"
        remedy = "let all lines of an order follow each other"
        refusal = RejectedError(problem, field="order_id", value=name[:100], remedy=remedy)
        return [Fault(rows[0].line, refusal)]

    def _take(self, order: Order, applied: Applied) -> None:
        known = self.capture.cases.find(order.order_id)
        case = self.capture.take(order)
        if known is None or known.case != case:
            applied.changed += 1
        else:
            applied.unchanged += 1


def _told(rows: Sequence[Numbered], faults: Iterable[Fault]) -> Iterable[Refused]:
    """Every fault, and of each further row of the order that it was refused with the others."""
    found = list(faults)
    bad = {fault.line for fault in found}
    yield from ((fault.line, fault.error) for fault in found)
    for one in rows:
        if one.line not in bad:
            remedy = "correct the line that is named, and drop the whole order again"
            yield (
                one.line,
                RejectedError(
                    f"the order is refused for line {min(bad)}",
                    code="bad_row",
                    field="order_id",
                    value=order_id(one.row)[:100],
                    remedy=remedy,
                ),
            )
