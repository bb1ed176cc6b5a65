"""schemathesis over the served description, given what there is to be asked for."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from sandbox.api import Api
from sandbox.world import World
from shared.model.base import Json

CHECKED_S: Final = 15  # a client at a time
CHECKS: Final = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)


def fuzz(
    world: World, client: str, there_is: Mapping[str, Json], folder: Path
) -> tuple[str, set[str]]:
    """What it finds wrong, empty if nothing, and the routes that were answered as asked.

    `there_is` are values by the name of a parameter, and bodies by their route.
    """
    document = _served(world)
    templates = _with_examples(document, there_is)
    described, report = folder / "openapi.json", folder / "report.har"
    described.write_text(json.dumps(document), encoding="utf-8")
    api = Api(world.deployed, client=client)
    said = subprocess.run(  # noqa: S603 - our own tool, on a file just written
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(described)),
            *("--url", world.deployed.api_url, "-H", f"Authorization: Bearer {api.token()}"),
            *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing"),
            *("--max-time", str(CHECKED_S), "--max-examples", "5", "--workers", "2"),
            *("--report", "har", "--report-har-path", str(report)),
            *("--warnings", "off", "--no-color", "--continue-on-failure"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    wrong = said.stdout[-6000:] + said.stderr[-2000:] if said.returncode else ""
    return wrong, _answered(json.loads(report.read_text(encoding="utf-8")), templates)


def _served(world: World) -> dict[str, Any]:
    api = Api(world.deployed, client="operator")
    headers = {"authorization": f"Bearer {api.token()}"}
    url = f"{world.deployed.api_url}/v1/openapi.json"
    found: dict[str, Any] = httpx.get(url, headers=headers, timeout=30, trust_env=False).json()
    return found


def _with_examples(document: dict[str, Any], there_is: Mapping[str, Json]) -> list[str]:
    """The description with what there is as its examples; every route."""
    routes = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            routes.append(route)
            for each in operation["parameters"]:
                if each["name"] in there_is:
                    each["example"] = there_is[each["name"]]
                elif each["name"] == "Idempotency-Key":
                    each["example"] = uuid.uuid4().hex
            if route in there_is:
                operation["requestBody"]["content"]["application/json"]["example"] = there_is[route]
    return routes


def _answered(report: dict[str, Any], routes: list[str]) -> set[str]:
    patterns = {route: re.compile(re.sub("{[^}]+}", "[^/]+", route) + "$") for route in routes}
    found = set()
    for entry in report["log"]["entries"]:
        if entry["response"]["status"] // 100 == 2:
            path = entry["request"]["url"].split("?")[0].partition("/v1/")[2]
            asked = f"{entry['request']['method']} /v1/{path}"
            found |= {route for route, like in patterns.items() if like.match(asked)}
    return found
