"""The stacks as CloudFormation sees them, synthesized once a session and without a bundle."""

import json
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

import aws_cdk as cdk
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra.app import build
from infra.stage import ROOT, Stage

CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
PREFIX = "shelfwire-northwind-dev-"


@dataclass(frozen=True, slots=True)
class Synthesized:
    """`folder` holds the templates and what AWS Solutions found."""

    folder: Path
    refused: str

    def template(self, stack: str) -> dict[str, Any]:
        path = self.folder / f"Shelfwire{stack}.template.json"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    def stack(self, stack: str) -> dict[str, Any]:
        """What the CDK is told of a stack beside its template."""
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        properties: dict[str, Any] = manifest["artifacts"][f"Shelfwire{stack}"]["properties"]
        return properties

    def resources(self, kind: str, stack: str = "App") -> dict[str, dict[str, Any]]:
        every = self.template(stack)["Resources"]
        return {name: r["Properties"] for name, r in every.items() if r["Type"] == kind}

    def functions(self) -> dict[str, dict[str, Any]]:
        """By the short name each is deployed under."""
        return {
            f["FunctionName"].removeprefix(PREFIX): f
            for f in self.resources("AWS::Lambda::Function").values()
        }

    def variable(self, function: dict[str, Any], name: str) -> dict[str, Any]:
        """A mapping a function is given, with what is known only when deployed left as `?`."""
        loaded: dict[str, Any] = json.loads(_text(function["Environment"]["Variables"][name]))
        return loaded


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case {"Fn::Join": ["", parts]}:
            return "".join(_text(part) for part in parts)
        case _:
            return "?"


def app(folder: Path, **context: str) -> cdk.App:
    """The CDK's own context and this, with no bundle made."""
    said = {**CONTEXT, "aws:cdk:bundling-stacks": [], **context}
    return cdk.App(context=said, outdir=str(folder))


def synthesized(folder: Path, stage: Stage | None = None) -> Synthesized:
    made = app(folder)
    build(made, stage)
    Validations.of(made).add_plugins(AwsSolutionsChecks())
    try:
        made.synth()
    except RuntimeError:
        report = (folder / "validation-report.json").read_text(encoding="utf-8")
        return Synthesized(folder, report)
    return Synthesized(folder, "")


@cache
def of_the_example(base: Path) -> Synthesized:
    """The template of the example retailer, made once for all tests of a session."""
    return synthesized(base / "synth")
