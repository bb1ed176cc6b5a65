"""Crash points: before a port call, after its effect, after its answer; all of a day's, and pairs.

They are enumerated over an undisturbed history. A crash moves what comes after it, so the second
of a pair strikes at the call that has the number then.
"""

from itertools import combinations, product
from random import Random

from tests.simulation.faults import Fault, Kind
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS

CRASHES = (Kind.CRASH_BEFORE, Kind.CRASH_EFFECT, Kind.CRASH_ANSWER)
CALM_SEED = 7  # the history whose port calls are enumerated


def points(scenario: str) -> list[Fault]:
    """Every crash point of the undisturbed history.

    A call that a vendor's outage cuts off has no effect and no answer, so only one point.
    """
    calm = run(SCENARIOS[scenario], CALM_SEED, given=())
    return [(kind, n) for kind in CRASHES for n in range(1, calm.opportunities[kind] + 1)]


def pairs(scenario: str, share: float) -> tuple[int, list[list[Fault]]]:
    """How many pairs of crash points at different numbers there are, and a share of them.

    Whoever draws the same share of the same history draws the same pairs.
    """
    numbers: dict[int, list[Kind]] = {}
    for kind, n in points(scenario):
        numbers.setdefault(n, []).append(kind)
    there = [
        [(one, a), (two, b)]
        for a, b in combinations(numbers, 2)
        for one, two in product(numbers[a], numbers[b])
    ]
    return len(there), Random(f"pairs of {scenario}").sample(there, round(len(there) * share))
