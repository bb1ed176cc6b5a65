from datetime import timedelta

import pytest

from shared.errors import ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.model.retailer import Limits
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
