"""Amazon's own models, held against every request and every answer; silent without them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft7Validator

from shared.connectors.amazon import jsontext
from tests.specs import specs_dir

MODELS = (
    "listingsItems_2021-08-01",
    "feeds_2021-06-30",
    "orders_2026-01-01",
    "ordersV0",
    "notifications",
)


def amazon_specs() -> Path:
    return specs_dir() / "market" / "amazon"


@dataclass(frozen=True, slots=True)
class Promise:
    """One operation as a model describes it."""

    name: str
    pattern: re.Pattern[str]
    method: str
    model: str
    described: Mapping[str, Any]


@cache
def model(name: str) -> dict[str, Any]:
    """A model whose objects take no member that it does not name."""
    path = amazon_specs() / "models" / f"{name}.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    _close(loaded["definitions"])
    return loaded


def _close(node: Any) -> None:
    if isinstance(node, dict):
        if "properties" in node and isinstance(node["properties"], dict):
            node.setdefault("additionalProperties", False)
        for value in node.values():
            _close(value)
    elif isinstance(node, list):
        for value in node:
            _close(value)


@cache
def promises() -> tuple[Promise, ...]:
    if not amazon_specs().is_dir():
        return ()
    found = []
    for name in MODELS:
        for path, methods in model(name)["paths"].items():
            pattern = re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")
            for method, described in methods.items():
                if isinstance(described, dict) and "operationId" in described:
                    operation = described["operationId"]
                    found.append(Promise(operation, pattern, method.upper(), name, described))
    return tuple(found)


def promise(request: httpx.Request) -> Promise | None:
    path = request.url.raw_path.decode().partition("?")[0]
    fitting = [p for p in promises() if p.method == request.method and p.pattern.match(path)]
    return fitting[0] if fitting else None


def complaints(promised: Promise, schema: Mapping[str, Any], value: object) -> list[str]:
    whole = {**schema, "definitions": model(promised.model)["definitions"]}
    return [f"{e.json_path}: {e.message}" for e in Draft7Validator(whole).iter_errors(value)]


def request_complaints(request: httpx.Request) -> list[str]:
    """What Amazon's model has against a request."""
    if not promises() or request.url.path.startswith(("/auth/", "/_documents/")):
        return []
    promised = promise(request)
    if promised is None:
        return [f"no operation {request.method} {request.url.path}"]
    known = {p["name"]: p for p in promised.described.get("parameters", ()) if p["in"] == "query"}
    said = [f"no parameter {name}" for name in request.url.params if name not in known]
    said += [
        f"parameter {name} is missing"
        for name, parameter in known.items()
        if parameter.get("required") and name not in request.url.params
    ]
    for name, text in request.url.params.items():
        said += _parameter(known.get(name, {}), text)
    body = next((p for p in promised.described.get("parameters", ()) if p["in"] == "body"), None)
    if body is not None:
        said += complaints(promised, body["schema"], jsontext.loads(request.content))
    return said


def _parameter(known: Mapping[str, Any], text: str) -> list[str]:
    if known.get("type") == "integer":
        return [] if text.isdigit() else [f"{known['name']} is no number"]
    if known.get("type") != "array":
        return []
    values = text.split(",")
    return [f"{known['name']}: {e.message}" for e in Draft7Validator(known).iter_errors(values)]


def answer_complaints(request: httpx.Request, response: httpx.Response) -> list[str]:
    """What Amazon's model has against an answer."""
    promised = promise(request)
    if promised is None:
        return []
    described = promised.described["responses"].get(str(response.status_code))
    if described is None:
        return [f"{promised.name} never answers {response.status_code}"]
    if "schema" not in described:
        return ["a body where none is promised"] if response.content else []
    return complaints(promised, described["schema"], jsontext.loads(response.content))


@cache
def _schema(path: str) -> Draft7Validator:
    return Draft7Validator(json.loads((amazon_specs() / path).read_text(encoding="utf-8")))


def document_complaints(path: str, content: bytes) -> list[str]:
    """What a schema below `schemas/` has against a document; nothing without the schemas."""
    if not amazon_specs().is_dir():
        return []
    errors = _schema(f"schemas/{path}").iter_errors(jsontext.loads(content))
    return [f"{e.json_path}: {e.message}" for e in errors]


def usage_plans() -> dict[str, tuple[str, str]]:
    """Operation -> rate and burst, as the models describe them."""
    found = {}
    for promised in promises():
        text = promised.described.get("description", "")
        row = re.search(r"\|\s*([0-9.]+)\s*\|\s*([0-9]+)\s*\|", text)
        if row:
            found[promised.name] = (row[1], row[2])
    return found
