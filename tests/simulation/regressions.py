"""Histories that once broke something, and must not again."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.campaign import Failure, Task
from tests.simulation.faults import Fault, Kind

FILE = Path(__file__).with_name("regressions.toml")


@dataclass(frozen=True, slots=True)
class Case:
    """`broke` is what once went wrong."""

    task: Task
    broke: str

    @property
    def name(self) -> str:
        return f"{self.task.scenario} {self.task.seed}"


def cases() -> list[Case]:
    """Those kept in regressions.toml."""
    return [
        Case(
            Task(row["scenario"], row["seed"], faults(row["faults"]) if "faults" in row else None),
            row["broke"],
        )
        for row in tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]
    ]


def entry(failure: Failure, few: Iterable[Fault] | None) -> str:
    """A case as regressions.toml has it; without `few` its seed draws the faults."""
    given = "" if few is None else f"faults = {json.dumps(list(map(spelled, few)))}\n"
    return (
        f"[[case]]\nscenario = {json.dumps(failure.scenario)}\nseed = {failure.seed}\n{given}"
        f"broke = {json.dumps(failure.violations[0], ensure_ascii=False)}\n"
    )


def spelled(fault: Fault) -> str:
    kind, number = fault
    return f"{kind.name} {number}"


def faults(texts: Iterable[str]) -> list[Fault]:
    """Faults from text like `CRASH_BEFORE 9`. Raises ValueError that names what is wrong."""
    return [_fault(text) for text in texts]


def _fault(text: str) -> Fault:
    name, _, number = text.strip().partition(" ")
    if name not in Kind.__members__:
        raise ValueError(f"no fault is called {name!r}; known: {', '.join(Kind.__members__)}")
    if not number.isdecimal() or int(number) < 1:
        raise ValueError(f"{text!r} does not say which opportunity, from 1: {name} 3")
    return Kind[name], int(number)
