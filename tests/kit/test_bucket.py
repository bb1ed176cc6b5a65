from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.kit.bucket import MILLI, Bucket

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def bucket(level: int = 0, rate: int = 100, size: int = 1000) -> Bucket:
    return Bucket(level * MILLI, NOW, rate, size)


def test_an_empty_bucket_refills_at_its_rate() -> None:
    assert bucket().refilled(NOW + timedelta(seconds=3)).level == 300 * MILLI


def test_a_bucket_never_holds_more_than_its_size() -> None:
    assert bucket().refilled(NOW + timedelta(hours=1)).level == 1000 * MILLI


def test_a_clock_that_steps_back_mints_nothing() -> None:
    assert bucket(5).refilled(NOW - timedelta(hours=1)) == bucket(5)


def test_the_vendor_is_believed_when_it_says_less() -> None:
    assert bucket(500).capped(20).level == 20 * MILLI
    assert bucket(10).capped(20).level == 10 * MILLI


@given(level=st.integers(0, 1000), cost=st.integers(1, 1000), rate=st.integers(1, 2000))
def test_the_wait_is_just_long_enough(level: int, cost: int, rate: int) -> None:
    start = bucket(level, rate)
    wait = start.wait(cost)
    assert start.refilled(NOW + wait).level >= cost * MILLI
    if wait:
        early = start.refilled(NOW + wait - timedelta(milliseconds=1))
        assert early.level < cost * MILLI


@given(steps=st.lists(st.integers(1, 5000), max_size=20))
def test_no_thousandth_of_a_point_is_lost_by_looking_often(steps: list[int]) -> None:
    whole, now = bucket(size=10**9), NOW
    often = whole
    for step in steps:
        now += timedelta(milliseconds=step)
        often = often.refilled(now)
    assert often.level == whole.refilled(now).level
