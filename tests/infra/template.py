"""Both stacks as CloudFormation sees them, synthesized once a session and without a bundle."""

import json
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

import aws_cdk as cdk
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra.app import build
from infra.stage import ROOT

CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]


@dataclass(frozen=True, slots=True)
class Synthesized:
    """`folder` holds the templates and what AWS Solutions found."""

    folder: Path
    refused: str

    def template(self, stack: str) -> dict[str, Any]:
        path = self.folder / f"Shelfwire{stack}.template.json"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    def resources(self, kind: str, stack: str = "App") -> dict[str, dict[str, Any]]:
        every = self.template(stack)["Resources"]
        return {name: r["Properties"] for name, r in every.items() if r["Type"] == kind}

    def functions(self) -> dict[str, dict[str, Any]]:
        """By the short name each is deployed under."""
        prefix = "shelfwire-northwind-dev-"
        return {
            f["FunctionName"].removeprefix(prefix): f
            for f in self.resources("AWS::Lambda::Function").values()
        }


@cache
def synthesized() -> Synthesized:
    folder = Path(mkdtemp(prefix="synth-"))
    app = cdk.App(context={**CONTEXT, "aws:cdk:bundling-stacks": []}, outdir=str(folder))
    build(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    try:
        app.synth()
    except RuntimeError:
        report = (folder / "validation-report.json").read_text(encoding="utf-8")
        return Synthesized(folder, report)
    return Synthesized(folder, "")
