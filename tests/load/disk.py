"""Ports on disk, so that what a run holds in memory is what the run itself holds."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import RejectedError
from shared.ports import Delete, Files, Key, Piece, Row, Store, Table, Write

_TABLE = """CREATE TABLE rows (
    tab TEXT, pk TEXT, sk TEXT, rev INTEGER, body TEXT, lane TEXT, due TEXT,
    PRIMARY KEY (tab, pk, sk)
)"""
_GET = "SELECT rev, body FROM rows WHERE tab = ? AND pk = ? AND sk = ?"
_QUERY = """SELECT pk, sk, rev, body FROM rows
    WHERE tab = ? AND pk = ? AND substr(sk, 1, ?) = ? AND sk > ? ORDER BY sk LIMIT ?"""
_DUE = """SELECT pk, sk, rev, body FROM rows
    WHERE tab = ? AND lane = ? AND due BETWEEN ? AND ? ORDER BY due, pk, sk LIMIT ?"""
_DELETE = "DELETE FROM rows WHERE tab = ? AND pk = ? AND sk = ? AND rev = ?"
_NEW = "INSERT OR IGNORE INTO rows VALUES (?, ?, ?, 1, ?, ?, ?)"
_KNOWN = """UPDATE rows SET rev = rev + 1, body = ?, lane = ?, due = ?
    WHERE tab = ? AND pk = ? AND sk = ? AND rev = ?"""


class DiskStore(Store):
    """Rows in SQLite, on their revisions; of a write, raw bytes and counters are not kept."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(_TABLE)
        self.calls = 0

    def close(self) -> None:
        self._rows.close()

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        self.calls += 1
        found: dict[Key, Row] = {}
        for key in keys:
            said = self._rows.execute(_GET, key)
            for rev, body in said:
                found[key] = Row(key, rev, json.loads(body))
        return found

    def query(
        self,
        table: Table,
        pk: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Row]:
        most = -1 if limit is None else limit
        return self._found(_QUERY, table, pk, len(prefix), prefix, after, most)

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        first, last = _instant(since) or "", _instant(until) or "~"
        return self._found(_DUE, table, lane, first, last, limit)

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self.calls += 1
        self._rows.execute("BEGIN")
        done = [self._apply(write) for write in writes]
        self._rows.execute("COMMIT")
        return done

    def commit_together(self, writes: Sequence[Write]) -> bool:
        self.calls += 1
        self._rows.execute("BEGIN")
        done = all(self._apply(write) for write in writes)
        self._rows.execute("COMMIT" if done else "ROLLBACK")
        return done

    def count(self, table: Table) -> int:
        said = self._rows.execute("SELECT count(*) FROM rows WHERE tab = ?", (table,))
        return int(said.fetchone()[0])

    def _found(self, query: str, table: Table, *said: str | int) -> list[Row]:
        self.calls += 1
        found = self._rows.execute(query, (table, *said))
        return [Row(Key(table, pk, sk), rev, json.loads(body)) for pk, sk, rev, body in found]

    def _apply(self, write: Write) -> bool:
        if isinstance(write, Delete):
            return self._rows.execute(_DELETE, (*write.key, write.expected)).rowcount == 1
        said = json.dumps(dict(write.body)), write.lane, _instant(write.due)
        if write.expected == 0:
            return self._rows.execute(_NEW, (*write.key, *said)).rowcount == 1
        return self._rows.execute(_KNOWN, (*said, *write.key, write.expected)).rowcount == 1


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


class DiskFiles(Files):
    """Files in a folder, under their own names; they are not replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def get(self, name: str) -> bytes:
        if not (self.folder / name).is_file():
            raise RejectedError(f"nothing is kept as {name!r}", code="NoSuchKey")
        return (self.folder / name).read_bytes()

    def read(self, name: str, *, start: int, length: int, version: str | None = None) -> Piece:
        del version
        path = self.folder / name
        with path.open("rb") as file:
            file.seek(start)
            content = file.read(length)
        said = path.stat()
        return Piece(content, said.st_size, "1", datetime.fromtimestamp(said.st_mtime, UTC))
