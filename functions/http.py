"""Answers of the HTTP API, and what its requests say."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import unquote

type Answer = dict[str, Any]


def named(event: dict[str, Any], field: str) -> str:
    """A name from the path. Callers escape it twice, so that a slash in it survives the gateway."""
    return unquote(unquote(event["pathParameters"][field]))


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
