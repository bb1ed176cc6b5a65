"""Calls that do not depend on each other are under way at once."""

from functools import partial
from threading import Barrier

import pytest

from shared.errors import RetryableError
from shared.kit.together import together


def test_all_are_under_way_at_once_and_answer_in_order() -> None:
    barrier = Barrier(3, timeout=5)

    def work(number: int) -> int:
        barrier.wait()
        return number

    assert together([partial(work, n) for n in range(3)]) == [0, 1, 2]


def test_trouble_of_one_is_its_own() -> None:
    def fails() -> int:
        raise RetryableError("busy")

    first, second = together([fails, lambda: 2])
    assert isinstance(first, RetryableError)
    assert second == 2


def test_a_bug_is_raised() -> None:
    def fails() -> int:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        together([fails, lambda: 2])


def test_one_runs_where_it_is() -> None:
    assert together([lambda: 1]) == [1]
    assert together([]) == []
