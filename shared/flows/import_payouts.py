"""Payouts of a dropped file: each movement kept once with its order, whose books then follow."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from shared.domain import payouts
from shared.domain.payouts import PayoutReader
from shared.errors import RejectedError
from shared.flows.apply import Applied
from shared.flows.books import Books
from shared.flows.payouts import kept
from shared.frozen import slotted
from shared.model.books import PayoutLine

type Refused = tuple[int, RejectedError]
type Numbered = tuple[int, PayoutLine]


@slotted
class PayoutRows:
    """Rows of one order are written together."""

    reader: PayoutReader
    books: Books
    open: None = None
    held: dict[str, list[Numbered]] = field(default_factory=dict)

    def read(self, row: Mapping[str, object], line: int) -> None:
        order_id, said = self.reader.line(row)
        self.held.setdefault(order_id, []).append((line, said))

    def end(self) -> None:
        """Every row stands for itself: none is open."""

    forget = end

    def keep(self, *, whole: bool) -> tuple[Applied, Sequence[Refused]]:
        del whole
        held, self.held = self.held, {}
        applied, refused = Applied(), list[Refused]()
        known = self.books.cases.find_all(held)
        for order_id, rows in held.items():
            if order_id not in known:
                refused += [(line, _unknown(order_id)) for line, _ in rows]
                continue
            changed = kept(self.books, order_id, [said for _, said in rows])
            applied.changed += changed
            applied.unchanged += len(rows) - changed
            self.books.keep([order_id])
        return applied, refused


def _unknown(order_id: str) -> RejectedError:
    return payouts.refusal("order", order_id.partition(":")[2], "is no order we know")
