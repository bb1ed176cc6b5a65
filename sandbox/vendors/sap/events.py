"""SAP's events on their way out: CloudEvents with keys, repeated until somebody takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic_core import to_json

from sandbox.simulator import Delivery
from sandbox.vendors.outgoing import Outgoing

AGAIN = timedelta(seconds=10)
PREFIX = "sap.s4.beh."


@dataclass(slots=True)
class Events:
    secret: str
    source: str = "/default/sap.s4.beh/S4HCLNT100"
    on: bool = True
    _count: int = 0
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(lambda _failed: AGAIN))

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
        self.outgoing.put(Delivery(name, headers, to_json(event)), now)
