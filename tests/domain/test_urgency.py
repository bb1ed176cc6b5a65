"""The order that has to leave first goes first, and of two the older one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.urgency import ship_by, urgency
from shared.model.order import Order, ShippingLine
from shared.model.order_rules import OrderRule
from tests.flows.world import gbp, order

PLACED = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
RULES = (
    OrderRule(shipping_codes=("express",), ship_within_hours=4),
    OrderRule(channels=("shop",), ship_within_hours=48),
)


def placed(at: datetime = PLACED, code: str = "standard", ship_by: datetime | None = None) -> Order:
    freight = ShippingLine(title=code, code=code, price=gbp(0))
    return order(placed_at=at, shipping=(freight,), ship_by=ship_by)


def test_what_the_channel_promised_counts_before_any_rule() -> None:
    promised = PLACED + timedelta(hours=1)
    assert ship_by(placed(code="express", ship_by=promised), RULES) == promised


def test_the_first_rule_about_the_shipping_method_says_how_soon() -> None:
    assert ship_by(placed(code="express"), RULES) == PLACED + timedelta(hours=4)
    assert ship_by(placed(), RULES) == PLACED + timedelta(hours=48)


def test_without_a_promise_or_a_rule_an_order_has_three_days() -> None:
    assert ship_by(placed(), ()) == PLACED + timedelta(days=3)


def test_express_overtakes_what_was_ordered_a_day_before() -> None:
    old, express = placed(PLACED - timedelta(days=1)), placed(code="express")
    assert urgency(express, RULES) < urgency(old, RULES)


def test_of_two_that_leave_at_the_same_time_the_older_goes_first() -> None:
    until = PLACED + timedelta(hours=8)
    old, new = placed(PLACED - timedelta(minutes=1), ship_by=until), placed(ship_by=until)
    assert urgency(old, ()) < urgency(new, ())


@given(
    st.integers(-3 * 10**6, 3 * 10**6), st.integers(-3 * 10**6, 3 * 10**6),
    st.integers(-3 * 10**6, 3 * 10**6), st.integers(-3 * 10**6, 3 * 10**6),
)  # fmt: skip
@settings(max_examples=50)
def test_the_earlier_second_always_goes_first_and_then_never_the_younger(
    leaves: int, age: int, leaves_too: int, age_too: int
) -> None:
    said = [
        (PLACED + timedelta(seconds=by), PLACED - timedelta(seconds=old))
        for by, old in ((leaves, age), (leaves_too, age_too))
    ]
    first, second = (placed(at, ship_by=by) for by, at in sorted(said))
    assert urgency(first, ()) <= urgency(second, ())


def test_a_rule_gives_at_least_an_hour() -> None:
    with pytest.raises(ValidationError):
        OrderRule(ship_within_hours=0)
