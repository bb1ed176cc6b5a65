"""Answers of the HTTP API, and what its requests say."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from shared.errors import RejectedError, RetryableError
from shared.flows import calls
from shared.kit.records.jsons import decoded

type Answer = dict[str, Any]

NAME_MAX: Final = 1900  # bytes: nothing of ours has a longer name, and no key of the store
SAME_KEY: Final = "the same call may be sent again, under the same key"
STATUS: Final[Mapping[str, int]] = {
    calls.NO_KEY: 400,
    calls.MALFORMED: 400,
    calls.NOT_THE_OWNER: 403,
    calls.KEY_REUSED: 409,
}
"""What a refused call is answered with, by the code of its refusal."""


def named(event: dict[str, Any], field: str) -> str:
    """A name from the path. Callers escape it twice, so that a slash in it survives the gateway.

    One that is longer than any is cut: nothing is known by what is left of it.
    """
    name = unquote(unquote(event["pathParameters"][field]))
    return name.encode(errors="replace")[:NAME_MAX].decode(errors="ignore")


def instant(text: str) -> datetime:
    """An instant with its offset, in UTC; ValueError for anything else."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is beyond the calendar") from error


def whole(text: str, *, least: int, most: int) -> int:
    """A whole number within bounds; ValueError for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        raise ValueError(f"{text!r} is no whole number up to {most}")
    if not least <= int(text) <= most:
        raise ValueError(f"{text!r} is not between {least} and {most}")
    return int(text)


def text_of(event: dict[str, Any]) -> str:
    """The body; ValueError if it is no text."""
    text = event.get("body") or ""
    return base64.b64decode(text).decode() if event.get("isBase64Encoded") else text


def caller(event: dict[str, Any]) -> str:
    """The client the gateway has let in."""
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    return str(claims.get("client_id") or claims.get("sub") or "unknown")


def answer(status: int, body: object) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, separators=(",", ":")),
    }


def tagged(event: dict[str, Any], body: object) -> Answer:
    """200 with an entity tag, or 304 for a caller who has this very answer already."""
    made = answer(200, body)
    tag = f'"{hashlib.sha256(made["body"].encode()).hexdigest()[:32]}"'
    made["headers"]["etag"] = tag
    known = event.get("headers", {}).get("if-none-match", "").split(",")
    if tag in {one.strip().removeprefix("W/") for one in known}:
        return {"statusCode": 304, "headers": {"etag": tag}}
    return made


def not_found(field: str, value: str) -> Answer:
    return refusal(404, field, value, "nothing is known by this name; check its spelling")


def refusal(status: int, field: str, value: object, remedy: str) -> Answer:
    """Say which field, which value, and what to do."""
    return answer(status, {"field": field, "value": value, "remedy": remedy})


def posted(
    event: dict[str, Any],
    take: Callable[[object, str], Answer],
    *,
    status: Mapping[str, int] = STATUS,
) -> Answer:
    """The answer to a JSON body under a key of its caller's own, or why there is none."""
    try:
        said = decoded(text_of(event))
    except ValueError:
        return refusal(400, "body", "", "send one JSON object in UTF-8")
    key = event.get("headers", {}).get("idempotency-key", "")
    return settled(lambda: take(said, key), status=status)


def settled(
    take: Callable[[], Answer], *, status: Mapping[str, int], again: str = SAME_KEY
) -> Answer:
    """What it answers; a refusal by its code, and 503 while others are in its way."""
    try:
        return take()
    except RejectedError as error:
        if error.code not in status:
            raise
        return refusal(status[error.code], error.field or "", error.value, error.remedy or "")
    except RetryableError as error:
        busy = refusal(503, "", "", again)
        seconds = 1 if error.after is None else max(1, round(error.after.total_seconds()))
        busy["headers"]["retry-after"] = str(seconds)
        return busy
