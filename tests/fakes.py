"""In-memory forms of the ports; the contract suite runs on them and on moto, so they cannot rot."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import RejectedError, ThrottledError
from shared.model.events import BusinessEvent
from shared.ports import Delete, Key, Message, Put, Row, Table, Write

TOGETHER_MAX = 100
ITEM_MAX_BYTES = 400_000


@dataclass(slots=True)
class _Stored:
    row: Row
    put: Put


class MemoryStore:
    """Refuses what DynamoDB refuses."""

    def __init__(self) -> None:
        self._rows: dict[Key, _Stored] = {}
        self.written: list[Key] = []

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        return {key: self._rows[key].row for key in keys if key in self._rows}

    def query(
        self, table: Table, pk: str, *, prefix: str = "", limit: int | None = None
    ) -> list[Row]:
        found = [
            stored.row
            for key, stored in self._rows.items()
            if key.table is table and key.pk == pk and key.sk.startswith(prefix)
        ]
        return sorted(found, key=lambda row: row.key.sk)[:limit]

    def due(
        self, table: Table, lane: str, *, until: datetime | None = None, limit: int = 250
    ) -> list[Row]:
        found = [
            (stored.put.due, stored.row.key.pk, stored.row.key.sk, stored.row)
            for stored in self._rows.values()
            if stored.put.key.table is table
            and stored.put.lane == lane
            and stored.put.due is not None
            and (until is None or stored.put.due <= until)
        ]
        return [row for *_, row in sorted(found, key=lambda f: f[:3])][:limit]

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        return [self._apply(write) for write in writes]

    def commit_together(self, writes: Sequence[Write]) -> bool:
        if len(writes) > TOGETHER_MAX or len({w.key for w in writes}) != len(writes):
            raise ValueError("at most 100 writes together, each of another row")
        if not all(self._holds(write) for write in writes):
            return False
        return all(self._apply(write) for write in writes)

    def _holds(self, write: Write) -> bool:
        stored = self._rows.get(write.key)
        return write.expected == (stored.row.rev if stored else 0)

    def _apply(self, write: Write) -> bool:
        text = json.dumps(write.body) if isinstance(write, Put) else ""
        if len(text) > ITEM_MAX_BYTES:
            raise RejectedError("row is larger than 400 KB", field="body", value=len(text))
        if not self._holds(write):
            return False
        self.written.append(write.key)
        if isinstance(write, Delete):
            self._rows.pop(write.key, None)
        else:
            row = Row(write.key, write.expected + 1, json.loads(text), write.raw)
            self._rows[write.key] = _Stored(row, write)
        return True


@dataclass
class MemoryQueues:
    sent: list[Message] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> None:
        self.sent += messages

    def take(self, queue: str) -> list[Message]:
        """Everything sent to this queue so far, which is then empty."""
        found = [m for m in self.sent if m.queue == queue]
        self.sent = [m for m in self.sent if m.queue != queue]
        return found


@dataclass
class MemoryBus:
    events: list[BusinessEvent] = field(default_factory=list)

    def publish(self, events: Sequence[BusinessEvent]) -> None:
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


@dataclass
class MemoryBlobs:
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> None:
        self.kept[name] = content

    def get(self, name: str) -> bytes:
        return self.kept[name]


@dataclass
class SetClock:
    """Stands still until it is moved."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: int) -> None:
        self.at += timedelta(**by)


@dataclass
class FreePacer:
    """Counts what is spent; refuses once `left` is used up, if it is given."""

    spent: int = 0
    left: int | None = None

    def take(self, cost: int) -> None:
        if self.left is not None:
            if self.left < cost:
                raise ThrottledError("used up", after=timedelta(seconds=1))
            self.left -= cost
        self.spent += cost

    def observe(self, *, available: int | None, rate: int | None, spent: int) -> None:
        del available, rate, spent
