"""SAP's events on their way out: CloudEvents with keys, repeated until somebody takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from pydantic_core import to_json

from sandbox.simulator import Delivery

AGAIN = timedelta(seconds=10)
PREFIX = "sap.s4.beh."


@dataclass(slots=True)
class _Pending:
    delivery: Delivery
    due: datetime
    out: bool = False


@dataclass(slots=True)
class Events:
    secret: str
    source: str = "/default/sap.s4.beh/S4HCLNT100"
    on: bool = True
    _count: int = 0
    _pending: dict[str, _Pending] = field(default_factory=dict)

    def emit(self, kind: str, data: Mapping[str, str], now: datetime) -> None:
        """`kind` such as `product.v1.Product.Changed.v1`, without the common prefix."""
        if not self.on:
            return
        self._count += 1
        name = f"evt-{self._count:08}"
        event = {
            "specversion": "1.0",
            "type": PREFIX + kind,
            "source": self.source,
            "id": name,
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "data": dict(data),
        }
        headers = {
            "content-type": "application/cloudevents+json",
            "authorization": f"Bearer {self.secret}",
        }
        self._pending[name] = _Pending(Delivery(name, headers, to_json(event)), now)

    def due(self, now: datetime) -> Sequence[Delivery]:
        found = []
        for pending in self._pending.values():
            if not pending.out and pending.due <= now:
                pending.out = True
                found.append(pending.delivery)
        return found

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        """At least once: whatever is not accepted comes again."""
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self._pending.pop(delivery.delivery_id, None)
            return
        pending = self._pending[delivery.delivery_id]
        pending.due = now + AGAIN
        pending.out = False

    @property
    def waiting(self) -> int:
        return len(self._pending)
