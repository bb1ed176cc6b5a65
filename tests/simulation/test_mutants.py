"""Planted bugs fit the code they are planted in, and some are hunted at once."""

import pytest

from tests.simulation.hunt import hunted
from tests.simulation.mutants import MUTANTS, Mutant
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
def test_a_mutant_fits_the_code_and_leaves_it_as_it_was(mutant: Mutant) -> None:
    functions = [edit.function() for edit in mutant.edits]
    before = [function.__code__ for function in functions]
    with mutant.planted():
        planted = [function.__code__ for function in functions]
        assert all(now is not then for now, then in zip(planted, before, strict=True))
    assert [function.__code__ for function in functions] == before
    assert set(mutant.scenarios) <= SCENARIOS.keys()


def test_there_are_enough_of_them_and_each_has_a_name() -> None:
    assert len({m.name for m in MUTANTS}) == len(MUTANTS) >= 50


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_bug_is_found(name: str) -> None:
    mutant = next(m for m in MUTANTS if m.name == name)
    found = hunted(mutant, limit=120)
    assert found.seeds is not None
    clean = run(SCENARIOS[found.scenario], found.seeds - 1)
    assert clean.violations == []
