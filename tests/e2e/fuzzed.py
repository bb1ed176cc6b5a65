"""Answers held against their description: of good calls one by one, of any by schemathesis."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from sandbox.api import Api
from sandbox.world import World
from shared.model.base import Json
from tests import described

CHECKED_S: Final = 10  # a client at a time
CHECKS: Final = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
type ThereIs = Mapping[str, Json]
"""What can be asked for: values by the name of a parameter, bodies and queries by their route."""


def ask(world: World, client: str, route: str, there_is: ThereIs) -> int:
    """The status of a call with what there is; AssertionError if its answer is not described."""
    method, path = route.split(" ")
    path = re.sub(r"{(\w+)}", lambda name: quote(str(there_is[name[1]]), safe=""), path)
    token = Api(world.deployed, client=client).token()
    answer = httpx.request(
        method,
        world.deployed.api_url + path,
        json=there_is.get(route),
        params={"source": "wms"} if "epcis" in route else None,
        headers={"authorization": f"Bearer {token}", "idempotency-key": uuid.uuid4().hex},
        timeout=30,
        trust_env=False,
    )
    headers = {"content-type": answer.headers["content-type"]}
    said = {"statusCode": answer.status_code, "headers": headers, "body": answer.text}
    described.check(route, said)
    return answer.status_code


def fuzz(world: World, client: str, there_is: ThereIs, folder: Path) -> str:
    """What schemathesis finds wrong with what a client is answered; empty if nothing."""
    document = _served(world)
    _give_examples(document, there_is)
    file = folder / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    api = Api(world.deployed, client=client)
    said = subprocess.run(  # noqa: S603 - our own tool, on a file just written
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(file)),
            *("--url", world.deployed.api_url, "-H", f"Authorization: Bearer {api.token()}"),
            *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing"),
            *("--max-time", str(CHECKED_S), "--max-examples", "5", "--workers", "2"),
            *("--warnings", "off", "--no-color", "--continue-on-failure"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return said.stdout[-6000:] + said.stderr[-2000:] if said.returncode else ""


def _served(world: World) -> dict[str, Any]:
    api = Api(world.deployed, client="operator")
    headers = {"authorization": f"Bearer {api.token()}"}
    url = f"{world.deployed.api_url}/v1/openapi.json"
    found: dict[str, Any] = httpx.get(url, headers=headers, timeout=30, trust_env=False).json()
    return found


def _give_examples(document: dict[str, Any], there_is: ThereIs) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for each in operation["parameters"]:
                if each["name"] in there_is:
                    each["example"] = there_is[each["name"]]
                elif each["name"] == "Idempotency-Key":
                    each["example"] = uuid.uuid4().hex
            body = there_is.get(f"{method.upper()} {path}")
            if body is not None:
                operation["requestBody"]["content"]["application/json"]["example"] = body
