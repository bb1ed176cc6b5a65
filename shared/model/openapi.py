"""The HTTP API as OpenAPI 3.1, made from the models and the list of routes."""

import re
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from shared.model.api_routes import ROUTES, Described, Refused

VERSION: Final = "3.1.0"
_REF: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"{(\w+)}")


@cache
def openapi() -> dict[str, JsonValue]:
    """The whole description; what it is made from is what requests are read with."""
    _, found = models_json_schema([(model, "validation") for model in _models()], ref_template=_REF)
    paths: dict[str, JsonValue] = {}
    for each in ROUTES:
        method, path = each.route.split(" ")
        known = paths.setdefault(path, {})
        if isinstance(known, dict):
            known[method.lower()] = _operation(each)
    flow: JsonValue = {
        "tokenUrl": "/oauth2/token",
        "scopes": {f"shelfwire/{each.scope}": "" for each in ROUTES},
    }
    return {
        "openapi": VERSION,
        "info": {
            "title": "Shelfwire",
            "version": "1",
            "description": "Every answer that refuses says which field, which value, what to do.",
        },
        "paths": paths,
        "components": {
            "schemas": found["$defs"],
            "securitySchemes": {"tokens": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
        },
    }


def _models() -> list[type[BaseModel]]:
    said = [model for each in ROUTES for model in (each.takes, each.answers)]
    return [Refused, *dict.fromkeys(m for m in said if isinstance(m, type))]


def _operation(each: Described) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {
        "summary": each.summary,
        "operationId": _name(each.route),
        "security": [{"tokens": [f"shelfwire/{each.scope}"]}],
        "parameters": list(_parameters(each)),
        "responses": _answers(each),
    }
    if each.takes is not None:
        made["requestBody"] = {"required": True, "content": _json(each.takes)}
    return made


def _name(route: str) -> str:
    words = re.findall(r"\w+", route.removesuffix(".json"))
    return "_".join(word.lower() for word in words if word != "v1")


def _parameters(each: Described) -> list[JsonValue]:
    found: list[JsonValue] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": "escaped twice if it holds a slash",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }
        for name in _PARAMETER.findall(each.route)
    ]
    if each.keyed:
        text: JsonValue = {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!-~]+$",
        }
        needed, key = not each.names, "Idempotency-Key"
        found.append({"name": key, "in": "header", "required": needed, "schema": text})
    if each.unchanged:
        tags: JsonValue = {"type": "string"}
        found.append({"name": "If-None-Match", "in": "header", "required": False, "schema": tags})
    for name, values in each.query:
        schema: dict[str, Any] = {"type": "string"} | ({"enum": list(values)} if values else {})
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    return found


def _answers(each: Described) -> dict[str, JsonValue]:
    tag: dict[str, JsonValue] = (
        {"headers": {"ETag": {"schema": {"type": "string"}}}} if each.unchanged else {}
    )
    said: dict[str, JsonValue] = {
        str(each.status): {
            "description": HTTPStatus(each.status).phrase,
            "content": {each.media: _json(each.answers)["application/json"]},
            **tag,
        }
    }
    if each.unchanged:
        said["304"] = {"description": "the caller has this answer already", **tag}
    for status in each.refuses:
        said[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": _json(Refused, open_=True),
        }
    for status, why in ((401, "no valid token"), (403, "a token without the scope")):
        said.setdefault(str(status), {"description": why})
    return said


def _json(
    said: type[BaseModel] | dict[str, JsonValue], *, open_: bool = False
) -> dict[str, JsonValue]:
    """`open_`: some answers that refuse say more than which field, value and remedy."""
    if open_ or isinstance(said, dict):
        schema: JsonValue = _MORE if isinstance(said, type) else said
    else:
        schema = {"$ref": _REF.format(model=said.__name__)}
    return {"application/json": {"schema": schema}}


_MORE: Final[dict[str, JsonValue]] = {
    "type": "object",
    "required": ["field", "value", "remedy"],
    "properties": {
        "field": {"type": "string"},
        "value": {},
        "remedy": {"type": "string"},
    },
}
