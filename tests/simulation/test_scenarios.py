"""The scenarios themselves: each goes well undisturbed, and together they meet every fault."""

import pytest

from tests.simulation.faults import Kind
from tests.simulation.invariants import INVARIANTS, PENDING
from tests.simulation.runner import run
from tests.simulation.scenarios import PENDING as PENDING_SCENARIOS
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


@pytest.mark.xfail(strict=True, reason="a bug the simulation found; once mended, move it over")
@pytest.mark.parametrize(
    ("name", "seed"),
    [
        # The shop puts units back on sale itself; nothing makes us look at its level again.
        ("orders are cancelled", 0),
        # Refused by webhook it is a bad_message, refused by poll a bad_fact of another subject.
        ("an order nobody can read", 0),
        # Conditions are asked for from the day it is in UTC, where it is tomorrow already.
        ("promotion at midnight in New York", 6),
    ],
)
def test_a_pending_day_ends_well(name: str, seed: int) -> None:
    assert run(PENDING_SCENARIOS[name], seed, given=()).violations == []


@pytest.mark.xfail(strict=True, reason="a bug the simulation found; once mended, move it over")
@pytest.mark.parametrize(
    ("name", "seed"),
    [
        # Accepted is committed; who then dies before closing the exception is never made good.
        ("order storm", 40),
        # The order no longer waits for its code; closing the exception failed, and a repeat
        # takes the missing row for "never waited".
        ("unknown code becomes known", 46),
        # The target is put down as refused before anybody is told, and telling failed.
        ("many prices while a shop is away", 1029),
    ],
)
def test_a_pending_invariant_holds(name: str, seed: int) -> None:
    assert run(SCENARIOS[name], seed, invariants=INVARIANTS | PENDING).violations == []
