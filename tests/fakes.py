"""In-memory forms of the ports; the contract suite runs on them and on moto, so they cannot rot."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic_core import from_json, to_json

from shared.errors import RejectedError, ThrottledError
from shared.kit.counters import Counters
from shared.model.base import Json
from shared.model.events import BusinessEvent
from shared.model.limits import Limits
from shared.model.written import Written
from shared.ports import (
    Blobs,
    Bus,
    Clock,
    Delete,
    Files,
    Journal,
    Key,
    Message,
    Pacer,
    Piece,
    Put,
    Queues,
    Row,
    Store,
    Table,
    Write,
)

TOGETHER_MAX = 100
TOGETHER_MAX_BYTES = 4 * 1024 * 1024
ITEM_MAX_BYTES = 400 * 1024
PK_MAX_BYTES = 2048
SK_MAX_BYTES = 1024
DELAY_MAX_S = 900


@dataclass(frozen=True, slots=True)
class _Stored:
    row: Row
    put: Put


class MemoryStore(Store, Counters):
    """Refuses what DynamoDB refuses. `written` lists every key that was written, in order."""

    def __init__(self) -> None:
        self._rows: dict[Key, _Stored] = {}
        self.written: list[Key] = []

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted = [checked(key) for key in keys]
        return {key: self._rows[key].row for key in wanted if key in self._rows}

    def query(
        self,
        table: Table,
        pk: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Row]:
        found = [
            stored.row
            for key, stored in self._rows.items()
            if key.table is table and key.pk == pk and key.sk.startswith(prefix) and key.sk > after
        ]
        return sorted(found, key=lambda row: row.key.sk)[:limit]

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        found = [
            (stored.put.due, stored.row.key.pk, stored.row.key.sk, stored.row)
            for stored in self._rows.values()
            if stored.put.key.table is table
            and stored.put.lane == lane
            and stored.put.due is not None
            and (since is None or stored.put.due >= since)
            and (until is None or stored.put.due <= until)
        ]
        return [row for *_, row in sorted(found, key=lambda f: f[:3])][:limit]

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        return [self._apply(write) for write in writes]

    def commit_together(self, writes: Sequence[Write]) -> bool:
        if len(writes) > TOGETHER_MAX or len({w.key for w in writes}) != len(writes):
            raise ValueError("at most 100 writes together, each of another row")
        if sum(row_size(write) for write in writes) > TOGETHER_MAX_BYTES:
            raise RejectedError("rows are larger than 4 MB together", code="ValidationException")
        if not all(self._holds(write) for write in writes):
            return False
        return all(self._apply(write) for write in writes)

    def _holds(self, write: Write) -> bool:
        stored = self._rows.get(write.key)
        if stored is None:
            return isinstance(write, Put) and write.expected == 0
        return write.expected == stored.row.rev

    def _apply(self, write: Write) -> bool:
        _, body = sized(write)
        if not self._holds(write):
            return False
        self.written.append(write.key)
        if isinstance(write, Delete):
            del self._rows[write.key]
        else:
            row = Row(
                write.key, write.expected + 1, body, write.raw, write.units, dict(write.drawn)
            )
            self._rows[write.key] = _Stored(row, write)
        return True

    def draw(self, key: Key, units: int, token: str, *, settled: Sequence[str] = ()) -> Row | None:
        stored = self._rows.get(key)
        new = drawn_from(stored.row, units, token, settled) if stored else None
        return self._counted(key, new)

    def undo(self, key: Key, units: int, token: str) -> Row | None:
        stored = self._rows.get(key)
        return self._counted(key, given_back(stored.row, units, token) if stored else None)

    def _counted(self, key: Key, new: Row | None) -> Row | None:
        if new is not None:
            self._rows[key] = _Stored(new, self._rows[key].put)
            self.written.append(key)
        return new


def drawn_from(row: Row, units: int, token: str, settled: Sequence[str]) -> Row | None:
    """The counter after a draw; None where DynamoDB's condition would not hold."""
    if row.units is None or row.units < units or token in row.drawn:
        return None
    kept = {t: n for t, n in row.drawn.items() if t not in settled}
    left = row.units - units
    return row._replace(rev=row.rev + 1, units=left, drawn={**kept, token: units})


def given_back(row: Row, units: int, token: str) -> Row | None:
    """The counter after a draw was undone; None if it is not known here."""
    if row.units is None or row.drawn.get(token) != units:
        return None
    kept = {t: n for t, n in row.drawn.items() if t != token}
    return row._replace(rev=row.rev + 1, units=row.units + units, drawn=kept)


def checked(key: Key) -> Key:
    if 0 < len(key.pk) * 4 <= PK_MAX_BYTES and 0 < len(key.sk) * 4 <= SK_MAX_BYTES:
        return key  # no character takes more than four bytes
    sizes = (len(key.pk.encode()), PK_MAX_BYTES), (len(key.sk.encode()), SK_MAX_BYTES)
    if all(0 < size <= most for size, most in sizes):
        return key
    raise RejectedError("a key is empty or too long", code="ValidationException", field="key")


def row_size(write: Write) -> int:
    """Bytes DynamoDB counts, within a few: names, texts in UTF-8, and the 32 of a token."""
    return sized(write)[0]


def sized(write: Write) -> tuple[int, Mapping[str, Json]]:
    """The size of a row, and its body as it is kept."""
    key = checked(write.key)
    if isinstance(write, Delete):
        return 0, {}
    if write.lane == "" and write.due is not None:
        raise RejectedError("a lane is empty", code="ValidationException", field="lane")
    length, body = _copied(write.body)
    texts = ("pksk", "revbodytoken", key.pk, key.sk, write.lane or "", write.state or "")
    size = 40 + length + len("".join(texts).encode()) + len(write.raw or b"")
    if size > ITEM_MAX_BYTES:
        raise RejectedError("a row is larger than 400 KB", code="ValidationException", field="body")
    return size, body


def _copied(body: Mapping[str, Json]) -> tuple[int, Mapping[str, Json]]:
    """The bytes of a body as JSON, and what is read from them.

    pydantic writes much that is no JSON; it then reads something else than was given.
    """
    if body.__class__ is Written:
        return len(body.text.encode()), from_json(body.text)
    text = to_json(body)
    copy = from_json(text)
    if copy != body:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        copy = json.loads(text)
    return len(text), copy


@dataclass
class MemoryQueues(Queues):
    """Knows every queue unless `names` says which there are."""

    sent: list[Message] = field(default_factory=list)
    names: Collection[str] | None = None

    def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if self.names is not None and message.queue not in self.names:
                raise RejectedError(f"no queue is called {message.queue!r}", field="queue")
            if not 0 <= message.delay_s <= DELAY_MAX_S:
                raise RejectedError("SQS delays by 15 minutes at most", field="delay_s")
        self.sent += messages

    def take(self, queue: str) -> list[Message]:
        """Everything sent to this queue so far, which is then empty."""
        found = [m for m in self.sent if m.queue == queue]
        self.sent = [m for m in self.sent if m.queue != queue]
        return found


@dataclass
class MemoryBus(Bus):
    events: list[BusinessEvent] = field(default_factory=list)

    def publish(self, events: Sequence[BusinessEvent]) -> None:
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


@dataclass
class MemoryBlobs(Blobs):
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> None:
        self.kept[name] = content

    def get(self, name: str) -> bytes:
        if name not in self.kept:
            raise RejectedError(f"nothing is kept as {name!r}", code="NoSuchKey")
        return self.kept[name]


class MemoryJournal(MemoryBlobs, Journal):
    def names(self, prefix: str, *, after: str = "", limit: int = 100) -> list[str]:
        found = sorted(name for name in self.kept if name.startswith(prefix) and name > after)
        return found[:limit]


@dataclass
class MemoryFiles(MemoryBlobs, Files):
    """Every putting of a name makes another version; `asked` is how much was read at once."""

    clock: Clock = field(kw_only=True)
    puts: list[tuple[str, datetime, Mapping[str, str]]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def put(self, name: str, content: bytes) -> None:
        self.drop(name, content)

    def drop(self, name: str, content: bytes, **notes: str) -> None:
        """Put a file the way others do, with what they say beside it."""
        super().put(name, content)
        self.puts.append((name, self.clock.now(), notes))

    def read(self, name: str, *, start: int, length: int, version: str | None = None) -> Piece:
        content = self.get(name)
        number, (_, at, notes) = max((i, put) for i, put in enumerate(self.puts) if put[0] == name)
        if version not in {None, str(number)}:
            raise RejectedError(f"{name!r} was replaced", code="PreconditionFailed")
        self.asked.append(length)
        return Piece(content[start : start + length], len(content), str(number), at, notes)


@dataclass
class SetClock(Clock):
    """Stands still until it is moved."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: int) -> None:
        self.at += timedelta(**by)


@dataclass
class FreePacer(Pacer):
    """Counts what is spent; refuses once `left` is used up, if it is given."""

    spent: int = 0
    left: int | None = None

    def take(self, cost: int) -> None:
        if self.left is not None:
            if self.left < cost:
                raise ThrottledError("used up", after=timedelta(seconds=1))
            self.left -= cost
        self.spent += cost

    def refund(self, points: int) -> None:
        self.spent -= points
        if self.left is not None:
            self.left += points

    def observe(self, *, available: int | None, rate: int | None, spent: int) -> None:
        del available, rate, spent

    def of(self, operation: str, limits: Limits) -> "FreePacer":
        """Counts with the account, whatever the operation may be asked."""
        del operation, limits
        return self
