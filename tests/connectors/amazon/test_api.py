"""Tokens, usage plans and refusals of the Selling Partner API."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.connectors.amazon import jsontext, plans
from shared.connectors.amazon.client import connect
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError, ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.model.ids import Facet
from shared.model.target import Verdict
from tests.connectors.amazon.contract import promises, usage_plans
from tests.connectors.amazon.world import NOW, SECRET, World, retailer, world
from tests.fakes import FreePacer, MemoryStore, SetClock
from tests.specs import needs_specs


def asked_for_tokens(there: World) -> int:
    return sum("/auth/" in request.url.path for request in there.wire.sent)


def test_one_token_serves_for_an_hour_less_a_minute() -> None:
    there = world()
    there.listed("HAT-M")
    push = there.price("HAT-M", 1)
    there.shown(Facet.PRICE, push)
    there.clock.advance(minutes=58)
    there.shown(Facet.PRICE, push)
    assert asked_for_tokens(there) == 1
    there.clock.advance(minutes=1)
    there.shown(Facet.PRICE, push)
    assert asked_for_tokens(there) == 2


def test_the_token_is_asked_for_with_the_refresh_token_and_sent_nowhere_else() -> None:
    there = world()
    there.listed("HAT-M")
    there.shown(Facet.PRICE, there.price("HAT-M", 1))
    grant, call = there.wire.sent
    assert b"grant_type=refresh_token" in grant.content
    assert "x-amz-access-token" not in grant.headers
    assert call.headers["x-amz-access-token"].startswith("Atza|")


def test_a_revoked_token_is_replaced_once() -> None:
    there = world()
    there.listed("HAT-M")
    there.shown(Facet.PRICE, there.price("HAT-M", 1))
    there.control("revoke_tokens")
    assert there.shown(Facet.PRICE, there.price("HAT-M", 999))
    assert asked_for_tokens(there) == 2


def test_an_application_without_leave_is_an_exception() -> None:
    there = world()
    there.listed("HAT-M")
    there.wire.next = [httpx.Response(403), httpx.Response(403)]
    with pytest.raises(AccessError):
        there.shown(Facet.PRICE, there.price("HAT-M", 1))


@pytest.mark.parametrize("field", ["client_id", "client_secret", "refresh_token"])
def test_a_wrong_secret_is_an_exception(field: str) -> None:
    there = world()
    secret = {**SECRET, field: "wrong"}
    ours = there.retailer
    market = connect(
        ours.connection("market"),
        ours,
        secret,
        pacer=FreePacer(),
        clock=there.clock,
        transport=there.wire,
    )
    with pytest.raises(AccessError):
        market.read_order("1")
    with pytest.raises(AccessError, match=f"no {field}"):
        connect(ours.connection("market"), ours, {**SECRET, field: ""},
                pacer=FreePacer(), clock=there.clock)  # fmt: skip


def test_a_throttled_call_says_when_a_call_is_earned_again() -> None:
    there = world()
    there.control("throttle", seconds=5)
    with pytest.raises(ThrottledError) as throttled:
        there.market.orders_since(NOW, page=None)
    assert throttled.value.after == timedelta(milliseconds=178571)


def paced(clock: SetClock, store: MemoryStore | None = None) -> World:
    """The marketplace under the real pacer."""
    ours = retailer()
    pacer = LeasedPacer(ours.connection("market"), store or MemoryStore(), clock)
    return world(clock=clock, pacer=pacer, ours=ours)


def test_no_usage_plan_is_exceeded_however_often_one_tries() -> None:
    clock = SetClock(NOW)
    there = paced(clock)
    there.listed("HAT-M")
    accepted = 0
    for _ in range(60):
        for _ in range(20):
            try:
                [outcome] = there.push(Facet.PRICE, there.price("HAT-M", 1999))
            except ThrottledError:
                break
            accepted += outcome.verdict is Verdict.ACCEPTED
        clock.advance(seconds=1)
    assert there.counter("throttled") == 0
    assert 290 <= accepted <= 305


def test_searching_orders_used_up_leaves_prices_alone() -> None:
    clock = SetClock(NOW)
    there = paced(clock)
    there.listed("HAT-M")
    for _ in range(20):
        there.market.orders_since(NOW, page=None)
    with pytest.raises(ThrottledError):
        there.market.orders_since(NOW, page=None)
    assert there.push(Facet.PRICE, there.price("HAT-M", 1999))[0].verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(("rate", "most"), [("1", 2), ("20", 25)])
def test_an_account_granted_another_rate_is_asked_at_that_rate(rate: str, most: int) -> None:
    clock = SetClock(NOW)
    there = paced(clock)
    there.listed("HAT-M")
    there.control("usage_plan", operation="patchListingsItem", rate=rate, burst=5)
    made = 0
    for _ in range(100):
        try:
            there.push(Facet.PRICE, there.price("HAT-M", 1999))
            made += 1
        except ThrottledError:
            clock.at += timedelta(milliseconds=100)
    seconds = (clock.at - NOW).total_seconds()
    assert there.counter("throttled") == 0
    assert made <= most * seconds + 6


def test_a_refusal_names_amazon_s_code() -> None:
    there = world()
    body = {"errors": [{"code": "InvalidInput", "message": "no"}]}
    there.wire.next = [httpx.Response(400, json=body)]
    with pytest.raises(RejectedError) as refused:
        there.market.orders_since(NOW, page=None)
    assert refused.value.code == "InvalidInput"


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(200, text="<html>"), httpx.Response(200)]
)
def test_a_read_that_failed_is_tried_again(answer: httpx.Response) -> None:
    """What is no JSON was not said by the operation, and refuses nothing."""
    there = world()
    there.wire.next = [answer]
    with pytest.raises(RetryableError):
        there.market.orders_since(NOW, page=None)


def test_an_answer_of_another_shape_is_told_by_its_place() -> None:
    there = world()
    there.wire.next = [httpx.Response(200, json={"orders": 1})]
    with pytest.raises(RejectedError) as refused:
        there.market.orders_since(NOW, page=None)
    assert refused.value.field == "orders"


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(200, text="{}"), httpx.ReadTimeout("late")],
    ids=["failed", "unreadable", "lost"],
)
def test_a_write_without_a_clear_answer_is_in_doubt(
    answer: httpx.Response | httpx.ReadTimeout,
) -> None:
    there = world()
    there.listed("HAT-M")
    there.wire.next = [answer]
    [outcome] = there.push(Facet.PRICE, there.price("HAT-M", 1))
    assert outcome.verdict is Verdict.UNKNOWN


def test_a_feed_document_is_never_sent_over_plain_text() -> None:
    there = world(feed_latency_seconds=60)
    skus = [f"S{i}" for i in range(301)]
    there.listed(*skus)
    place = {"feedDocumentId": "1", "url": "http://elsewhere.example/x"}
    there.wire.next = [httpx.Response(201, json=place)]
    with pytest.raises(RetryableError, match="not at https"):
        there.push(Facet.PRICE, *[there.price(sku, 1) for sku in skus])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**9))
def test_a_price_is_written_and_read_with_the_digits_it_has(price: Decimal) -> None:
    text = jsontext.dumps({"a": [price, 'x"y', None, True]})
    assert jsontext.loads(text.encode()) == {"a": [price, 'x"y', None, True]}


@needs_specs
def test_every_usage_plan_is_the_one_amazon_publishes() -> None:
    published = usage_plans()
    for operation in plans.ALL:
        rate, burst = published[operation.name]
        assert (operation.rate, operation.burst) == (Decimal(rate), int(burst)), operation.name


@needs_specs
def test_every_operation_is_one_amazon_describes() -> None:
    assert {operation.name for operation in plans.ALL} <= {p.name for p in promises()}


def test_a_write_in_doubt_is_an_error_of_its_own() -> None:
    assert {o.name for o in plans.ALL if o.writes} == {
        "patchListingsItem",
        "createFeed",
        "confirmShipment",
        "createDestination",
        "createSubscription",
    }
    assert not issubclass(InDoubtError, RetryableError)
