"""No file is longer than 400 lines and no function longer than 50, whoever wrote it."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

FILE_MAX: Final = 400
FUNCTION_MAX: Final = 50
ROOT: Final = Path(__file__).resolve().parents[1]
TREES: Final = ("functions", "infra", "sandbox", "shared", "tests")


def too_long(text: str) -> Iterator[str]:
    """What of a file is longer than it may be: itself, or functions by name and lines."""
    lines = len(text.splitlines())
    if lines > FILE_MAX:
        yield f"{lines} lines"
    for node in functions(ast.parse(text).body):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_MAX:
            yield f"{node.name}: {length} lines"


def functions(body: Sequence[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """Those of a module or a class, and those within them."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node
        yield from functions(getattr(node, "body", ()))


@pytest.mark.parametrize("tree", TREES)
def test_files_and_functions_are_short(tree: str) -> None:
    found = {
        str(path.relative_to(ROOT)): [*too_long(path.read_text(encoding="utf-8"))]
        for path in (ROOT / tree).rglob("*.py")
    }
    assert {name: long for name, long in found.items() if long} == {}


def test_what_is_too_long_is_found() -> None:
    function = "def f():\n" + "    pass\n" * FUNCTION_MAX
    assert list(too_long(function)) == [f"f: {FUNCTION_MAX + 1} lines"]
    assert list(too_long("x = 1\n" * (FILE_MAX + 1))) == [f"{FILE_MAX + 1} lines"]
