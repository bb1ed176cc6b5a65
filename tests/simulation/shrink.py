"""A failing history with the fewest faults that still break the same thing."""

from collections.abc import Callable, Sequence

from tests.simulation.campaign import Failure
from tests.simulation.faults import Fault
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS


def fewest(failure: Failure) -> list[Fault] | None:
    """Delta debugging over the faults that struck; None if the drawing itself is needed.

    Taking a fault out shifts what comes after it, so every candidate is played anew.
    """
    broken = failure.violations[0].split(":", 1)[0]

    def breaks(faults: Sequence[Fault]) -> bool:
        found = run(SCENARIOS[failure.scenario], failure.seed, given=faults).violations
        return any(story.split(":", 1)[0] == broken for story in found)

    faults = list(failure.fired)
    return _minimal(faults, breaks) if breaks(faults) else None


def _minimal(faults: list[Fault], breaks: Callable[[Sequence[Fault]], bool]) -> list[Fault]:
    size = max(1, len(faults) // 2)
    while True:
        for start in range(0, len(faults), size):
            fewer = faults[:start] + faults[start + size :]
            if breaks(fewer):
                faults = fewer
                size = max(1, min(size, len(faults) // 2))
                break
        else:
            if size == 1:
                return faults
            size = max(1, size // 2)
