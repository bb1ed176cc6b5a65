"""How often orders come: the longest of the last gaps says when it is quiet for too long."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.silence import KEPT, heard, silent_after
from shared.model.policies import SilenceRules
from shared.model.silence import Rhythm
from tests.domain.world import NOW

RULES = SilenceRules(times=2, at_least_minutes=60, after_orders=3)


def rhythm(*hours: int) -> Rhythm:
    found = heard(None, [NOW + timedelta(hours=hour) for hour in hours])
    assert found is not None
    return found


def test_twice_the_longest_gap_is_too_long() -> None:
    known = rhythm(0, 1, 9, 10)
    assert silent_after(known, RULES) == NOW + timedelta(hours=10 + 16)


def test_what_is_never_too_long_is_a_setting() -> None:
    known = heard(None, [NOW + timedelta(minutes=minute) for minute in range(5)])
    assert known is not None
    assert silent_after(known, RULES) == known.last + timedelta(hours=1)


def test_of_few_orders_nothing_is_usual() -> None:
    assert silent_after(rhythm(0, 1), RULES) is None


def test_an_order_that_comes_late_or_twice_is_nothing_new() -> None:
    known = rhythm(0, 1, 2)
    again = [NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)]
    assert heard(known, again) == known


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=30), st.data())
def test_orders_of_one_batch_are_heard_in_any_order(
    seconds: list[int], data: st.DataObject
) -> None:
    instants = [NOW + timedelta(seconds=second) for second in seconds]
    other: Sequence[int] = data.draw(st.permutations(range(len(instants))))
    assert heard(None, instants) == heard(None, [instants[place] for place in other])


def test_no_more_gaps_are_remembered_than_say_what_is_usual() -> None:
    known = heard(None, [NOW + timedelta(minutes=minute) for minute in range(KEPT + 9)])
    assert known is not None
    assert len(known.gaps) == KEPT
