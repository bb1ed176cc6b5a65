"""The scenarios themselves: each goes well undisturbed, and together they meet every fault."""

import pytest

from tests.simulation.faults import Kind
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS

SEEDS = 200


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_undisturbed_day_ends_well(name: str) -> None:
    for seed in range(2):
        assert run(SCENARIOS[name], seed, given=()).violations == []


def test_every_kind_of_fault_strikes_within_two_hundred_seeds() -> None:
    scenarios = list(SCENARIOS.values())
    missing = set(Kind)
    for seed in range(SEEDS):
        if not missing:
            break
        missing -= {kind for kind, _ in run(scenarios[seed % len(scenarios)], seed).fired}
    assert missing == set()
