"""Messages by which an ERP's drainers go on, among the others of a batch."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from functions import bootstrap
from shared.errors import SyncError
from shared.ports import Message


def one_turn(event: Mapping[str, Any], queue: str) -> dict[str, Any]:
    """The batch with one drainer's turn at its end; each of the others gets a function of its own.

    SQS hands over what it has by the ten, so they are sent on before this one begins.
    """
    turns = [record for record in event["Records"] if _drains(record)]
    others = [record for record in event["Records"] if not _drains(record)]
    bootstrap.queues().send([Message(queue, json.loads(record["body"])) for record in turns[1:]])
    return {"Records": [*others, *turns[:1]]}


def _drains(record: Mapping[str, Any]) -> bool:
    try:
        body = json.loads(record["body"])
    except ValueError:
        return False
    return isinstance(body, dict) and "drain" in body


def by_itself(send: Callable[[Mapping[str, str]], None], queue: str) -> Callable[[str], None]:
    """Sends one order of many: one that fails by a bug becomes a message, and fails alone."""

    def one(order_id: str) -> None:
        try:
            send({"case": order_id})
        except SyncError:
            raise
        except Exception:  # noqa: BLE001 - a bug in one order must not fail the others
            bootstrap.logger.exception("order failed", queue=queue)
            bootstrap.queues().send([Message(queue, {"case": order_id})])

    return one
