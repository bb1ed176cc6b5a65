"""How a bug is planted: a line of the deployed code, put another way, while a `with` lasts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import getsource
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any


class StaleError(Exception):
    """The code has changed and the mutant no longer fits it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """In `where` (`module:Class.function`), what stands there once as `old` becomes `new`."""

    where: str
    old: str
    new: str

    def function(self) -> FunctionType:
        module, _, path = self.where.partition(":")
        found: Any = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
        found = getattr(found, "__wrapped__", found)
        assert isinstance(found, FunctionType)
        return found

    def made(self) -> CodeType:
        function = self.function()
        source = dedent(getsource(function))
        if source.count(self.old) != 1:
            raise StaleError(f"{self.where}: {self.old!r} occurs {source.count(self.old)} times")
        lines = source.replace(self.old, self.new).splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("def "))
        names: dict[str, Any] = dict(function.__globals__)
        exec("\n".join(lines[first:]), names)  # noqa: S102 - our own source, one piece changed
        made = names[function.__name__]
        assert isinstance(made, FunctionType)
        return made.__code__


@dataclass(frozen=True, slots=True)
class Mutant:
    """`breaks` says what it leads to; `scenarios` are where it is hunted, in turn."""

    name: str
    breaks: str
    scenarios: tuple[str, ...]
    edits: tuple[Edit, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While this lasts, the functions do the other thing."""
        with ExitStack() as stack:
            for edit in self.edits:
                function = edit.function()
                stack.callback(setattr, function, "__code__", function.__code__)
                function.__code__ = edit.made()
            yield


def mutant(
    name: str, breaks: str, scenarios: tuple[str, ...], *edits: tuple[str, str, str]
) -> Mutant:
    """Each edit is where, old and new."""
    return Mutant(name, breaks, scenarios, tuple(Edit(*edit) for edit in edits))
