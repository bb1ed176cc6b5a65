"""Answers of the HTTP API."""

import json
from typing import Any
from urllib.parse import unquote

type Answer = dict[str, Any]


def named(event: dict[str, Any], field: str) -> str:
    """A name from the path. Callers escape it twice, so that a slash in it survives the gateway."""
    return unquote(unquote(event["pathParameters"][field]))


def answer(status: int, body: object) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, separators=(",", ":")),
    }


def not_found(field: str, value: str) -> Answer:
    return refusal(404, field, value, "nothing is known by this name; check its spelling")


def refusal(status: int, field: str, value: object, remedy: str) -> Answer:
    """Say which field, which value, and what to do."""
    return answer(status, {"field": field, "value": value, "remedy": remedy})
