"""The HTTP API as OpenAPI 3.1, made from the models and the list of routes."""

import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any, Final, override

from pydantic import JsonValue, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from shared.model.answers.refusals import GatewayRefused, Refused
from shared.model.api_routes import ROUTES, Described

VERSION: Final = "3.1.0"
_JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"{(\w+)}")
_BY_GATEWAY: Final = {
    401: "no valid token",
    403: "a token without the scope",
    429: "more calls than the API takes",
    500: "a function failed",
    503: "no function is free",
}
_EITHER: Final = {400, 403, 404, 503}
"""Statuses of ours that the gateway also answers by itself."""

type _Known = dict[tuple[str, JsonSchemaMode], JsonSchemaValue]


class _AsWritten(GenerateJsonSchema):
    """Answers as they are written: with their defaults, closed, without what is left out."""

    @override
    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        if self.mode == "validation" or field["type"] == "typed-dict-field":
            return super().field_is_required(field, total)
        return field.get("serialization_exclude_if") is None

    @override
    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return super().typed_dict_schema(schema) | {"additionalProperties": False}

    @override
    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if self.mode == "validation":
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])


@cache
def openapi() -> dict[str, JsonValue]:
    """The whole description; what it is made from is what requests are read with."""
    known, found = TypeAdapter.json_schemas(
        [(said.__qualname__, mode, TypeAdapter(said)) for said, mode in _said()],
        ref_template=_REF,
        schema_generator=_AsWritten,
    )
    paths: dict[str, JsonValue] = {}
    for each in ROUTES:
        method, path = each.route.split(" ")
        operations = paths.setdefault(path, {})
        if isinstance(operations, dict):
            operations[method.lower()] = _operation(each, known)
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


def _said() -> Iterator[tuple[type[Any], JsonSchemaMode]]:
    """Everything that is read or answered, each once."""
    answers = [each.answers for each in ROUTES]
    refused = [each.refused[1] for each in ROUTES if each.refused]
    for said in dict.fromkeys([Refused, GatewayRefused, *answers, *refused]):
        yield said, "serialization"
    takes = [each.takes for each in ROUTES if isinstance(each.takes, type)]
    for taken in dict.fromkeys(takes):
        yield taken, "validation"


def _operation(each: Described, known: _Known) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {
        "summary": each.summary,
        "operationId": _name(each.route),
        "security": [{"tokens": [f"shelfwire/{each.scope}"]}],
        "parameters": list(_parameters(each)),
        "responses": _answers(each, known),
    }
    if each.takes is not None:
        taken = (
            each.takes
            if isinstance(each.takes, dict)
            else known[each.takes.__qualname__, "validation"]
        )
        made["requestBody"] = {"required": True, "content": {_JSON: {"schema": taken}}}
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


def _answers(each: Described, known: _Known) -> dict[str, JsonValue]:
    tag: dict[str, JsonValue] = (
        {"headers": {"ETag": {"schema": {"type": "string"}}}} if each.unchanged else {}
    )
    said: dict[str, JsonValue] = {
        str(each.status): {
            "description": HTTPStatus(each.status).phrase,
            "content": {each.media: {"schema": known[each.answers.__qualname__, "serialization"]}},
            **tag,
        }
    }
    if each.unchanged:
        said["304"] = {"description": "the caller has this answer already", **tag}
    for status in sorted({*each.refuses, *_BY_GATEWAY}):
        why = HTTPStatus(status).phrase if status in each.refuses else _BY_GATEWAY[status]
        schema = _refusal(each, status, known)
        said[str(status)] = {"description": why, "content": {_JSON: {"schema": schema}}}
    return said


def _refusal(each: Described, status: int, known: _Known) -> JsonValue:
    ours: list[type[Any]] = []
    if status in each.refuses:
        ours = [Refused]
    if each.refused and each.refused[0] == status:
        ours = [each.refused[1]]
    if status not in each.refuses or status in _EITHER:
        ours.append(GatewayRefused)
    schemas = [known[one.__qualname__, "serialization"] for one in ours]
    return schemas[0] if len(schemas) == 1 else {"anyOf": list[JsonValue](schemas)}
