"""Histories that once broke something hold, and new ones come ready to be kept."""

import tomllib

import pytest

from tests.simulation.campaign import Failure, attempt
from tests.simulation.faults import Fault, Kind
from tests.simulation.regressions import Case, cases, entry, faults, spelled

GIVEN: list[Fault] = [(Kind.CRASH_BEFORE, 9), (Kind.LOST, 2)]
FAILURE = Failure("order storm", 40, None, GIVEN, ['I1: order "17" is in the ERP £ twice'])


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_what_once_broke_holds(case: Case) -> None:
    assert attempt(case.task).violations == [], case.broke


@pytest.mark.parametrize("given", [GIVEN, [], None])
def test_an_entry_reads_back_as_the_history_it_tells_of(given: list[Fault] | None) -> None:
    (row,) = tomllib.loads(entry(FAILURE, given))["case"]
    assert (row["scenario"], row["seed"], row["broke"]) == ("order storm", 40, *FAILURE.violations)
    assert (faults(row["faults"]) if "faults" in row else None) == given


def test_faults_are_spelled_as_they_are_read() -> None:
    assert faults(map(spelled, GIVEN)) == GIVEN


@pytest.mark.parametrize("text", ["CRASH 9", "LOST", "LOST x", "LOST 0", ""])
def test_a_fault_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"no fault is called|does not say which"):
        faults([text])
