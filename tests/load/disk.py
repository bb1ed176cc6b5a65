"""Ports on disk, so that what a run holds in memory is what the run itself holds."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import RejectedError
from shared.ports import Delete, Files, Key, Piece, Row, Store, Table, Write


class DiskStore(Store):
    """Rows in SQLite, on their revisions. Knows reading by key and writing, and nothing else."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, rev INTEGER, body TEXT)")
        self.calls = 0

    def close(self) -> None:
        self._rows.close()

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        self.calls += 1
        found: dict[Key, Row] = {}
        for key in keys:
            said = self._rows.execute("SELECT rev, body FROM rows WHERE key = ?", (_name(key),))
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
        raise NotImplementedError

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        raise NotImplementedError

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

    def count(self, prefix: str) -> int:
        said = self._rows.execute("SELECT count(*) FROM rows WHERE key GLOB ?", (f"{prefix}*",))
        return int(said.fetchone()[0])

    def _apply(self, write: Write) -> bool:
        if isinstance(write, Delete):
            raise NotImplementedError
        body = json.dumps(dict(write.body))
        if write.expected == 0:
            put = "INSERT OR IGNORE INTO rows VALUES (?, 1, ?)"
            return self._rows.execute(put, (_name(write.key), body)).rowcount == 1
        put = "UPDATE rows SET rev = rev + 1, body = ? WHERE key = ? AND rev = ?"
        return self._rows.execute(put, (body, _name(write.key), write.expected)).rowcount == 1


def _name(key: Key) -> str:
    return f"{key.table}|{key.pk}|{key.sk}"


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
