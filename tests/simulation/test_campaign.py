"""A share of the seeds, over one process and over several."""

import time
from collections import Counter

import pytest

from tests.simulation.campaign import CHUNK, Tally, campaign, played, scenario_of, seeds
from tests.simulation.determinism import unequal
from tests.simulation.faults import Kind
from tests.simulation.scenarios import HEAVY, LIGHT, LIGHTEST, ROTA, SCENARIOS

SHARE = 24  # seeds per part; the parts are spread over the processes of the test run


@pytest.mark.parametrize("part", range(12))
def test_a_share_of_the_seeds_holds(part: int) -> None:
    tally = played(list(seeds(part * SHARE, SHARE)))
    assert [(f.scenario, f.seed, f.violations) for f in tally.failures] == []


def test_seeds_in_a_row_play_every_scenario() -> None:
    tasks = list(seeds(5, len(ROTA)))
    assert {task.scenario for task in tasks} == SCENARIOS.keys()
    assert all(task.scenario == scenario_of(task.seed) for task in tasks)


def test_light_scenarios_come_oftener_than_heavy_ones() -> None:
    turns = Counter(ROTA)
    assert {turns[name] for name in LIGHTEST} == {6}
    assert {turns[name] for name in LIGHT} == {4}
    assert {turns[name] for name in HEAVY} == {1}
    assert {turns[name] for name in SCENARIOS.keys() - LIGHTEST - LIGHT - HEAVY} == {2}


def test_several_processes_come_to_what_one_comes_to() -> None:
    told: list[int] = []
    some = list(seeds(0, CHUNK + 5))
    one = played(some)
    two = campaign(iter(some), jobs=2, tell=lambda tally: told.append(tally.played))
    assert told[-1] == two.played == len(some)
    assert (one.calls, one.virtual_s) == (two.calls, two.virtual_s)
    assert (one.faults, one.checks) == (two.faults, two.checks)


def test_a_campaign_ends_when_its_time_is_up() -> None:
    tally = campaign(seeds(0, 10_000_000), jobs=1, until=time.monotonic())
    assert tally.played == 0


def test_tallies_count_what_struck_and_what_was_looked_at() -> None:
    total = Tally()
    for part in (played(list(seeds(0, 2))), played(list(seeds(2, 3)))):
        total.add(part)
    assert total.played == 5
    assert total.checks["liveness"] == total.checks["I3 newest everywhere"] == 5
    assert set(total.faults) <= set(Kind)


def test_a_history_does_not_depend_on_how_python_hashes() -> None:
    assert unequal(0, len(SCENARIOS)) == []
