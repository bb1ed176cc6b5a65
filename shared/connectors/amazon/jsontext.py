"""JSON with exact numbers: Amazon wants prices as JSON numbers, and a price is never a float."""

import json
from collections.abc import Mapping
from decimal import Decimal


def dumps(value: object) -> str:
    """Write as `json.dumps` does, and a Decimal with the digits it has."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(key)}: {dumps(each)}" for key, each in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(dumps, value)) + "]"
    return json.dumps(value)


def loads(content: bytes) -> object:
    """Read without ever making a float; raises ValueError for what is not JSON."""
    return json.loads(content, parse_float=Decimal)
