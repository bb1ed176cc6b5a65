"""Reads a retailer's file and says everything that is wrong with it, where, and what to do."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sandbox import check_prices, check_rules
from sandbox.failures import CannotRunError
from sandbox.toml_text import line_of, lines
from shared.model import consistency, order_consistency, stock_consistency
from shared.model.base import Json
from shared.model.guardrails import Guardrails
from shared.model.ids import Entity
from shared.model.limits import Limits
from shared.model.notices import NoticeRules
from shared.model.order_policy import OrderPolicy
from shared.model.order_rules import OrderRule, TaxCode
from shared.model.policies import AccuracyPolicy, FeedLimits, Kit, KitRules, ParityPolicy
from shared.model.price_rules import (
    ExchangeRate,
    MinimumMargin,
    Precedence,
    Rounding,
    Segment,
    TaxRate,
)
from shared.model.product import Component
from shared.model.retailer import (
    Channel,
    Connection,
    Location,
    PriceList,
    Retailer,
    Source,
)
from shared.model.stock_rules import (
    Absurd,
    Allocation,
    Guard,
    Later,
    LocationGroup,
    Part,
    Stale,
    StockGuards,
    StockRule,
    Zeroed,
)

_MODELS: dict[str, type[BaseModel]] = {
    "": Retailer,
    "connections": Connection,
    "connections.limits": Limits,
    "channels": Channel,
    "channels.parity": ParityPolicy,
    "sources": Source,
    "locations": Location,
    "channels.min_margin": MinimumMargin,
    "channels.guardrails": Guardrails,
    "feeds": FeedLimits,
    "notices": NoticeRules,
    "order_rules": OrderRule,
    "order_rules.tax_codes": TaxCode,
    "channels.orders": OrderPolicy,
    "price_lists": PriceList,
    "segments": Segment,
    "tax_rates": TaxRate,
    "exchange_rates": ExchangeRate,
    "roundings": Rounding,
    "precedence": Precedence,
    "accuracy": AccuracyPolicy,
    "location_groups": LocationGroup,
    "stock_rules": StockRule,
    "stock_rules.later": Later,
    "allocations": Allocation,
    "allocations.parts": Part,
    "kits": KitRules,
    "kits.defined": Kit,
    "kits.defined.components": Component,
    "stock_guards": StockGuards,
    "stock_guards.null": Guard,
    "stock_guards.missing": Guard,
    "stock_guards.negative": Guard,
    "stock_guards.absurd": Absurd,
    "stock_guards.zeroed": Zeroed,
    "stock_guards.stale": Stale,
}
_PATTERNS = {
    r"^[a-z][a-z0-9-]{0,30}$": (
        "is not a name",
        "use lower-case letters, digits and hyphens, a letter first, 31 at most",
    ),
    r"^[A-Z]{3}$": ("is not a currency", "use its three letters of ISO 4217, like GBP"),
    r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$": (
        "is not a region",
        "use a country of ISO 3166 or a part of one, like GB or US-CA",
    ),
    r"^\d{0,6}(\.\d{1,3})?$": ("is not an ending", "write its digits, like '.99' or '5'"),
}
_SYNTAX = re.compile(r"(?P<what>.*) \(at (?P<where>[^)]*)\)$")
_SHOWN_MAX = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: its path and line in the file, the value found there, what to do about it."""

    path: str
    value: str | None
    problem: str
    remedy: str
    line: int | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "path": self.path,
            "line": self.line,
            "value": self.value,
            "problem": self.problem,
            "remedy": self.remedy,
        }


def check_file(path: Path) -> list[Finding]:
    """Everything wrong with a file, in its own order; CannotRunError when it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{path} cannot be read: {error.strerror}", "name a file") from error
    return check(content)


def require_right(path: Path) -> None:
    """CannotRunError unless the file can be read and nothing is wrong with it."""
    found = check_file(path)
    if found:
        mistakes = "1 mistake" if len(found) == 1 else f"{len(found)} mistakes"
        raise CannotRunError(f"{path} has {mistakes}", f"see `shelfwire check {path}`")


def check(content: bytes) -> list[Finding]:
    try:
        text = content.decode()
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return [Finding(f"byte {error.start}", None, "is not UTF-8", "save the file as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return [_syntax(str(error))]
    known = lines(text)
    found = {
        mistake.path: Finding(
            mistake.path,
            _shown(raw, mistake.path),
            mistake.problem,
            mistake.remedy,
            line_of(mistake.path, known),
        )
        for mistake in _mistakes(raw)
    }
    return sorted(found.values(), key=lambda finding: (finding.line or 0, finding.path))


def _mistakes(raw: consistency.Plain) -> Iterator[consistency.Mistake]:
    """What contradicts comes first and shape last, so that of one path its shape is told."""
    yield from consistency.mistakes(raw)
    yield from stock_consistency.mistakes(raw)
    yield from order_consistency.mistakes(raw)
    yield from check_rules.mistakes(raw)
    yield from check_prices.mistakes(raw)
    try:
        Retailer.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            # A list whose every entry is malformed counts as empty there; its entries say more.
            if detail["loc"] and not (detail["type"] == "too_short" and detail["input"]):
                yield _shape(detail)


def _syntax(said: str) -> Finding:
    place = _SYNTAX.match(said)
    where, what = (place["where"], place["what"]) if place else ("file", said)
    number = re.search(r"line (\d+)", where)
    line = int(number[1]) if number else None
    return Finding(where, None, f"is not TOML: {what}", "correct the syntax there", line)


def _shape(detail: ErrorDetails) -> consistency.Mistake:
    """A mistake of shape, in words that need no knowledge of Python."""
    location = [part for part in detail["loc"] if part != "[key]"]
    path = ".".join(str(part) for part in location)
    problem, remedy = _said(detail, location)
    return consistency.Mistake(path, problem, remedy)


def _said(detail: ErrorDetails, location: list[int | str]) -> tuple[str, str]:
    context = detail.get("ctx", {})
    message = detail["msg"]
    said = message[0].lower() + message[1:], "correct it"
    match detail["type"]:
        case "missing":
            said = "is missing", f"add {location[-1]!r}{_meaning(location)}"
        case "extra_forbidden":
            said = "is not known here", _instead(location)
        case "string_pattern_mismatch":
            said = _PATTERNS.get(context["pattern"], said)
        case "enum" | "literal_error":
            said = "is not one of the choices", f"choose {context['expected']}"
        case "timezone_aware":
            said = "has no time zone", "add one, like 2026-01-01T00:00:00Z"
        case "not_exact":
            said = "is a binary fraction, and so not exact", "write it in quotes, like '7.7'"
        case "value_error":
            said = str(context["error"]), "correct it"
    return said


def _model(location: list[int | str]) -> type[BaseModel] | None:
    return _MODELS.get(".".join(part for part in location[:-1] if isinstance(part, str)))


def _meaning(location: list[int | str]) -> str:
    model = _model(location)
    known = model.model_fields.get(str(location[-1])) if model else None
    return f": {known.description}" if known and known.description else ""


def _instead(location: list[int | str]) -> str:
    model = _model(location)
    choices = list(model.model_fields) if model else []
    if location[:1] == ["authority"]:
        choices = [entity.value for entity in Entity]
    close = get_close_matches(str(location[-1]), choices, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(choices)}"


def _shown(raw: consistency.Plain, path: str) -> str | None:
    """The value at a path, as text of one line, without anything that could be a credential."""
    value: object = raw
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = cast("consistency.Plain", value).get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    if value is None or isinstance(value, dict | list):
        return None
    text = str(value)
    if check_rules.confidential(path, text):
        return f"({len(text)} characters)"
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."
