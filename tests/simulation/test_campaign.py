"""A share of the seeds, all crash points of one day, and histories free of how Python hashes."""

import pytest

from tests.simulation.campaign import (
    CALM_SEED,
    Failure,
    Task,
    crash_pairs,
    crash_points,
    played,
    seeds,
    unequal,
)
from tests.simulation.faults import Kind
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.shrink import fewest

SHARE = 24  # seeds per part; the parts are spread over the processes of the test run
CALM = "snapshot crossing deltas"


@pytest.mark.parametrize("part", range(12))
def test_a_share_of_the_seeds_holds(part: int) -> None:
    tally = played(list(seeds(part * SHARE, SHARE)))
    assert [(f.scenario, f.seed, f.violations) for f in tally.failures] == []


@pytest.mark.parametrize("kind", [Kind.CRASH_BEFORE, Kind.CRASH_EFFECT, Kind.CRASH_ANSWER])
def test_every_crash_point_of_a_day_is_survived(kind: Kind) -> None:
    points = [given for given in crash_points(CALM) if given[0][0] is kind]
    tally = played([Task(CALM, CALM_SEED, given) for given in points])
    assert [(f.given, f.violations) for f in tally.failures] == []
    assert tally.played == len(points) > 100


def test_pairs_of_crash_points_are_drawn_from_all_of_them() -> None:
    there, chosen = crash_pairs(CALM, 0.2)
    assert len(chosen) == int(there * 0.2)
    assert all(first[1] < second[1] for first, second in chosen)


def test_a_history_does_not_depend_on_how_python_hashes() -> None:
    assert unequal(0, len(SCENARIOS)) == []


def test_a_failing_history_is_shrunk_to_the_faults_it_needs() -> None:
    given = [(Kind.INDEX_LAGS, 1), (Kind.CRASH_BEFORE, 9), (Kind.AWS_ERROR, 30)]
    result = run(SCENARIOS[CALM], CALM_SEED, given=given)
    whole = Failure(CALM, CALM_SEED, None, result.fired, ["nothing: is broken"])
    assert fewest(whole) is None
