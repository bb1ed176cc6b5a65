"""Notification queues -> inbox: what a vendor delivers to a queue is kept as what a hook is told.

As lean as the hook's own function, and after it the two ways are one. Who may send is the queue's
policy to say, so nothing is verified here, and nothing is understood.
"""

import json
import logging
import os
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from functions import loaded
from functions.ingest.webhook import BODY_MAX_BYTES, inbox, instant

QUEUE = "-notifications"  # what follows a connection's name in that of its queue


class Settings(NamedTuple):
    tables: dict[str, str]
    archive: str
    doors: dict[str, str]
    prefix: str


@cache
def doors() -> dict[str, str]:
    """Connection -> the module that names its deliveries."""
    found: dict[str, str] = json.loads(os.environ["DOORS"])
    return found


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Keep each message by itself; what was not kept comes again, and in the end is told of."""
    del context
    failed = []
    for record in event["Records"]:
        try:
            keep(record)
        except Exception as error:  # noqa: BLE001 - the others of its batch are kept
            failed.append(record["messageId"])
            # Not what the error says: it may quote the message.
            logging.getLogger().warning("notification not kept: %s", type(error).__name__)
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def keep(record: dict[str, Any]) -> bool:
    """Whether it is new. ValueError if it is larger than what is ever unpacked again."""
    queue = record["eventSourceARN"].rsplit(":", 1)[-1]
    connection = queue.removeprefix(os.environ["PREFIX"] + "-").removesuffix(QUEUE)
    body = record["body"].encode()
    if len(body) > BODY_MAX_BYTES:
        raise ValueError("too large")
    door = import_module(doors()[connection])
    return inbox().keep(connection, door.delivery_id({}, body), {}, body, now=instant())


loaded()
