from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.kit.bucket import MILLI, Bucket
from shared.model.limits import Limits
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryStore, SetClock

CALL = 10_000
PATCHES = Limits(points_per_second=5 * CALL, bucket=5 * CALL)
SEARCHES = Limits(points_per_second=56, bucket=20 * CALL)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def pacer(store: MemoryStore, clock: SetClock) -> LeasedPacer:
    return LeasedPacer(RETAILER.connection("shop"), store, clock)


def made(mine: LeasedPacer, operation: str, limits: Limits, *, tries: int = 100) -> int:
    """How many calls are let through at this instant."""
    for i in range(tries):
        try:
            mine.of(operation, limits).take(CALL)
        except ThrottledError:
            return i
    return tries


def test_an_operation_used_up_leaves_the_others_alone(store: MemoryStore, clock: SetClock) -> None:
    mine = pacer(store, clock)
    assert made(mine, "search", SEARCHES) == 20
    assert made(mine, "patch", PATCHES) == 5
    mine.take(RETAILER.connection("shop").limits.bucket)


def test_two_functions_share_the_bucket_of_an_operation(
    store: MemoryStore, clock: SetClock
) -> None:
    assert made(pacer(store, clock), "search", SEARCHES) == 20
    assert made(pacer(store, clock), "search", SEARCHES) == 0


def test_one_call_in_three_minutes_is_let_through_every_three_minutes(
    store: MemoryStore, clock: SetClock
) -> None:
    mine = pacer(store, clock)
    made(mine, "search", SEARCHES)
    with pytest.raises(ThrottledError) as throttled:
        mine.of("search", SEARCHES).take(CALL)
    assert throttled.value.after is not None
    assert timedelta(seconds=178) < throttled.value.after < timedelta(seconds=180)
    clock.at += throttled.value.after
    assert made(mine, "search", SEARCHES) == 1


def test_a_vendor_that_grants_more_is_asked_more(store: MemoryStore, clock: SetClock) -> None:
    mine = pacer(store, clock)
    made(mine, "patch", PATCHES)
    clock.advance(seconds=1)
    twice = Limits(points_per_second=10 * CALL, bucket=10 * CALL)
    assert made(mine, "patch", twice) == 10


def test_what_an_operation_leased_and_did_not_spend_is_given_back(
    store: MemoryStore, clock: SetClock
) -> None:
    mine = pacer(store, clock)
    mine.of("patch", PATCHES).take(CALL)
    mine.give_back()
    assert made(pacer(store, clock), "patch", PATCHES) == 4


POLICIES = st.sampled_from(
    [
        Limits(requests=20, window_seconds=10),
        Limits(requests=450, window_seconds=30),
        Limits(calls_per_hour=120),
        Limits(minimum_interval_ms=700),
        Limits(points_per_second=7, bucket=30),
    ]
)


@given(POLICIES, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 900)), max_size=150))
def test_no_policy_is_broken_whoever_calls_and_whenever(
    limits: Limits, calls: list[tuple[int, int]]
) -> None:
    """Three containers call at instants of their own, and spend what they leased when they like."""
    store, clock = MemoryStore(), SetClock(NOW)
    connection = RETAILER.connection("shop").model_copy(update={"limits": limits})
    containers = [LeasedPacer(connection, store, clock) for _ in range(3)]
    made: list[int] = []
    at = 0
    for who, wait_ms in calls:
        at += wait_ms
        clock.at = NOW + timedelta(milliseconds=at)
        try:
            containers[who].take(1)
        except ThrottledError:
            continue
        made.append(at)
    for i, first in enumerate(made):
        for j in range(i + 1, len(made) + 1):
            assert_allowed(limits, j - i, made[j - 1] - first)


def assert_allowed(limits: Limits, count: int, within_ms: int) -> None:
    """So many calls, of which the last was so long after the first."""
    if limits.requests:
        inside = within_ms < limits.window_seconds * 1000
        assert count <= limits.requests or not inside
    elif limits.calls_per_hour:
        assert count <= limits.calls_per_hour or within_ms >= 3_600_000
    elif limits.minimum_interval_ms:
        assert within_ms >= (count - 1) * limits.minimum_interval_ms
    else:
        kept_ms = within_ms + limits.lease_ms
        assert count <= limits.bucket + limits.points_per_second * kept_ms / 1000


@pytest.mark.parametrize(
    ("limits", "calls_a_second"),
    [
        (Limits(requests=450, window_seconds=30), 15.0),
        (Limits(calls_per_hour=7200), 2.0),
        (Limits(minimum_interval_ms=100), 10.0),
        (Limits(points_per_second=50, bucket=100), 50.0),
    ],
)
def test_who_always_has_more_to_do_uses_what_is_granted(
    limits: Limits, calls_a_second: float, store: MemoryStore, clock: SetClock
) -> None:
    connection = RETAILER.connection("shop").model_copy(update={"limits": limits})
    mine = LeasedPacer(connection, store, clock)
    seconds, made = 600, 0
    end = NOW + timedelta(seconds=seconds)
    while clock.at < end:
        try:
            mine.take(1)
            made += 1
        except ThrottledError as wait:
            clock.at += wait.after or timedelta()
    assert made >= 0.965 * calls_a_second * seconds


class Hidden:
    """A vendor that states nothing: a bucket of its own that refuses."""

    def __init__(self, rate: int) -> None:
        self.bucket = Bucket(rate * MILLI, NOW, rate, rate)

    def call(self, now: datetime) -> bool:
        self.bucket = self.bucket.refilled(now)
        if self.bucket.level < MILLI:
            return False
        self.bucket = self.bucket.spent(1)
        return True


@pytest.mark.parametrize("rate", [2, 5, 20])
def test_a_rate_that_nobody_states_is_found(rate: int, store: MemoryStore, clock: SetClock) -> None:
    """Most of it is used, few calls are refused, and two containers learn from each other."""
    limits = Limits(adaptive=True, calls_per_second_at_most=50)
    connection = RETAILER.connection("shop").model_copy(update={"limits": limits})
    containers = [LeasedPacer(connection, store, clock) for _ in range(2)]
    vendor = Hidden(rate)
    good = refused = turn = 0
    seconds = 900
    end = NOW + timedelta(seconds=seconds)
    while clock.at < end:
        turn += 1
        mine = containers[turn % 2]
        clock.advance(milliseconds=5)
        try:
            mine.take(1)
        except ThrottledError as wait:
            clock.at += wait.after or timedelta()
            continue
        if vendor.call(clock.at):
            good += 1
        else:
            refused += 1
            mine.throttled()
    assert good >= 0.85 * rate * seconds
    assert refused <= 0.03 * good


def test_what_the_vendor_says_is_left_is_believed(store: MemoryStore, clock: SetClock) -> None:
    limits = Limits(requests=450, window_seconds=30)
    connection = RETAILER.connection("shop").model_copy(update={"limits": limits})
    mine = LeasedPacer(connection, store, clock)
    mine.told(0)
    with pytest.raises(ThrottledError):
        mine.take(1)


def test_what_is_leased_and_the_vendor_says_is_gone_is_not_spent(
    store: MemoryStore, clock: SetClock
) -> None:
    """Two calls were leased and one was made; somebody else has made the other."""
    mine = pacer(store, clock).of("patch", PATCHES)
    mine.take(CALL)
    mine.observe(available=0, rate=None, spent=0)
    with pytest.raises(ThrottledError):
        mine.take(CALL)
    clock.at += timedelta(milliseconds=200)
    mine.take(CALL)


def test_callers_of_a_slow_vendor_do_not_lease_away_what_nobody_spends(
    store: MemoryStore, clock: SetClock
) -> None:
    """Fifteen of them call once a second each, of a rate of fifty."""
    limits = Limits(points_per_second=50, bucket=100)
    connection = RETAILER.connection("erp").model_copy(update={"limits": limits})
    callers = [LeasedPacer(connection, store, clock) for _ in range(15)]
    for _ in range(20):
        for one in callers:
            one.take(1)
        clock.at += timedelta(seconds=1)
