"""The description of the API: every route, valid, and what the committed file says."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from infra.doors import EVERY_ROUTE
from shared.model.answers.description import Description
from shared.model.api_routes import ROUTES, Described
from shared.model.openapi import openapi
from tests.factories import make_price_row

OPEN: Final = {"Refused", "MissingSku", "ReservationRefused"}
"""Answers with a value as it was sent, which may be any."""


def test_every_route_is_described_with_the_scope_it_asks_for() -> None:
    assert {each.route: each.scope for each in ROUTES} == EVERY_ROUTE


def test_every_schema_is_one() -> None:
    schemas = openapi()["components"]["schemas"]  # type: ignore[index, call-overload]
    for schema in schemas.values():  # type: ignore[union-attr]
        Draft202012Validator.check_schema(schema)  # type: ignore[arg-type]
    assert {"OrderCall", "OrderAnswer"} <= set(schemas)  # type: ignore[arg-type]


def test_every_operation_says_how_it_refuses() -> None:
    for each in ROUTES:
        path = openapi()["paths"][each.route.split(" ")[1]]  # type: ignore[index, call-overload]
        said = path[each.route.split(" ")[0].lower()]["responses"]  # type: ignore[index, call-overload]
        assert {str(each.status), "401", "403"} <= set(said)  # type: ignore[arg-type]


def test_every_lookup_says_that_it_is_tagged() -> None:
    lookups = [each for each in ROUTES if each.scope == "lookup.read" and "{channel}" in each.route]
    assert len(lookups) == 4
    for each in lookups:
        method, path = each.route.split(" ")
        said: Any = openapi()["paths"]
        operation = said[path][method.lower()]
        assert "If-None-Match" in {one["name"] for one in operation["parameters"]}
        assert all("ETag" in operation["responses"][code]["headers"] for code in ("200", "304"))


def test_every_operation_says_what_the_gateway_answers_by_itself() -> None:
    for each in ROUTES:
        assert {"401", "403", "429", "500", "503"} <= set(responses(each))


@pytest.mark.parametrize("each", ROUTES, ids=[each.route for each in ROUTES])
def test_no_answer_is_a_bare_object_or_anything(each: Described) -> None:
    """All the way down: whoever reads an answer knows each field of it, and whether it may miss."""
    if each.answers is Description:
        return  # operations are as the specification of OpenAPI has them
    for status, said in responses(each).items():
        for content in said.get("content", {}).values():
            assert list(vague(content["schema"], frozenset())) == [], status


MOVED: Final = {
    "movement_id": "M-1",
    "kind": "receipt",
    "sku": "HAT-M",
    "quantity": 5,
    "unit": "PC",
    "occurred_at": "2026-11-27T08:00:00Z",
    "to_location": "london",
}
COUNTED: Final = {"sku": "HAT-M", "location": "london", "unit": "PC", "on_hand": "12"}
EVENT: Final = {"specversion": "1.0", "id": "1", "source": "wms", "type": "moved", "data": MOVED}
PRICED: Final = make_price_row()


@pytest.mark.parametrize(
    ("path", "body", "taken"),
    [
        ("/v1/prices", {"connection": "erp", "conditions": [PRICED]}, True),
        ("/v1/prices", {"connection": "erp", "conditions": [PRICED | {"cost": 1}]}, False),
        ("/v1/prices", {"connection": "erp", "conditions": [{"sku": "HAT-M"}]}, False),
        ("/v1/movements", {"connection": "wms", "movements": [MOVED]}, True),
        ("/v1/movements", {"connection": "wms", "movements": [COUNTED]}, False),
        ("/v1/movements", {"connection": "wms", "levels": [COUNTED | {"on_hand": None}]}, True),
        ("/v1/movements", {"connection": "wms", "levels": [MOVED]}, False),
        ("/v1/movements", EVENT, True),
        ("/v1/movements", [EVENT], True),
    ],
)
def test_the_lines_of_a_feed_are_described_field_by_field(
    path: str, body: object, *, taken: bool
) -> None:
    document: Any = openapi()
    operation = document["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert Draft202012Validator(schema).is_valid(body) is taken


def responses(each: Described) -> dict[str, Any]:
    method, path = each.route.split(" ")
    document: Any = openapi()
    found: dict[str, Any] = document["paths"][path][method.lower()]["responses"]
    return found


def vague(schema: dict[str, Any], seen: frozenset[str], at: str = "") -> Iterator[str]:
    """Where a schema lets anything pass."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        document: Any = openapi()
        if name not in seen | OPEN:
            yield from vague(document["components"]["schemas"][name], seen | {name}, f"{at}/{name}")
        return
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if inner:
        for one in inner:
            yield from vague(one, seen, at)
        return
    kind = schema.get("type")
    if kind is None and not {"enum", "const"} & set(schema):
        yield at
    if kind == "array":
        yield from vague(schema.get("items", {}), seen, f"{at}[]")
    if kind == "object":
        yield from vague_object(schema, seen, at)


def vague_object(schema: dict[str, Any], seen: frozenset[str], at: str) -> Iterator[str]:
    fields = schema.get("properties", {})
    others = [schema["additionalProperties"]] if schema.get("additionalProperties") else []
    others += schema.get("patternProperties", {}).values()
    if not fields and not others:
        yield at
    if fields and schema.get("additionalProperties") is not False:
        yield f"{at} is open"
    for name, one in [*fields.items(), *(("*", one) for one in others)]:
        yield from vague(one, seen, f"{at}.{name}")
