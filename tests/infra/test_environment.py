"""A function is given exactly the environment it declares, in both directions."""

import importlib
import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.bench.cold import ENVIRONMENT
from tests.infra.template import Synthesized

pytestmark = pytest.mark.xdist_group("synth")
COMMON = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "LOG_LEVEL",
    "PYDANTIC_DISABLE_PLUGINS",
}


def declared(handler: str) -> set[str]:
    settings = importlib.import_module(handler.removesuffix(".handler")).Settings
    fields: Iterable[str] = getattr(settings, "model_fields", None) or settings._fields
    return {name.upper() for name in fields}


def given(function: dict[str, Any]) -> set[str]:
    return set(function["Environment"]["Variables"]) - COMMON


def test_every_function_is_given_what_it_declares_and_nothing_else(template: Synthesized) -> None:
    wanted = {name: declared(f["Handler"]) for name, f in template.functions().items()}
    assert {name: given(f) for name, f in template.functions().items()} == wanted


def test_a_connection_s_functions_are_given_only_its_own_secret(template: Synthesized) -> None:
    for name, function in template.functions().items():
        secrets = function["Environment"]["Variables"].get("SECRETS")
        if secrets is not None:
            connection = name.split("-", 1)[0]
            keys = [part for part in json.dumps(secrets).split('\\"') if part in {"erp", "shop"}]
            assert keys == [connection]


def test_no_function_looks_for_plugins_of_pydantic_in_its_bundle(template: Synthesized) -> None:
    functions = template.functions().values()
    found = {f["Environment"]["Variables"]["PYDANTIC_DISABLE_PLUGINS"] for f in functions}
    assert found == {"1"} == {ENVIRONMENT["PYDANTIC_DISABLE_PLUGINS"]}
