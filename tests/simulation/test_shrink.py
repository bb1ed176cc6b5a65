"""A failing history is told with the faults it needs and no others."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import count

import pytest

from tests.simulation.campaign import Failure, Sabotage, Task, attempt
from tests.simulation.faults import Fault
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.shrink import fewest

SEEDS_MAX = 300


def planted(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


@cache
def failing(mutant: Mutant) -> Failure:
    """The first history of its scenario that a planted bug breaks under more than one fault."""
    scenario = mutant.scenarios[0]
    for seed in range(SEEDS_MAX):
        result = attempt(Task(scenario, seed), sabotage=mutant.planted)
        if result.violations and len(result.fired) > 1:
            return Failure(scenario, seed, None, result.fired, result.violations)
    raise AssertionError(f"{mutant.name} is not noticed within {SEEDS_MAX} seeds")


def broken(failure: Failure, faults: list[Fault], sabotage: Sabotage = nullcontext) -> set[str]:
    task = Task(failure.scenario, failure.seed, faults)
    return {story.split(":", 1)[0] for story in attempt(task, sabotage=sabotage).violations}


def test_what_is_left_breaks_the_same_and_nothing_of_it_can_be_spared() -> None:
    mutant = planted("a doubt is settled without reading back")
    whole = failing(mutant)
    few = fewest(whole, sabotage=mutant.planted)
    assert few is not None
    assert 0 < len(few) < len(whole.fired)
    assert whole.broken in broken(whole, few, mutant.planted)
    for spared in range(len(few)):
        fewer = few[:spared] + few[spared + 1 :]
        assert whole.broken not in broken(whole, fewer, mutant.planted)


def test_a_bug_that_needs_no_fault_is_told_without_any() -> None:
    mutant = planted("a bad delivery is put aside without a word")
    assert fewest(failing(mutant), sabotage=mutant.planted) == []


def test_a_history_that_does_not_break_again_is_left_as_it_is() -> None:
    whole = failing(planted("a doubt is settled without reading back"))
    assert fewest(whole) is None


@pytest.mark.parametrize("seed", range(6))
def test_the_faults_that_struck_are_the_history(seed: int) -> None:
    drawn = attempt(Task("order storm", seed))
    assert attempt(Task("order storm", seed, drawn.fired)).hash == drawn.hash


def test_an_error_of_the_simulation_breaks_one_history_and_not_the_campaign() -> None:
    numbers = count()

    def failing_once() -> AbstractContextManager[object]:
        if next(numbers) == 0:
            raise KeyError("lost in here")
        return nullcontext()

    (story,) = attempt(Task("order storm", 1), sabotage=failing_once).violations
    assert story.startswith("the simulation itself: KeyError 'lost in here' at test_shrink.py:")
    assert attempt(Task("order storm", 1), sabotage=failing_once).violations == []
