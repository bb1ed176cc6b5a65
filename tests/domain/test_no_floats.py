"""Zero floats: no literal, no conversion and no annotation of one in anything that is deployed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "shared/aws/backoff.py",  # how long to wait, handed to time.sleep
    "shared/kit/epcis/export.py",  # a quantity as EPCIS wants it, a JSON number, on its way out
}
FILES = sorted(path for part in ("functions", "shared") for path in (ROOT / part).rglob("*.py"))


def floats(tree: ast.AST) -> Iterator[int]:
    """Lines on which a float is made or asked for; looking whether a value is one is no such."""
    asked = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "isinstance"
        for argument in ast.walk(node.args[1])
    }
    for node in ast.walk(tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        named = isinstance(node, ast.Name) and node.id == "float" and id(node) not in asked
        if (literal or named) and isinstance(node, ast.expr):
            yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_deployed_makes_a_float(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    found = list(floats(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found or name in ALLOWED


@pytest.mark.parametrize("bad", ["x = 0.5", "x = float('1')", "def f(x: float) -> None: ..."])
def test_a_float_would_be_found(bad: str) -> None:
    assert list(floats(ast.parse(bad))) == [1]


def test_looking_whether_something_is_a_float_is_none() -> None:
    assert list(floats(ast.parse("isinstance(x, float | int)"))) == []
