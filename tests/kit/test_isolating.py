"""Lines a vendor refuses without naming them are found, and every other line is taken."""

from collections.abc import Sequence
from math import ceil, log2

from hypothesis import given
from hypothesis import strategies as st

from shared.kit.isolating import Sent, isolate


class Vendor:
    """Takes a call whole or not at all, and never says why not."""

    def __init__(self, poison: frozenset[int]) -> None:
        self.poison = poison
        self.calls = 0
        self.taken: list[int] = []

    def send(self, lines: Sequence[int]) -> Sent[tuple[int, bool]]:
        self.calls += 1
        if self.poison & set(lines):
            return Sent([(line, False) for line in lines], refused=True)
        self.taken += lines
        return Sent([(line, True) for line in lines])


@given(st.integers(1, 250), st.data())
def test_each_line_gets_its_outcome_and_good_ones_are_taken_once(
    count: int, data: st.DataObject
) -> None:
    poison = data.draw(st.frozensets(st.integers(0, count - 1), max_size=5))
    vendor = Vendor(poison)
    outcomes = isolate(range(count), vendor.send, most=250)
    assert sorted(outcomes) == [(line, line not in poison) for line in range(count)]
    assert sorted(vendor.taken) == [line for line in range(count) if line not in poison]
    assert vendor.calls <= 1 + len(poison) * (ceil(log2(count)) + 2)


@given(st.integers(2, 250), st.data())
def test_a_call_that_was_refused_already_is_not_made_again(count: int, data: st.DataObject) -> None:
    poison = data.draw(st.frozensets(st.integers(0, count - 1), min_size=1, max_size=3))
    vendor = Vendor(poison)
    outcomes = isolate(range(count), vendor.send, most=250, refused=True)
    assert sorted(outcomes) == [(line, line not in poison) for line in range(count)]
    assert vendor.calls <= len(poison) * (ceil(log2(count)) + 2)


def test_more_lines_than_a_call_takes_go_in_several() -> None:
    vendor = Vendor(frozenset())
    assert len(isolate(range(600), vendor.send, most=250)) == 600
    assert vendor.calls == 3


def test_of_nothing_nothing_is_sent() -> None:
    vendor = Vendor(frozenset())
    assert (isolate((), vendor.send, most=250), vendor.calls) == ([], 0)
