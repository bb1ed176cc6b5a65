"""A TOML file as text: where in it something stands, and how one is written."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import cast

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)\s*=")
_PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


def lines(text: str) -> dict[str, int]:
    """The line, from 1, of every table and key by its path: `channels.0.erp`.

    What stands inside an inline table or an array is found by the key that holds it.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _table(_parts(header[2]), counts, repeated=header[1] == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(".".join(filter(None, (table, *_parts(key[1])))), number)
    return found


def line_of(path: str, known: dict[str, int]) -> int | None:
    """The line of a path, or of the nearest thing around it."""
    while path and path not in known:
        path = path.rpartition(".")[0]
    return known.get(path)


def _parts(text: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(text)]


def _table(parts: list[str], counts: dict[str, int], *, repeated: bool) -> str:
    """The path of a table; every array of tables on the way adds the number of its last entry."""
    path = ""
    for i, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if repeated and i == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}.{counts[path]}"
    return path


def written(tables: Mapping[str, object]) -> str:
    """A parsed file as TOML again: scalars first, then tables, then arrays of tables."""
    text = [f"{_key(k)} = {_value(v)}" for k, v in tables.items() if not _stands_alone(v)]
    for name, value in tables.items():
        if isinstance(value, Mapping):
            text += ["", f"[{_key(name)}]", *_pairs(value)]
        elif _stands_alone(value):
            for entry in cast("list[Mapping[str, object]]", value):
                text += ["", f"[[{_key(name)}]]", *_pairs(entry)]
    return "\n".join(text) + "\n"


def _stands_alone(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(entry, Mapping) for entry in value)
    return isinstance(value, Mapping)


def _pairs(table: Mapping[str, object]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items()]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _value(value: object) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(_pairs(value)) + " }" if value else "{}"
        case list():
            return "[" + ", ".join(_value(entry) for entry in value) + "]"
        case datetime() | date() | time():
            return value.isoformat()
        case bool() | str():
            # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
            return json.dumps(value).replace("\x7f", "\\u007F")
    return str(value)
