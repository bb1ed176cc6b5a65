"""A vendor that fails is left alone by everybody, tried by one, and spoken to again at once."""

from datetime import timedelta

import pytest

from shared.errors import ThrottledError, UnreachableError
from shared.flows.breaker import FAILURES, FIRST, LONGEST, PROBE
from shared.flows.issues import Issues, open_issues
from shared.flows.pacing import LeasedPacer, pacer_of
from shared.flows.slots import LEASE
from shared.model.limits import Limits
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryBus, MemoryStore, SetClock


class Vendor:
    """One connection, and as many containers that call it as are asked for."""

    def __init__(self, **limits: object) -> None:
        self.store, self.clock = MemoryStore(), SetClock(NOW)
        self.issues = Issues(self.store, MemoryBus(), self.clock)
        over = {"limits": Limits.model_validate(limits)} if limits else {}
        self.connection = RETAILER.connection("shop").model_copy(update=over)

    def container(self) -> LeasedPacer:
        return pacer_of(self.connection, self.store, self.issues, self.clock)

    def open(self) -> list[str]:
        return [f"{issue.kind}/{issue.subject}" for issue in open_issues(self.store)]

    def fail(self, pacer: LeasedPacer, times: int = FAILURES, why: str = "502") -> None:
        for _ in range(times):
            pacer.take(1)
            pacer.failed(why)


def left_alone(pacer: LeasedPacer) -> timedelta:
    with pytest.raises(UnreachableError) as error:
        pacer.take(1)
    assert error.value.after is not None
    return error.value.after


def test_what_fails_too_often_is_left_alone_by_every_container() -> None:
    vendor = Vendor()
    one, other = vendor.container(), vendor.container()
    vendor.fail(one, FAILURES - 1)
    other.take(1)
    other.failed("ReadTimeout")
    assert left_alone(one) == left_alone(other) == left_alone(vendor.container()) == FIRST
    assert vendor.open() == ["circuit_open/shop"]


def test_a_success_in_between_begins_the_count_anew() -> None:
    vendor = Vendor()
    mine = vendor.container()
    for _ in range(3):
        vendor.fail(mine, FAILURES - 1)
        mine.succeeded()
    mine.take(1)
    assert vendor.open() == []


def test_one_container_tries_while_the_others_wait() -> None:
    vendor = Vendor()
    one, other = vendor.container(), vendor.container()
    vendor.fail(one)
    vendor.clock.at += FIRST
    other.take(1)
    assert left_alone(one) == PROBE
    other.succeeded()
    one.take(1)
    assert vendor.open() == []


def test_a_failed_try_doubles_the_time_up_to_five_minutes_and_is_told_once() -> None:
    vendor = Vendor()
    mine = vendor.container()
    vendor.fail(mine)
    waits = []
    for _ in range(7):
        wait = left_alone(mine)
        waits.append(wait)
        vendor.clock.at += wait
        mine.take(1)
        mine.failed("502")
    assert waits[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert waits[-1] == LONGEST
    issue = vendor.issues.find("circuit_open#shop")
    assert issue is not None
    assert (issue.count, issue.value) == (1, "502")


def test_a_try_that_nobody_heard_of_again_is_made_by_another() -> None:
    vendor = Vendor()
    vendor.fail(vendor.container())
    vendor.clock.at += FIRST
    vendor.container().take(1)
    vendor.clock.at += PROBE
    vendor.container().take(1)


def test_the_failure_that_opens_it_is_told_of_also_when_others_failed_meanwhile() -> None:
    vendor = Vendor()
    one, other = vendor.container(), vendor.container()
    one.take(1)
    other.take(1)
    for _ in range(FAILURES - 1):
        other.failed("502")
    one.failed("504")
    assert vendor.open() == ["circuit_open/shop"]


def test_an_operation_of_its_own_shares_the_circuit() -> None:
    vendor = Vendor()
    mine = vendor.container()
    vendor.fail(mine)
    with pytest.raises(UnreachableError):
        mine.of("patch", Limits(points_per_second=5, bucket=5)).take(1)


def test_to_be_throttled_opens_nothing() -> None:
    vendor = Vendor(calls_per_hour=10_000)
    mine = vendor.container()
    for _ in range(3 * FAILURES):
        mine.throttled()
    assert vendor.open() == []
    with pytest.raises(ThrottledError):
        mine.take(1)


def test_while_nothing_fails_nothing_is_written_about_it() -> None:
    vendor = Vendor()
    mine = vendor.container()
    for _ in range(20):
        mine.take(1)
        mine.succeeded()
    assert {key.pk for key in vendor.store.written} == {"rate#shop"}


def test_counted_slots_are_shared_by_all_containers_and_given_back() -> None:
    vendor = Vendor(points_per_second=50, bucket=100, slots=2, slots_are_counted=True)
    one, two, three = (vendor.container() for _ in range(3))
    one.take(1)
    two.take(1)
    with pytest.raises(ThrottledError) as full:
        three.take(1)
    assert full.value.after is not None
    one.take(1)
    one.give_back()
    three.take(1)
    with pytest.raises(ThrottledError):
        one.take(1)


def test_the_slot_of_a_container_that_died_is_free_again_in_time() -> None:
    vendor = Vendor(points_per_second=50, bucket=100, slots=2, slots_are_counted=True)
    for _ in range(2):
        vendor.container().take(1)
    vendor.clock.at += LEASE
    vendor.container().take(1)


def test_a_slot_that_is_needed_longer_is_kept() -> None:
    vendor = Vendor(points_per_second=50, bucket=100, slots=2, slots_are_counted=True)
    one, two = vendor.container(), vendor.container()
    one.take(1)
    vendor.clock.at += LEASE * 2 / 3
    one.take(1)
    two.take(1)
    vendor.clock.at += LEASE / 2
    one.take(1)
    with pytest.raises(ThrottledError):
        vendor.container().take(1)
