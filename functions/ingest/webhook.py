"""POST /hooks/{connection}: verify on the raw bytes, keep, answer. Nothing is understood here.

This is the leanest function: it imports botocore and the standard library, and no model of ours.
"""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple

from functions import loaded
from shared.aws.config import config
from shared.aws.inbox import Inbox
from shared.aws.sessions import session

BODY_MAX_BYTES = 1024 * 1024
SECRETS_FOR = timedelta(minutes=5)


class Settings(NamedTuple):
    tables: dict[str, str]
    archive: str
    doors: dict[str, dict[str, str]]


@cache
def settings() -> Settings:
    tables, doors = json.loads(os.environ["TABLES"]), json.loads(os.environ["DOORS"])
    return Settings(tables, os.environ["ARCHIVE"], doors)


@cache
def client(service: str) -> Any:
    return session().create_client(service, config=config())


@cache
def inbox() -> Inbox:
    table = settings().tables["inbox"]
    dynamo, s3 = client("dynamodb"), partial(client, "s3")
    return Inbox(dynamo, s3, table=table, bucket=settings().archive)


def instant() -> datetime:
    return datetime.now(UTC)


_SECRETS: dict[str, tuple[datetime, list[str]]] = {}


def secrets(arn: str, now: datetime) -> list[str]:
    """Every secret a delivery may be signed with; several while one is being rotated."""
    known = _SECRETS.get(arn)
    if known is None or now - known[0] > SECRETS_FOR:
        said = json.loads(client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
        known = _SECRETS[arn] = (now, list(said["webhook_secrets"]))
    return known[1]


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    del context
    connection = event["pathParameters"]["connection"]
    named = settings().doors.get(connection)
    if named is None:
        return _answer(404, f"no connection called {connection!r} takes webhooks")
    door = import_module(named["door"])
    headers = {k.lower(): v for k, v in event["headers"].items()}
    if event["requestContext"]["http"]["method"] == "OPTIONS":
        return _handshake(door, headers)
    body = _raw(event)
    if len(body) > BODY_MAX_BYTES:
        return _answer(413, f"a body may hold {BODY_MAX_BYTES} bytes")
    now = instant()
    if not door.verify(headers, body, secrets(named["secret"], now)):
        return _answer(401, "the signature does not match the body")
    new = inbox().keep(connection, door.delivery_id(headers, body), headers, body, now=now)
    return _answer(202 if new else 200, "kept" if new else "already kept")


def _handshake(door: Any, headers: dict[str, str]) -> dict[str, Any]:
    """Some senders ask leave before they send (CloudEvents); the others are told how to send."""
    allowed = door.handshake(headers) if hasattr(door, "handshake") else None
    if allowed is None:
        return {"statusCode": 405, "headers": {"allow": "POST"}}
    return {"statusCode": 200, "headers": dict(allowed)}


def _raw(event: dict[str, Any]) -> bytes:
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def _answer(status: int, message: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"message": message}),
    }


loaded()
