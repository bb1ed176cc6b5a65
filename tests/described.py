"""Whether an answer of the API is one that its description has."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from shared.model.openapi import openapi

FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def check(route: str, answer: dict[str, Any]) -> None:
    """AssertionError for a status, media type or body that is not described."""
    media, schema = _responses(route).get(str(answer["statusCode"]), (None, None))
    assert media or answer["statusCode"] == 304, f"{route} answers {answer['statusCode']}"
    if schema is None:
        return
    assert answer["headers"]["content-type"] == media, route
    wrong = list(schema.iter_errors(json.loads(answer["body"])))
    assert not wrong, f"{route} {answer['statusCode']}: " + "; ".join(
        f"{one.json_path}: {one.message[:300]}" for one in wrong[:3]
    )


@cache
def _responses(route: str) -> dict[str, tuple[str | None, Draft202012Validator | None]]:
    document: Any = openapi()
    method, path = route.split(" ")
    found: dict[str, tuple[str | None, Draft202012Validator | None]] = {}
    for status, said in document["paths"][path][method.lower()]["responses"].items():
        (media, content), *_ = said.get("content", {None: {}}).items()
        schema = content.get("schema")
        whole = {"components": document["components"], **schema} if schema else None
        made = Draft202012Validator(whole, format_checker=FORMATS) if whole else None
        found[status] = media, made
    return found
