"""Planted bugs fit the code they are planted in, and some are hunted at once."""

import pytest

from tests.simulation.hunt import hunted
from tests.simulation.mutants import MUTANTS
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS

QUICK = (
    "no waiting for a lost request to land",
    "nothing is held at capture",
    "a bad delivery is put aside without a word",
    "an order is not held for an unknown code",
    "the lease never ends",
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_fits_the_code_and_leaves_it_as_it_was(mutant: object) -> None:
    planted = next(m for m in MUTANTS if m is mutant)
    before = planted.function().__code__
    with planted.planted():
        assert planted.function().__code__ is not before
    assert planted.function().__code__ is before
    assert set(planted.scenarios) <= SCENARIOS.keys()


def test_there_are_enough_of_them_and_each_has_a_name() -> None:
    assert len({m.name for m in MUTANTS}) == len(MUTANTS) >= 25


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_bug_is_found(name: str) -> None:
    mutant = next(m for m in MUTANTS if m.name == name)
    found = hunted(mutant, limit=60)
    assert found.seeds is not None
    clean = run(SCENARIOS[found.scenario], found.seeds - 1)
    assert clean.violations == []
