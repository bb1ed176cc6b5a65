"""A failing history with the fewest faults that still break the same thing."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from itertools import combinations

from tests.simulation.campaign import Failure, Sabotage, Task, attempt
from tests.simulation.faults import Fault

RUNS_MAX = 600  # what is left after so many is small enough to read

type Breaks = Callable[[Sequence[Fault]], bool]


def fewest(failure: Failure, *, sabotage: Sabotage = nullcontext) -> list[Fault] | None:
    """Delta debugging over the faults that struck; None if they do not break it again.

    Then all selections of what that leaves, since faults that hide each other go together. Taking
    a fault out moves what comes after it, so every candidate is played anew.
    """
    runs = 0

    def breaks(faults: Sequence[Fault]) -> bool:
        nonlocal runs
        runs += 1
        if runs > RUNS_MAX:
            return False
        task = Task(failure.scenario, failure.seed, list(faults))
        found = attempt(task, sabotage=sabotage).violations
        return any(story.split(":", 1)[0] == failure.broken for story in found)

    if not breaks(failure.fired):
        return [] if breaks(()) else None
    one = _any_of(failure.fired, range(2), breaks)
    if one is not None:
        return one
    few = _minimal(failure.fired, breaks)
    return _any_of(few, range(2, len(few)), breaks) or few


def _any_of(faults: Sequence[Fault], sizes: Iterable[int], breaks: Breaks) -> list[Fault] | None:
    """The first of all so small selections that breaks it, the smallest before the others."""
    chosen = (each for size in sizes for each in combinations(faults, size))
    return next((list(each) for each in chosen if breaks(each)), None)


def _minimal(faults: list[Fault], breaks: Breaks) -> list[Fault]:
    """Take away halves, then quarters, at last single faults, until none can be spared."""
    size = max(1, len(faults) // 2)
    while True:
        spared = [faults[:at] + faults[at + size :] for at in range(0, len(faults), size)]
        fewer = next((each for each in spared if breaks(each)), None)
        if fewer is not None:
            faults = fewer
            size = max(1, min(size, len(faults) // 2))
        elif size == 1:
            return faults
        else:
            size //= 2
