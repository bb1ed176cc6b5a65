"""Rate policies as vendors state them, and the buckets they become."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.model.limits import Limits, Pace


@pytest.mark.parametrize(
    ("said", "pace"),
    [
        ({"points_per_second": 100, "bucket": 2000}, Pace.POINTS),
        ({"requests": 450, "window_seconds": 30}, Pace.WINDOW),
        ({"calls_per_hour": 1000}, Pace.HOURLY),
        ({"minimum_interval_ms": 500}, Pace.INTERVAL),
        ({"adaptive": True}, Pace.UNKNOWN),
    ],
)
def test_a_policy_is_what_is_stated(said: dict[str, int], pace: Pace) -> None:
    assert Limits.model_validate(said).pace is pace


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "none is given"),
        ({"adaptive": True, "calls_per_hour": 10}, "hourly and unknown is given"),
        ({"points_per_second": 10}, "belong together"),
        ({"requests": 10}, "belong together"),
        ({"calls_per_hour": 0}, "none is given"),
        ({"calls_per_hour": -1}, "greater than or equal to 0"),
    ],
)
def test_a_policy_that_is_none_or_two_is_refused(said: dict[str, int], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Limits.model_validate(said)


@given(st.integers(1, 100_000), st.integers(1, 3600))
def test_no_window_ever_holds_more_calls_than_it_may(requests: int, seconds: int) -> None:
    """At most a full bucket and what it refills, while a lease is kept as well."""
    limits = Limits(requests=requests, window_seconds=seconds)
    span_ms = seconds * 1000 + limits.lease_ms
    calls = (limits.size + limits.refill * span_ms / 1000) / limits.call
    assert calls <= max(requests, 1) * (1 + 1e-9) or requests == 1


@given(st.integers(100, 100_000), st.integers(10, 3600))
def test_most_of_a_window_is_used(requests: int, seconds: int) -> None:
    limits = Limits(requests=requests, window_seconds=seconds)
    assert limits.refill * seconds / limits.call >= requests * 0.97 - 1


def test_an_interval_lets_one_call_through_at_a_time() -> None:
    limits = Limits(minimum_interval_ms=500)
    assert (limits.call, limits.size, limits.lease_ms) == (500, 500, 0)


def test_limits_that_say_the_same_are_the_same_once_they_were_used() -> None:
    used, fresh = Limits(calls_per_hour=10), Limits(calls_per_hour=10)
    assert used.size
    assert len({used, fresh}) == 1
    assert all(a == b for a, b in pairwise([used, fresh]))
