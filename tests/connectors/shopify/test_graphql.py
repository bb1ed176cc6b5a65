"""The transport: what every kind of answer means for the caller, and what it costs."""

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.vendors.shopify.simulator import Plan
from shared.connectors.shopify import costs
from shared.connectors.shopify.client import connect
from shared.connectors.shopify.costs import Meter
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    SyncError,
    ThrottledError,
    UnreachableError,
)
from shared.model.ids import Facet
from tests.connectors.shopify.world import NOW, World, mug, retailer, world
from tests.fakes import FreePacer, SetClock

JSON = dict[str, object]


def coded(code: str) -> httpx.Response:
    error = {"message": "no", "extensions": {"code": code}}
    return httpx.Response(200, json={"data": None, "errors": [error]})


def reading(there: World) -> None:
    there.shop.read_order("1")


def writing(there: World) -> None:
    there.links["MUG"] = {"product": "gid://shopify/Product/1", "variant": "v"}
    there.shop.push(Facet.PRICE, [there.price("MUG", 100)])


ANSWERS: dict[str, tuple[httpx.Response | Exception, type[SyncError], type[SyncError]]] = {
    "internal error": (coded("INTERNAL_SERVER_ERROR"), RetryableError, InDoubtError),
    "time-out inside": (coded("TIMEOUT"), RetryableError, InDoubtError),
    "500": (httpx.Response(500), RetryableError, InDoubtError),
    "503": (httpx.Response(503), RetryableError, InDoubtError),
    "504": (httpx.Response(504), RetryableError, InDoubtError),
    "lost answer": (httpx.ReadTimeout("late"), RetryableError, InDoubtError),
    "never connected": (httpx.ConnectError("no"), UnreachableError, UnreachableError),
    "not JSON": (httpx.Response(200, text="<html>"), RetryableError, InDoubtError),
    "not an object": (httpx.Response(200, json=[]), RetryableError, InDoubtError),
    "no data": (httpx.Response(200, json={"data": None}), RetryableError, InDoubtError),
    "another shape": (httpx.Response(200, json={"data": {}}), RejectedError, InDoubtError),
    "key in use": (coded("IDEMPOTENCY_CONCURRENT_REQUEST"), RetryableError, RetryableError),
    "denied": (coded("ACCESS_DENIED"), AccessError, AccessError),
    "shop refused": (httpx.Response(200, json={"errors": "no shop"}), AccessError, AccessError),
    "402": (httpx.Response(402), AccessError, AccessError),
    "403": (httpx.Response(403), AccessError, AccessError),
    "404": (httpx.Response(404), AccessError, AccessError),
    "423": (httpx.Response(423), AccessError, AccessError),
    "moved": (httpx.Response(301, headers={"location": "/"}), AccessError, AccessError),
    "429": (httpx.Response(429, headers={"retry-after": "3"}), ThrottledError, ThrottledError),
    "too dear": (coded("MAX_COST_EXCEEDED"), RejectedError, RejectedError),
    "unknown field": (coded("undefinedField"), RejectedError, RejectedError),
    "400": (httpx.Response(400), RejectedError, RejectedError),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_to_a_read_is_named_by_what_to_do_next(name: str) -> None:
    answer, expected, _ = ANSWERS[name]
    there = world()
    there.wire.next = [answer]
    with pytest.raises(SyncError) as caught:
        reading(there)
    assert type(caught.value) is expected


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_to_a_write_leaves_a_doubt_unless_it_is_clear(name: str) -> None:
    answer, _, expected = ANSWERS[name]
    there = world()
    there.wire.next = [answer]
    with pytest.raises(SyncError) as caught:
        writing(there)
    assert type(caught.value) is expected


def test_a_throttled_call_says_when_the_points_will_be_there() -> None:
    there = world(plan=Plan(points_per_second=100, bucket=2000))
    there.simulator.control("throttle", seconds=60)
    with pytest.raises(ThrottledError) as caught:
        reading(there)
    assert caught.value.after == timedelta(milliseconds=1340)  # 134 points at 100 a second


def test_a_throttled_call_without_figures_waits_a_moment() -> None:
    there = world()
    there.wire.next = [coded("THROTTLED")]
    with pytest.raises(ThrottledError) as caught:
        reading(there)
    assert caught.value.after == timedelta(seconds=2)


def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    there = world()
    there.list(mug())
    there.simulator.control("revoke_tokens")
    assert there.shop.read_order("404") is None


def test_a_token_refused_twice_needs_a_person() -> None:
    there = world()
    there.wire.next = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(AccessError):
        reading(there)


def test_a_token_is_asked_for_once_in_its_life() -> None:
    there = world()
    before = there.counter("calls")
    reading(there)
    reading(there)
    assert there.counter("calls") - before == 3  # one grant, two reads
    there.clock.advance(hours=24)
    reading(there)
    assert there.counter("calls") - before == 5


def test_wrong_credentials_need_a_person() -> None:
    there = world()
    ours = retailer()
    secret = {"client_id": "client", "client_secret": "wrong"}
    shop = connect(
        ours.connection("shop"),
        ours,
        secret,
        pacer=FreePacer(),
        clock=SetClock(NOW),
        transport=there.wire,
    )
    with pytest.raises(AccessError):
        shop.read_order("1")


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_a_secret_that_lacks_a_field_is_named(missing: str) -> None:
    ours = retailer()
    secret = {"client_id": "a", "client_secret": "b"} | {missing: ""}
    with pytest.raises(AccessError, match=missing):
        connect(ours.connection("shop"), ours, secret, pacer=FreePacer(), clock=SetClock(NOW))


def test_a_wrong_setting_is_named_before_anything_is_called() -> None:
    with pytest.raises(RejectedError) as caught:
        world(order_lines=1000)
    assert caught.value.field == "settings.order_lines"


def test_the_version_that_answered_is_told() -> None:
    there = world()
    assert there.shop.answered_version is None
    reading(there)
    assert there.shop.answered_version == "2026-10"


def test_the_pacer_learns_what_the_vendor_counted() -> None:
    class Watching(FreePacer):
        seen: tuple[int | None, int | None, int] | None = None

        def observe(self, *, available: int | None, rate: int | None, spent: int) -> None:
            self.seen = (available, rate, spent)

    pacer = Watching()
    there = world(pacer=pacer, plan=Plan(points_per_second=100, bucket=2000))
    reading(there)
    assert pacer.seen == (1999, 100, 1)


def test_a_dry_pacer_stops_the_call_before_it_leaves() -> None:
    there = world(pacer=FreePacer(left=1))
    with pytest.raises(ThrottledError):
        reading(there)
    assert there.wire.sent == []


@given(calls=st.lists(st.integers(1, 250), min_size=1, max_size=40))
def test_whole_points_taken_are_never_a_point_off_the_exact_sum(calls: list[int]) -> None:
    pacer = FreePacer()
    meter = Meter(pacer)
    exact = 0
    for variants in calls:
        meter.take("PricesSet", costs.bulk_update(variants))
        exact += costs.bulk_update(variants)
    assert exact <= pacer.spent * 1000 < exact + 1000


def test_the_price_the_vendor_states_is_the_next_estimate() -> None:
    pacer = FreePacer()
    meter = Meter(pacer)
    meter.take("OrderRead", 259_000)
    meter.stated("OrderRead", 259_000, 31)
    meter.take("OrderRead", 259_000)
    assert pacer.spent == 259 + 31


def test_an_estimate_the_vendor_only_rounds_up_is_kept_exact() -> None:
    pacer = FreePacer()
    meter = Meter(pacer)
    for _ in range(5):
        meter.take("PricesSet", 10_200)
        meter.stated("PricesSet", 10_200, 11)
    assert pacer.spent == 51


def test_what_a_query_did_not_cost_lapses_with_what_was_leased_for_it() -> None:
    pacer = FreePacer()
    meter = Meter(pacer)
    meter.take("OrdersChanged", 940_000)
    meter.observe(available=958, rate=10, spent=2)
    assert pacer.spent == 2
    meter.take("OrdersChanged", 940_000)
    assert pacer.spent == 942
