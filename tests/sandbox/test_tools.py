"""What a machine lacks is said in one line with its remedy."""

from pathlib import Path

import pytest

from sandbox.failures import CannotRunError
from sandbox.tools import Tools, cause

ROOT = Path(__file__).resolve().parents[2]


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_machine_without_the_cdk_is_told_to_set_up(tmp_path: Path) -> None:
    node = program(tmp_path / "node", "v24.1.0")
    with pytest.raises(CannotRunError, match="CDK command line is not installed; run `make setup`"):
        Tools.found(tmp_path, [node])


def test_a_machine_without_the_embedded_aws_is_told_to_set_up(tmp_path: Path) -> None:
    node = program(tmp_path / "node", "v24.1.0")
    program(tmp_path / "node_modules/aws-cdk/bin/cdk", "cdk")
    with pytest.raises(CannotRunError, match="embedded AWS is not installed; run `make setup`"):
        Tools.found(tmp_path, [node])


def test_a_machine_without_node_is_told_so() -> None:
    with pytest.raises(CannotRunError, match=r"no Node\.js was found and 22 or newer"):
        Tools.found(ROOT, [])


def test_a_node_that_is_too_old_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match=r"Node\.js 18 was found"):
        Tools.found(ROOT, [program(tmp_path / "node", "v18.20.1")])


def test_a_newer_node_further_along_is_taken(tmp_path: Path) -> None:
    old = program(tmp_path / "old" / "node", "v20.0.0")
    new = program(tmp_path / "new" / "node", "v22.0.0")
    program(tmp_path / "node_modules/aws-cdk/bin/cdk", "cdk")
    program(tmp_path / ".tools/cloud/bin/python", "ministack")
    assert Tools.found(tmp_path, [old, tmp_path / "absent", new]).node == new


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            (
                "error: Failed to fetch: `https://registry.example/simple/boto3/`\n"
                "  Caused by: dns error: failed to lookup address information\n"
                "subprocess.CalledProcessError: Command failed"
            ),
            "the package registry cannot be reached",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/x/.tools/bin/uv'",
            "uv is not installed; run `make setup`",
        ),
        (
            "Traceback (most recent call last):\n  File 'x'\nKeyError: 'oracle'\n\n",
            "KeyError: 'oracle'",
        ),
        (
            "\x1b[31m ❌  App failed: Resource handler returned\x1b[39m\ntotal 3 s\n",
            "❌  App failed",
        ),
        ("one\ntwo\n", "two"),
        ("", "it said nothing"),
    ],
)
def test_the_cause_of_a_failure_is_one_line(output: str, said: str) -> None:
    assert cause(output).startswith(said)
    assert "\n" not in cause(output)


def test_a_long_cause_is_cut() -> None:
    assert len(cause("error " + "x" * 5000)) == 300
