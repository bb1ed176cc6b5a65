"""Crash points: all of one day are survived, and pairs are drawn from all of them."""

import pytest

from tests.simulation.campaign import Task, played
from tests.simulation.crashes import CALM_SEED, CRASHES, pairs, points
from tests.simulation.faults import Kind

CALM = "an order nobody can read"
OUT = "prices change during an outage"


@pytest.mark.parametrize("kind", CRASHES)
def test_every_crash_point_of_a_day_is_survived(kind: Kind) -> None:
    alone = [[point] for point in points(CALM) if point[0] is kind]
    tally = played([Task(CALM, CALM_SEED, given) for given in alone])
    assert [(f.given, f.violations) for f in tally.failures] == []
    assert tally.struck == tally.played == len(alone) > 100


def test_a_call_that_an_outage_cuts_off_has_neither_effect_nor_answer() -> None:
    there = [kind for kind, _ in points(OUT)]
    before, effect, answer = (there.count(kind) for kind in CRASHES)
    assert before > effect == answer > 0


def test_pairs_are_a_share_of_all_there_are_and_the_same_each_time() -> None:
    there, chosen = pairs(CALM, 0.2)
    calls = len(points(CALM)) // len(CRASHES)
    assert there == calls * (calls - 1) // 2 * len(CRASHES) ** 2
    assert len(chosen) == round(there * 0.2)
    assert len({tuple(two) for two in chosen}) == len(chosen)
    assert all(first[1] < second[1] for first, second in chosen)
    assert pairs(CALM, 0.2) == (there, chosen)
