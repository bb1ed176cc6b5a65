"""What a vendor has yet to deliver: handed out once, and again later where nobody took it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from sandbox.simulator import Delivery


@dataclass(slots=True)
class _Pending:
    delivery: Delivery
    due: datetime
    lost: Callable[[], object]
    failed: int = 0
    out: bool = False


@dataclass(slots=True)
class Outgoing:
    """`again` says how long to wait after so many failed tries, None to give up."""

    again: Callable[[int], timedelta | None]
    sent: int = 0
    given_up: int = 0
    _pending: dict[str, _Pending] = field(default_factory=dict)

    def put(
        self, delivery: Delivery, now: datetime, *, lost: Callable[[], object] = lambda: None
    ) -> None:
        """Have it delivered; `lost` is called when it is given up."""
        self._pending[delivery.delivery_id] = _Pending(delivery, now, lost)

    def due(self, now: datetime) -> Sequence[Delivery]:
        """What to deliver now, each once until it is answered."""
        found = []
        for pending in self._pending.values():
            if not pending.out and pending.due <= now:
                pending.out = True
                found.append(pending.delivery)
        self.sent += len(found)
        return found

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        """A 2xx ends it, anything else has it come again, or be given up."""
        pending = self._pending[delivery.delivery_id]
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            del self._pending[delivery.delivery_id]
            return
        pending.failed += 1
        wait = self.again(pending.failed)
        if wait is None:
            self.given_up += 1
            del self._pending[delivery.delivery_id]
            pending.lost()
            return
        pending.due = now + wait
        pending.out = False

    @property
    def waiting(self) -> int:
        return len(self._pending)
