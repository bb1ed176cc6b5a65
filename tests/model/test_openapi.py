"""The description of the API: every route, valid, and what the committed file says."""

from typing import Any

from jsonschema import Draft202012Validator

from infra.doors import EVERY_ROUTE
from shared.model.api_routes import ROUTES
from shared.model.openapi import openapi


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
