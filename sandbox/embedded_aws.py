"""Starts the embedded AWS, with two things mended: streams hear of PartiQL, code is unpacked once.

Run by the interpreter of the embedded AWS's own environment, which knows nothing of this project.
DynamoDB puts every change of an item into its table's stream, whichever call made it; ministack
1.5.33 forgets those made by PartiQL statements, and our store writes batches with them. It also
unpacks a function's code for every instance anew: thousands of files, which each would compile.
"""

import hashlib
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import dynamodb

type Item = dict[str, Any]
type Handler = Callable[..., Any]


def _told(write: Handler, target: Callable[[Item, Item], tuple[str, str]]) -> Handler:
    def writing(table: Item, parsed: Item, *rest: Any) -> Any:
        partition, sort = target(table, parsed)
        before = table["items"].get(partition, {}).get(sort)
        answer = write(table, parsed, *rest)
        after = table["items"].get(partition, {}).get(sort)
        if after is not None and after is not before:
            event = "MODIFY" if before is not None else "INSERT"
            dynamodb._emit_stream_event(table["TableName"], event, before, after)  # noqa: SLF001
        return answer

    return writing


def _inserted(table: Item, parsed: Item) -> tuple[str, str]:
    item = parsed.get("item", {})
    item = item["M"] if set(item) == {"M"} else item
    return tuple(next(iter(item[table[key]].values())) for key in ("pk_name", "sk_name"))


def _updated(table: Item, parsed: Item) -> tuple[str, str]:
    partition, sort, _, _ = dynamodb._partiql_key_target(table, parsed)  # noqa: SLF001
    return partition, sort


dynamodb._partiql_insert = _told(dynamodb._partiql_insert, _inserted)  # noqa: SLF001
dynamodb._partiql_update = _told(dynamodb._partiql_update, _updated)  # noqa: SLF001

_UNPACKING = Lock()


class SharedCode(zipfile.ZipFile):
    """Code in one folder for all instances, as what is in `/var/task` is the same for each."""

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Make `path`, an empty folder, another name of where this archive is unpacked."""
        with Path(str(self.filename)).open("rb") as packed:
            name = hashlib.file_digest(packed, "sha256").hexdigest()
        shared = Path(tempfile.gettempdir(), f"code-{name}")
        with _UNPACKING:
            if not shared.exists():
                begun = Path(tempfile.mkdtemp(dir=shared.parent))
                super().extractall(begun, members, pwd)
                begun.rename(shared)
        Path(os.fspath(path)).rmdir()
        Path(os.fspath(path)).symlink_to(shared)


lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": SharedCode})

if __name__ == "__main__":
    sys.exit(main())
