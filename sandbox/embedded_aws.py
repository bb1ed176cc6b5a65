"""Starts the embedded AWS, with one thing mended: what PartiQL writes appears in the stream.

Run by the interpreter of the embedded AWS's own environment, which knows nothing of this project.
DynamoDB puts every change of an item into its table's stream, whichever call made it; ministack
1.5.33 forgets those made by PartiQL statements, and our store writes batches with them.
"""

import sys
from collections.abc import Callable
from typing import Any

from ministack.app import main
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

if __name__ == "__main__":
    sys.exit(main())
