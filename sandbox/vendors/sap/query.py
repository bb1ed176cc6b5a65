"""`$filter` of OData V2, as far as clients of the released APIs use it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sandbox.vendors.sap.refusals import Refused

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>and|or|eq|ne|gt|ge|lt|le|true|false)\b"
    r"|datetimeoffset'(?P<offset>[^']*)'|datetime'(?P<date>[^']*)'"
    r"|'(?P<text>(?:[^']|'')*)'|(?P<name>[A-Za-z_][A-Za-z0-9_]*))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "gt": gt,
    "ge": ge,
    "lt": lt,
    "le": le,
}

_INVALID = "005056A509B11EE1B9A8FEC11C21D78E"
type Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Comparison:
    field: str
    word: str
    value: object

    def holds(self, row: Row) -> bool:
        return _COMPARE[self.word](row[self.field], self.value)


@dataclass(frozen=True, slots=True)
class Joined:
    word: str
    parts: tuple["Condition", ...]

    def holds(self, row: Row) -> bool:
        every = all if self.word == "and" else any
        return every(part.holds(row) for part in self.parts)


type Condition = Comparison | Joined


@lru_cache(4096)
def parse(text: str, fields: frozenset[str]) -> Condition:
    """Read a filter; an unknown property or a broken expression is refused as SAP refuses it."""
    tokens = _tokens(text)
    condition, rest = _either(tokens, fields)
    if rest:
        raise Refused(_INVALID, f"Invalid filter: {text[:80]}")
    return condition


def wanted(condition: Condition | None, field: str) -> set[object] | None:
    """Values a field must have for the condition to hold; None when it may have any."""
    match condition:
        case Comparison(field=name, word="eq", value=value) if name == field:
            return {value}
        case Joined(word="and", parts=parts):
            known = [found for part in parts if (found := wanted(part, field)) is not None]
            return set.intersection(*known) if known else None
        case Joined(word="or", parts=parts):
            either = [wanted(part, field) for part in parts]
            named = [values for values in either if values is not None]
            return set().union(*named) if len(named) == len(either) else None
        case _:
            return None


def beyond(condition: Condition | None, field: str) -> object | None:
    """The value a field must exceed, when the condition says so outright."""
    match condition:
        case Comparison(field=name, word="gt", value=value) if name == field:
            return value
        case Joined(word="and", parts=parts):
            return next((v for part in parts if (v := beyond(part, field)) is not None), None)
        case _:
            return None


type _Tokens = list[tuple[str, object]]


def _tokens(text: str) -> _Tokens:
    found: _Tokens = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Refused(_INVALID, f"Invalid filter at {text[at : at + 20]}")
        found.append(_value(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _value(kind: str, text: str) -> tuple[str, object]:
    match kind:
        case "text":
            return "value", text.replace("''", "'")
        case "date" | "offset":
            parsed = datetime.fromisoformat(text)
            return "value", parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        case "word" if text in {"true", "false"}:
            return "value", text == "true"
        case _:
            return kind, text


def _either(tokens: _Tokens, fields: frozenset[str]) -> tuple[Condition, _Tokens]:
    return _joined(tokens, fields, "or", _both)


def _both(tokens: _Tokens, fields: frozenset[str]) -> tuple[Condition, _Tokens]:
    return _joined(tokens, fields, "and", _single)


def _joined(
    tokens: _Tokens,
    fields: frozenset[str],
    word: str,
    inner: Callable[[_Tokens, frozenset[str]], tuple[Condition, _Tokens]],
) -> tuple[Condition, _Tokens]:
    first, rest = inner(tokens, fields)
    parts = [first]
    while rest and rest[0] == ("word", word):
        following, rest = inner(rest[1:], fields)
        parts.append(following)
    return (parts[0] if len(parts) == 1 else Joined(word, tuple(parts))), rest


def _single(tokens: _Tokens, fields: frozenset[str]) -> tuple[Condition, _Tokens]:
    broken = Refused(_INVALID, "Invalid filter expression")
    if tokens and tokens[0][0] == "open":
        condition, rest = _either(tokens[1:], fields)
        if not rest or rest[0][0] != "close":
            raise broken
        return condition, rest[1:]
    kinds = [kind for kind, _ in tokens[:3]]
    if kinds != ["name", "word", "value"]:
        raise broken
    (_, name), (_, word), (_, value) = tokens[:3]
    if name not in fields:
        raise Refused("005056A509B11ED1B9BF9F46AEE16C80", f"Property {name} not found")
    return Comparison(str(name), str(word), value), tokens[3:]
