"""What becomes of an amount before it is shown: rounded, struck through, held to its margin."""

from decimal import Decimal
from typing import Any

import pytest

from shared.domain.pricing import Unpriced
from shared.model.money import Money
from shared.model.price import PriceKind, Scale
from shared.model.retailer import Retailer
from shared.model.target import PriceValue
from tests.domain.pricing_world import (
    HOUR,
    LONG_AGO,
    VAT,
    answer,
    condition,
    gbp,
    price_list,
    priced,
    retailer,
    rules,
    shown,
)
from tests.factories import (
    NOW,
    make_window,
)

# rounding


def rounding(**over: Any) -> Retailer:
    return retailer(
        {"rounding": "charm", "tax_display": "net", "region": "GB"},
        tax_rates=[VAT],
        roundings=[{"name": "charm", "currency": "GBP"} | over],
    )


@pytest.mark.parametrize(
    ("rule", "gross", "amount"),
    [
        ({"endings": [".99", ".95"]}, 1999, 1695),  # 16.66
        ({"endings": [".99"]}, 1999, 1699),
        ({"endings": [".99"], "direction": "down"}, 1999, 1599),
        ({"endings": ["9.99"], "direction": "up"}, 1999, 1999),
        ({"endings": ["0", "5"]}, 1999, 1665),
        ({"endings": ["99.00"]}, 1999, 9900),  # there is none below
        ({"mode": "up"}, 1990, 1659),  # 16.583...
        ({"mode": "down"}, 1990, 1658),
    ],
)
def test_a_computed_price_is_rounded_as_the_file_says(
    rule: dict[str, Any], gross: int, amount: int
) -> None:
    assert shown(rounding(**rule), condition(gross)).price == gbp(amount)


def test_a_price_the_owner_stated_keeps_its_ending_unless_all_are_rounded() -> None:
    for applies_to, amount in (("computed", 1234), ("all", 1199)):
        rule = {"name": "charm", "currency": "GBP", "endings": [".99"], "applies_to": applies_to}
        shop = retailer({"rounding": "charm"}, roundings=[rule])
        assert shown(shop, condition(1234)).price == gbp(amount)


# compare-at, margin


def test_a_reference_price_is_struck_through_and_never_paid() -> None:
    reference = condition(2500, kind=PriceKind.REFERENCE)
    value = shown(retailer(), condition(1999), reference)
    assert value == PriceValue(price=gbp(1999), compare_at=gbp(2500))
    assert isinstance(answer(retailer(), reference), Unpriced)


def test_a_reference_price_goes_before_the_base_price_as_what_is_struck_through() -> None:
    offer = condition(1499, kind=PriceKind.PROMOTIONAL)
    reference = condition(2500, kind=PriceKind.REFERENCE)
    assert shown(retailer(), condition(1999), offer, reference).compare_at == gbp(2500)
    none = retailer({"compare_at": False})
    assert shown(none, condition(1999), offer, reference).compare_at is None


def margin(below: str, **over: Any) -> Retailer:
    channel = {"price_lists": ["retail", "cost"], "region": "GB"} | over
    return retailer(
        channel | {"min_margin": {"percent": "20", "below": below}},
        price_lists=[price_list("retail"), price_list("cost", tax_basis="net")],
        tax_rates=[VAT],
        roundings=[{"name": "charm", "currency": "GBP", "endings": [".99"]}],
    )


COST = condition(800, kind=PriceKind.COST, price_list="cost")


def test_a_price_that_leaves_too_little_over_the_cost_is_not_shown() -> None:
    found = answer(margin("hold"), condition(1199), COST)  # 8.00 / 0.8 and 20 % tax are 12.00
    assert isinstance(found, Unpriced)
    assert found.reason == "11.99 GBP is below the minimum margin"
    assert shown(margin("hold"), condition(1200), COST).price == gbp(1200)


def test_or_it_is_raised_to_the_lowest_that_does_and_may_be_shown() -> None:
    found = priced(margin("raise"), condition(1199), COST)
    assert (found.value.price, found.cost) == (gbp(1200), gbp(960))
    assert rules(found) == ["base price", "minimum margin"]
    charm = margin("raise", rounding="charm")
    assert shown(charm, condition(1199), COST).price == gbp(1299)


def test_the_chain_never_tells_the_cost() -> None:
    found = priced(margin("raise"), condition(1199), COST)
    said = " ".join(step.detail for step in found.chain)
    assert "8.00" not in said
    assert "9.60" not in said
    assert "20 %" not in said


def test_without_a_known_cost_the_margin_is_not_tested_and_the_chain_says_so() -> None:
    found = priced(margin("hold"), condition(1))
    assert found.chain[-1].detail == "not tested: no cost is known"


def test_a_cost_that_cannot_be_read_holds_the_price_back() -> None:
    found = answer(margin("hold"), condition(1999), COST.model_copy(update={"unit": "PAL"}))
    assert isinstance(found, Unpriced)
    assert found.reason.startswith("the minimum margin needs cost C800")


# when it differs next


def test_an_edge_that_changes_nothing_is_passed_over() -> None:
    loser = condition(2500, window=make_window(start=LONG_AGO, end=NOW + HOUR))
    offer = condition(
        1499, kind=PriceKind.PROMOTIONAL, window=make_window(start=NOW, end=NOW + 2 * HOUR)
    )
    assert priced(retailer(), condition(1999), loser, offer).next_change == NOW + 2 * HOUR


def test_far_away_an_edge_is_taken_for_a_change_unseen() -> None:
    losers = [
        condition(2500 + i, window=make_window(start=LONG_AGO, end=NOW + i * HOUR))
        for i in range(1, 21)
    ]
    found = priced(retailer(), condition(1999), *losers)
    assert found.next_change == NOW + 9 * HOUR


# how it is kept


def test_a_value_without_scales_and_segments_is_kept_as_it_always_was() -> None:
    kept = {"price": {"amount": 1999, "currency": "GBP"}, "compare_at": None}
    assert shown(retailer(), condition(1999)).model_dump(mode="json") == kept
    assert PriceValue.model_validate(kept).scales == ()


def test_a_condition_without_scales_is_kept_as_it_always_was() -> None:
    assert "scales" not in condition(1999).model_dump(mode="json")


def test_scales_are_in_the_currency_of_their_condition() -> None:
    strange = Scale(quantity=Decimal(2), unit="PC", amount=Money(amount=1, currency="EUR"))
    with pytest.raises(ValueError, match="scales in EUR, not GBP"):
        condition(1999, scales=(strange,))
