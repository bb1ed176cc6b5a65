"""What is held back before it is published, and by which bound."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.guardrails import Held, guard, guard_batch, guard_feed
from shared.model.money import Money
from shared.model.retailer import Channel, Retailer
from shared.model.target import PriceValue, ScaledPrice, SegmentPrice
from tests.factories import retailer_fields

LIMITS = {"max_rise_percent": "50", "max_fall_percent": "30"}
FEED = {"max_missing_percent": "10", "max_zero_percent": "1", "max_currency_percent": "0"}


def channel(margin: str | None = "20", **guardrails: Any) -> Channel:
    fields = retailer_fields()
    fields["channels"][0]["guardrails"] = LIMITS | guardrails
    if margin:
        fields["channels"][0]["min_margin"] = {"percent": margin}
    return Retailer.model_validate(fields).channels[0]


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")


def value(amount: int, **over: Any) -> PriceValue:
    return PriceValue(price=gbp(amount), **over)


def held(new: PriceValue, last: PriceValue | None = None, cost: int | None = None) -> list[Held]:
    return [*guard(new, last, cost=gbp(cost) if cost else None, channel=channel())]


def fields(found: list[Held] | tuple[Held, ...]) -> list[str]:
    return [each.field for each in found]


def test_a_price_within_all_limits_passes() -> None:
    assert held(value(1999), value(1899), cost=1000) == []


def test_a_first_price_is_not_held_against_one_there_never_was() -> None:
    assert held(value(1)) == []


@pytest.mark.parametrize("amount", [0, -1])
def test_zero_and_less_are_held(amount: int) -> None:
    (found,) = held(value(amount), value(1999), cost=1000)
    assert (found.field, found.value, found.bound) == ("price", str(gbp(amount)), "zero")


def test_a_price_below_the_floor_of_its_cost_is_held() -> None:
    assert held(value(1000), cost=800) == []
    (found,) = held(value(999), cost=800)
    assert found.bound == "10.00 GBP, the floor of a margin of 20 %"
    assert found.value == "9.99 GBP"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (1500, None),
        (1501, "15.01 GBP after 10.00 GBP, a rise of 50.10 %"),
        (700, None),
        (699, "6.99 GBP after 10.00 GBP, a fall of 30.10 %"),
    ],
)
def test_a_price_may_move_as_far_as_the_limit_and_no_further(amount: int, said: str | None) -> None:
    assert [each.value for each in held(value(amount), value(1000))] == ([said] if said else [])


def test_another_currency_is_held_and_nothing_else_is_said_of_it() -> None:
    (found,) = held(PriceValue(price=Money(amount=1, currency="EUR")), value(1999), cost=1000)
    assert (found.field, found.value, found.bound) == ("price.currency", "EUR", "GBP")


def test_a_last_price_in_another_currency_says_nothing_of_how_far_this_one_moved() -> None:
    assert held(value(1), PriceValue(price=Money(amount=1999, currency="EUR"))) == []


def test_prices_by_quantity_and_by_segment_are_held_like_the_general_one() -> None:
    own = SegmentPrice(price=gbp(0), scales=(ScaledPrice(quantity=5, price=gbp(100)),))
    new = value(1000, scales=(ScaledPrice(quantity=10, price=gbp(10)),), segments={"trade": own})
    found = held(new, cost=800)
    assert fields(found) == ["segments.trade.price", "scales.10", "segments.trade.scales.5"]


def test_a_limit_that_is_not_set_is_not_tested() -> None:
    free = channel(margin=None, max_rise_percent=None, max_fall_percent=None)
    assert guard(value(1), value(99_999), cost=gbp(5000), channel=free) == ()


def test_every_reason_names_field_value_bound_and_remedy() -> None:
    (found,) = held(value(0))
    said = "price 0.00 GBP is beyond zero; correct the price conditions of this article"
    assert str(found) == said


def catalogue(count: int, amount: int = 1000) -> dict[str, Money]:
    return {f"SKU-{i}": gbp(amount) for i in range(count)}


@pytest.mark.parametrize(("moved", "reasons"), [(20, 0), (21, 1)])
def test_a_batch_that_moves_too_much_of_the_catalogue_is_held_whole(
    moved: int, reasons: int
) -> None:
    batch = catalogue(100) | catalogue(moved, 1001)
    found = guard_batch(batch, catalogue(100), channel=channel(max_moved_percent="20"))
    assert len(found) == reasons


def test_a_batch_moves_what_it_takes_out_of_sale_and_not_what_it_leaves_out() -> None:
    limits = channel(max_moved_percent="20")
    assert guard_batch({}, catalogue(100), channel=limits) == ()
    (found,) = guard_batch(dict.fromkeys(catalogue(30)), catalogue(100), channel=limits)
    assert (found.value, found.bound) == ("30.00 %, 30 of 100", "20 %")


def test_a_feed_that_leaves_out_too_much_is_held_whole() -> None:
    limits = channel(**FEED)
    assert guard_feed(catalogue(90), catalogue(100), channel=limits) == ()
    (found,) = guard_feed(catalogue(89), catalogue(100), channel=limits)
    assert (found.field, found.value) == ("share of rows missing", "11.00 %, 11 of 100")


def test_a_feed_with_too_many_zeroes_is_held_whole() -> None:
    feed = catalogue(100) | catalogue(2, 0)
    assert fields(guard_feed(feed, catalogue(100), channel=channel(**FEED))) == [
        "share of prices of zero or less"
    ]


def test_a_feed_in_another_currency_is_held_whole() -> None:
    feed = catalogue(100) | {"SKU-0": Money(amount=1000, currency="EUR")}
    (found,) = guard_feed(feed, catalogue(100), channel=channel(**FEED))
    assert found.field == "share of prices in another currency"


def test_of_few_rows_a_share_says_nothing() -> None:
    assert guard_feed(catalogue(1), catalogue(19), channel=channel(**FEED)) == ()
    assert guard_feed({}, {}, channel=channel(**FEED, least_rows=1)) == ()


@given(last=st.integers(1, 10**7), new=st.integers(1, 10**7))
def test_what_passes_is_within_the_bounds_and_what_is_held_is_not(last: int, new: int) -> None:
    passes = not held(value(new), value(last))
    assert passes == (Decimal("0.7") * last <= new <= Decimal("1.5") * last)


@given(cost=st.integers(1, 10**7), price=st.integers(1, 10**7))
def test_what_passes_leaves_the_margin(cost: int, price: int) -> None:
    assert (held(value(price), cost=cost) == []) == (100 * (price - cost) >= 20 * price)


@given(
    last=st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 3).map(gbp)),
    new=st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 3).map(gbp)),
)
def test_a_feed_without_limits_passes(last: dict[str, Money], new: dict[str, Money]) -> None:
    assert guard_feed(new, last, channel=channel(least_rows=1)) == ()
    assert guard_batch(new, last, channel=channel(least_rows=1)) == ()
