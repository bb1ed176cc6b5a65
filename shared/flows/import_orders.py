"""Orders of a dropped file: captured as any other, each once, or refused with every reason."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from shared.domain.order_rows import Fault, Numbered, OrderReader, order_id
from shared.flows.capture import Capture
from shared.frozen import frozen
from shared.model.order import Order


@frozen
class OrderMaking:
    column: ClassVar[str] = "order_id"
    what: ClassVar[str] = "order"
    reader: OrderReader
    capture: Capture

    def name(self, row: Mapping[str, object]) -> str:
        return order_id(row)

    def made(self, rows: Sequence[Numbered]) -> Order | list[Fault]:
        return self.reader.order(rows)

    def take(self, made: Order) -> bool:
        known = self.capture.cases.find(made.order_id)
        case = self.capture.take(made)
        return known is None or known.case != case
