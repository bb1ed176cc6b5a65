"""The store as functions see it: DynamoDB's limits, conditions, lagging indexes and streams.

Rows live in one place; every call is one AWS request, so a batch of 60 writes is three of them and
a crash may fall in between.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

from shared.errors import RejectedError, ThrottledError
from shared.kit.counters import Counters
from shared.ports import Delete, Key, Put, Row, Store, Table, Write
from tests.fakes import (
    TOGETHER_MAX,
    TOGETHER_MAX_BYTES,
    checked,
    drawn_from,
    given_back,
    row_size,
    sized,
)
from tests.simulation.faults import Kind
from tests.simulation.roles import DeniedError, may
from tests.simulation.wire import Wire

GET_MAX = 100
STATEMENTS_MAX = 25
LAG_MS = 3000
PARTITION_UNITS = 1000  # a second, of one partition; DynamoDB, "Burst and adaptive capacity"
BURST_UNITS = 20  # at once; DynamoDB may allow far more after a quiet while, and promises none

type Changed = Callable[[Key, Row | None, Row | None, Put | None], None]
"""Key, old row, new row and the put that made it: what a stream would tell."""


class SimStore(Store, Counters):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._rows: dict[Key, Row] = {}
        self._parts: dict[tuple[Table, str], dict[str, Key]] = defaultdict(dict)
        self._lanes: dict[tuple[Table, str], dict[Key, datetime]] = defaultdict(dict)
        self._lane_of: dict[Key, tuple[Table, str]] = {}
        self._before: dict[Key, tuple[int, Row | None]] = {}
        self._lagging: list[tuple[int, Key, Put | None]] = []
        self._rng: Random = wire.engine.rng("store")
        self.told: dict[Table, list[Changed]] = defaultdict(list)
        self.write_units = 0
        self.limited = False
        self._room_left: dict[tuple[Table, str], tuple[int, int]] = {}

    def tell(self, changed: Changed, *tables: Table) -> None:
        """Let somebody hear of what changes in these tables, or in all."""
        for table in tables or Table:
            self.told[table].append(changed)

    # what a function may do

    def _permitted(self, writes: Sequence[Write]) -> None:
        last = None
        for write in writes:
            verb = "delete" if isinstance(write, Delete) else "write"
            if (verb, write.key.table) != last:
                last = verb, write.key.table
                self._permit(*last)

    def _permit(self, verb: str, place: str) -> None:
        task = self._wire.engine.current
        if task is None or task.container is None or may(task.name, verb, place):
            return
        raise DeniedError(f"{task.name} may not {verb} {place}")

    # reads

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted, rows, last = tuple(dict.fromkeys(keys)), self._rows, None
        for key in wanted:
            if key not in rows:  # those of rows were checked as they were written
                checked(key)
            if key.table is not last:
                last = key.table
                self._permit("read", last)
        if len(wanted) <= GET_MAX:
            return self._got(wanted) if wanted else {}
        found: dict[Key, Row] = {}
        for start in range(0, len(wanted), GET_MAX):
            found |= self._got(wanted[start : start + GET_MAX])
        return found

    def _got(self, chunk: tuple[Key, ...]) -> dict[Key, Row]:
        first = chunk[0]
        label = f"get {first.table} {first.pk} {first.sk} +{len(chunk) - 1}"
        return self._wire.aws(label, partial(self._get, chunk))

    def glance(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """As `get`, but for rows that were overwritten a moment ago and lag behind."""
        found = self.get(keys)
        since = self._wire.engine.now_ms - LAG_MS
        for key in tuple(found):
            at_ms, old = self._before.get(key, (since, None))
            if at_ms > since and self._wire.engine.faults.hit(Kind.GLANCE_LAGS):
                found.pop(key)
                found |= {key: old} if old is not None else {}
        return found

    def _get(self, keys: Sequence[Key]) -> dict[Key, Row]:
        rows = self._rows
        return {key: rows[key] for key in keys if key in rows}

    def query(
        self,
        table: Table,
        pk: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Row]:
        def found() -> list[Row]:
            return [r for r in self._query(table, pk, prefix) if r.key.sk > after][:limit]

        self._permit("read", table)
        return self._wire.aws(f"query {table} {pk} {prefix or after}", found)

    def _query(self, table: Table, pk: str, prefix: str) -> list[Row]:
        part = self._parts.get((table, pk), {})
        return [self._rows[part[sk]] for sk in sorted(part) if sk.startswith(prefix)]

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        self._permit("look", f"{table} lanes")
        return self._wire.aws(
            f"due {table} {lane}", partial(self._due, table, lane, since, until, limit)
        )

    def _due(
        self, table: Table, lane: str, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Row]:
        """What the index shows: it may still name rows that have left, or miss new ones."""
        if self._lagging:
            self._catch_up()
        listed = self._lanes.get((table, lane))
        if not listed:
            return []
        named = sorted(
            (at, key.pk, key.sk, key)
            for key, at in listed.items()
            if (since is None or at >= since) and (until is None or at <= until)
        )
        return [self._rows[key] for *_, key in named if key in self._rows][:limit]

    # writes

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        """In chunks of 25, each statement for itself; a delete goes alone."""
        self._permitted(writes)
        done: list[bool] = []
        for chunk in (writes,) if len(writes) == 1 else _chunks(writes):
            label = f"write {chunk[0].key.table} {chunk[0].key.pk} {chunk[0].key.sk} "
            label += f"+{len(chunk) - 1}"
            done += self._wire.aws(
                label,
                partial(self._each, chunk),
                part=partial(self._some, chunk) if len(chunk) > 1 else None,
            )
        return done

    def _each(self, chunk: Sequence[Write]) -> list[bool]:
        if self.limited:
            for write in chunk:
                self._room(write.key, 1)
        return [self._apply(write) for write in chunk]

    def _some(self, chunk: Sequence[Write]) -> None:
        for write in chunk:
            if self._rng.random() < 0.5:
                self._apply(write)

    def commit_together(self, writes: Sequence[Write]) -> bool:
        if len(writes) > TOGETHER_MAX or len({w.key for w in writes}) != len(writes):
            raise ValueError("at most 100 writes together, each of another row")
        if sum(row_size(write) for write in writes) > TOGETHER_MAX_BYTES:
            raise RejectedError("rows are larger than 4 MB together", code="ValidationException")
        if not writes:
            return True
        self._permitted(writes)
        return self._wire.aws(f"transaction of {len(writes)}", lambda: self._together(writes))

    def put_now(self, put: Put) -> bool:
        """The effect alone, for callers that are a port call of their own."""
        return self._apply(put)

    def _together(self, writes: Sequence[Write]) -> bool:
        for write in writes if self.limited else ():
            self._room(write.key, 2)
        if not all(self._holds(write) for write in writes):
            return False
        return all(self._apply(write) for write in writes)

    def _holds(self, write: Write) -> bool:
        row = self._rows.get(write.key)
        if row is None:
            return isinstance(write, Put) and write.expected == 0
        return write.expected == row.rev

    def _apply(self, write: Write) -> bool:
        size, body = sized(write)
        self.write_units += 1 + size // 1024
        key = write.key
        old = self._rows.get(key)
        put = write if isinstance(write, Put) else None
        if write.expected != (0 if old is None else old.rev) or (put is None and old is None):
            return False
        new = None
        if put is None:
            del self._rows[key]
            del self._parts[key.table, key.pk][key.sk]
        else:
            new = self._rows[key] = Row(key, put.expected + 1, body, put.raw, put.units, put.drawn)
            if old is None:
                self._parts[key.table, key.pk][key.sk] = key
        self._index(key, put)
        if key.table is Table.FACTS:
            self._before[key] = self._wire.engine.now_ms, old
        for tell in self.told[key.table]:
            tell(key, old, new, put)
        return True

    # counters

    def draw(self, key: Key, units: int, token: str, *, settled: Sequence[str] = ()) -> Row | None:
        def effect() -> Row | None:
            row = self._rows.get(key)
            return self._counted(key, drawn_from(row, units, token, settled) if row else None)

        return self._wire.aws(f"draw {units} of {key.pk}", effect)

    def undo(self, key: Key, units: int, token: str) -> Row | None:
        def effect() -> Row | None:
            row = self._rows.get(key)
            return self._counted(key, given_back(row, units, token) if row else None)

        return self._wire.aws(f"undo a draw of {key.pk}", effect)

    def _counted(self, key: Key, new: Row | None) -> Row | None:
        self.write_units += 1
        if self.limited:
            self._room(key, 1)
        if new is not None:
            old, self._rows[key] = self._rows[key], new
            for tell in self.told[key.table]:
                tell(key, old, new, None)
        return new

    def _room(self, key: Key, units: int) -> None:
        """What a partition can write in a second; counted where `limited` asks for it."""
        now = self._wire.engine.now_ms
        name = key.table, key.pk
        at, left = self._room_left.get(name, (now, BURST_UNITS * 1000))
        left = min(BURST_UNITS * 1000, left + (now - at) * PARTITION_UNITS)
        if left < units * 1000:
            raise ThrottledError(f"{key.pk} is written too often", after=timedelta(seconds=1))
        self._room_left[name] = now, left - units * 1000

    # the index

    def _index(self, key: Key, put: Put | None) -> None:
        engine = self._wire.engine
        in_order = self._lagging and any(waiting == key for _, waiting, _ in self._lagging)
        if in_order or (engine.current is not None and engine.faults.hit(Kind.INDEX_LAGS)):
            self._lagging.append((engine.now_ms + self._rng.randint(0, LAG_MS), key, put))
        else:
            self._enter(key, put)

    def _catch_up(self) -> None:
        now, held = self._wire.engine.now_ms, set[Key]()
        left = []
        for at, key, put in self._lagging:
            if at <= now and key not in held:
                self._enter(key, put)
            else:
                held.add(key)
                left.append((at, key, put))
        self._lagging = left

    def _enter(self, key: Key, put: Put | None) -> None:
        before = self._lane_of.pop(key, None)
        if before is not None:
            self._lanes[before].pop(key, None)
        if put is not None and put.lane is not None and put.due is not None:
            lane = self._lane_of[key] = (key.table, put.lane)
            self._lanes[lane][key] = put.due

    # for whoever looks at the world from outside

    def kept(self) -> tuple[dict[Key, Row], dict[Key, tuple[str, datetime]]]:
        """All rows, and the lane and instant of those that are to be done."""
        self._lagging = [(0, key, put) for _, key, put in self._lagging]
        self._catch_up()
        due = {
            key: (lane, self._lanes[table, lane][key])
            for key, (table, lane) in self._lane_of.items()
        }
        return dict(self._rows), due

    def restore(self, kept: tuple[dict[Key, Row], dict[Key, tuple[str, datetime]]]) -> None:
        """Stand where another store stood; rows are never changed in place, so they are shared."""
        rows, due = kept
        self._rows = dict(rows)
        for key in rows:
            self._parts[key.table, key.pk][key.sk] = key
        for key, (lane, at) in due.items():
            self._lane_of[key] = (key.table, lane)
            self._lanes[key.table, lane][key] = at

    def rows(self, table: Table) -> list[Row]:
        return [row for key, row in self._rows.items() if key.table is table]

    def seen(self, keys: Sequence[Key]) -> list[Row]:
        """These rows, looked at from outside."""
        return list(self._get(keys).values())

    def overdue(self, table: Table, now: datetime) -> bool:
        """Whether the instant of any row in a lane of this table has come."""
        lanes = (keys for (owner, _), keys in self._lanes.items() if owner is table)
        return any(at <= now for keys in lanes for at in keys.values())

    def lane(self, table: Table, name: str) -> int:
        """Rows in a lane."""
        return len(self._lanes.get((table, name), ()))

    def waiting(self, table: Table) -> int:
        """Rows in any lane of a table."""
        return sum(len(keys) for (owner, _), keys in self._lanes.items() if owner is table) + sum(
            1 for _, key, _ in self._lagging if key.table is table
        )


def _chunks(writes: Sequence[Write]) -> Iterable[Sequence[Write]]:
    chunk: dict[Key, Write] = {}
    for write in writes:
        alone = isinstance(write, Delete)
        if chunk and (alone or len(chunk) == STATEMENTS_MAX or write.key in chunk):
            yield list(chunk.values())
            chunk = {}
        chunk[write.key] = write
        if alone:
            yield list(chunk.values())
            chunk = {}
    if chunk:
        yield list(chunk.values())
