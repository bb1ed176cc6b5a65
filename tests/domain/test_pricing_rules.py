"""What each rule of a retailer's file makes of a price, one rule at a time."""

from decimal import Decimal
from typing import Any

import pytest

from shared.domain.pricing import Unpriced
from shared.model.money import Money
from shared.model.price import PriceCondition, PriceKind, Scale
from shared.model.retailer import Retailer
from shared.model.target import PriceValue, ScaledPrice, SegmentPrice
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

# lists, segments, precedence

OVERRIDE = retailer(
    {"price_lists": ["override", "retail"]},
    price_lists=[price_list("retail"), price_list("override")],
)


def test_a_list_only_this_channel_names_overrides_the_general_one() -> None:
    own = condition(1799, price_list="override", window=make_window(start=LONG_AGO))
    assert shown(OVERRIDE, condition(1999), own).price == gbp(1799)


def test_a_promotion_beats_an_override_unless_the_file_puts_lists_first() -> None:
    own = condition(1799, price_list="override")
    offer = condition(1899, kind=PriceKind.PROMOTIONAL)
    assert shown(OVERRIDE, own, offer).price == gbp(1899)
    order = ["price_list", "kind", "latest_start"]
    other = retailer(
        {"price_lists": ["override", "retail"]},
        price_lists=[price_list("retail"), price_list("override")],
        precedence={"order": order},
    )
    assert shown(other, own, offer).price == gbp(1799)


@pytest.mark.parametrize(
    ("order", "amount"),
    [
        (["lowest"], 1499),
        (["highest"], 1999),
        (["latest_start"], 1799),
        (["soonest_end"], 1999),
        (["kind", "lowest"], 1799),
    ],
)
def test_the_criterion_that_comes_first_decides(order: list[str], amount: int) -> None:
    known = [
        condition(1999, window=make_window(end=NOW + HOUR)),
        condition(1499),
        condition(1799, kind=PriceKind.PROMOTIONAL, window=make_window(start=NOW - HOUR)),
    ]
    assert shown(retailer(precedence={"order": order}), *known).price == gbp(amount)


def test_kinds_may_be_put_the_other_way_round() -> None:
    shop = retailer(precedence={"kinds": ["base", "promotional"]})
    offer = condition(1499, kind=PriceKind.PROMOTIONAL)
    assert shown(shop, condition(1999), offer) == PriceValue(price=gbp(1999))
    assert shown(shop, offer).price == gbp(1499)


TRADE = price_list("trade", segment="trade")


def test_a_segment_s_list_is_not_for_everybody() -> None:
    shop = retailer(
        {"price_lists": ["trade", "retail"]},
        price_lists=[price_list("retail"), TRADE],
        segments=[{"name": "trade"}],
    )
    found = shown(shop, condition(1999), condition(1500, price_list="trade"))
    assert found == PriceValue(price=gbp(1999))


def test_a_channel_for_one_segment_sells_by_its_list_and_falls_back_on_the_general_one() -> None:
    shop = retailer(
        {"price_lists": ["retail", "trade"], "segment": "trade"},
        price_lists=[price_list("retail"), TRADE],
        segments=[{"name": "trade"}],
    )
    assert shown(shop, condition(1999), condition(1500, price_list="trade")).price == gbp(1500)
    assert shown(shop, condition(1999)).price == gbp(1999)


def test_a_channel_that_asks_for_segments_gets_those_that_pay_otherwise() -> None:
    shop = retailer(
        {"price_lists": ["retail", "trade", "club"], "segments": ["trade", "club"]},
        price_lists=[price_list("retail"), TRADE, price_list("club", segment="club")],
        segments=[{"name": "trade"}, {"name": "club"}],
    )
    found = priced(shop, condition(1999), condition(1500, price_list="trade"))
    assert found.value.segments == {"trade": SegmentPrice(price=gbp(1500))}
    assert "segment trade: base price" in rules(found)


def test_a_segment_s_price_that_cannot_be_shown_says_why_and_leaves_the_general_one() -> None:
    shop = retailer(
        {"price_lists": ["retail", "trade"], "segments": ["trade"]},
        price_lists=[price_list("retail"), TRADE],
        segments=[{"name": "trade"}],
    )
    found = priced(shop, condition(1999), condition(1500, price_list="trade", unit="PAL"))
    assert found.value == PriceValue(price=gbp(1999))
    assert found.chain[-1].detail == "no price of its own: condition C1500 gives None"


ABROAD = {"name": "swiss", "currency": "CHF", "region": "CH", "rounding": "francs"}
FRANCS = {"name": "francs", "currency": "CHF", "endings": [".90"]}


def abroad(*lists: str, **over: Any) -> Retailer:
    """Buyers abroad pay in their money, with their tax, rounded as is usual there."""
    rates = [VAT, {"region": "CH", "percent": "8.1", "valid_from": LONG_AGO}]
    fields = {
        "price_lists": [price_list("retail", region="GB")],
        "segments": [ABROAD],
        "tax_rates": rates,
        "roundings": [FRANCS],
        "exchange_rates": [{"base": "GBP", "quote": "CHF", "rate": "1.12", "valid_from": LONG_AGO}],
    }
    named = [*lists, "retail"]
    channel = {"price_lists": named, "segments": ["swiss"], "region": "GB"}
    return retailer(channel, **(fields | over))


def test_a_segment_abroad_pays_in_its_money_with_its_tax() -> None:
    found = shown(abroad(), condition(12000))
    francs = Money(amount=12090, currency="CHF")  # 100.00 net, 112.00 francs, 121.07 with tax
    assert found.price == gbp(12000)
    assert found.segments == {"swiss": SegmentPrice(price=francs)}


def test_a_segment_abroad_pays_by_a_list_in_its_own_money() -> None:
    lists = [price_list("retail"), price_list("alps", currency="CHF", segment="swiss")]
    shop = abroad("alps", price_lists=lists, exchange_rates=[], tax_rates=[VAT])
    found = shown(shop, condition(12000), condition(9990, "CHF", price_list="alps"))
    assert found.segments == {"swiss": SegmentPrice(price=Money(amount=9990, currency="CHF"))}


def test_a_new_rate_of_a_segment_s_money_is_an_instant_to_look_again() -> None:
    rates = [
        {"base": "GBP", "quote": "CHF", "rate": "1.12", "valid_from": LONG_AGO},
        {"base": "GBP", "quote": "CHF", "rate": "1.30", "valid_from": NOW + HOUR},
    ]
    shop = abroad(exchange_rates=rates)
    assert priced(shop, condition(12000)).next_change == NOW + HOUR
    later = shown(shop, condition(12000), at=NOW + HOUR)
    assert later.segments["swiss"].price == Money(amount=14090, currency="CHF")


# scales


def scaled(amount: int, *steps: tuple[int, str, int], **over: Any) -> PriceCondition:
    scales = tuple(Scale(quantity=Decimal(q), unit=u, amount=gbp(a)) for q, u, a in steps)
    return condition(amount, scales=scales, **over)


def test_prices_by_quantity_are_given_to_a_channel_that_asks_for_them() -> None:
    known = scaled(1000, (1, "PC", 1000), (10, "PC", 900), (2, "CS", 800), (50, "PC", 800))
    assert shown(retailer(), known) == PriceValue(price=gbp(1000))
    assert shown(retailer({"scales": True}), known).scales == (
        ScaledPrice(quantity=10, price=gbp(900)),
        ScaledPrice(quantity=24, price=gbp(800)),
    )


def test_who_buys_one_pays_the_scale_that_begins_at_one() -> None:
    assert shown(retailer(), scaled(1000, (1, "PC", 950))).price == gbp(950)


def test_a_scale_in_an_unknown_unit_is_not_guessed_at() -> None:
    assert isinstance(answer(retailer(), scaled(1000, (2, "PAL", 500))), Unpriced)


# currencies

EURO: dict[str, Any] = {
    "price_lists": [price_list("retail", currency="EUR")],
    "exchange_rates": [
        {"base": "EUR", "quote": "GBP", "rate": "0.86125", "valid_from": LONG_AGO},
        {"base": "EUR", "quote": "GBP", "rate": "0.9", "valid_from": NOW + HOUR},
    ],
}


def test_a_list_in_another_currency_is_converted_by_the_rate_of_the_day() -> None:
    shop, known = retailer(**EURO), condition(1999, "EUR")
    found = priced(shop, known)
    assert found.value.price == gbp(1722)  # 17.2163...
    assert "exchange rate" in rules(found)
    assert found.next_change == NOW + HOUR
    assert shown(shop, known, at=NOW + HOUR).price == gbp(1799)  # 17.991


def test_minor_units_of_different_size_are_converted() -> None:
    rates = [{"base": "JPY", "quote": "GBP", "rate": "0.0053", "valid_from": LONG_AGO}]
    shop = retailer(price_lists=[price_list("retail", currency="JPY")], exchange_rates=rates)
    assert shown(shop, condition(2000, "JPY")).price == gbp(1060)


def test_without_a_rate_that_holds_there_is_no_price_until_there_is_one() -> None:
    later = [EURO["exchange_rates"][1]]
    shop = retailer(**EURO | {"exchange_rates": later})
    found = answer(shop, condition(1999, "EUR"))
    assert isinstance(found, Unpriced)
    assert found.reason == "C1999 is in EUR, shop sells in GBP, and no exchange rate holds"
    assert found.next_change == NOW + HOUR


# taxes


def test_one_net_price_is_shown_with_the_tax_of_the_channel_s_region_and_the_article_s_class() -> (
    None
):
    rates = [VAT, VAT | {"tax_class": "reduced", "percent": "5"}]
    rates.append({"region": "DE", "percent": "19", "valid_from": LONG_AGO})
    lists = [price_list("retail", tax_basis="net")]
    british = retailer({"region": "GB"}, price_lists=lists, tax_rates=rates)
    german = retailer({"region": "DE"}, price_lists=lists, tax_rates=rates)
    net = retailer({"tax_display": "net"}, price_lists=lists, tax_rates=rates)
    known = condition(1000)
    assert shown(british, known).price == gbp(1200)
    assert shown(british, known, tax_class="reduced").price == gbp(1050)
    assert shown(german, known).price == gbp(1190)
    assert shown(net, known).price == gbp(1000)


def test_the_chain_says_how_net_and_tax_make_the_price() -> None:
    lists = [price_list("retail", tax_basis="net")]
    found = priced(retailer({"region": "GB"}, price_lists=lists, tax_rates=[VAT]), condition(1666))
    said = {step.rule: step.detail for step in found.chain}
    assert said["tax"] == "20 % of GB for standard put on"
    assert said["tax contained"] == "16.66 GBP net and 3.33 GBP tax are 19.99 GBP"


def test_a_gross_price_is_shown_without_its_tax() -> None:
    shop = retailer({"region": "GB", "tax_display": "net"}, tax_rates=[VAT])
    assert shown(shop, condition(1999)).price == gbp(1666)


def test_a_gross_price_of_another_region_changes_its_tax() -> None:
    german = VAT | {"region": "DE", "percent": "19"}
    lists = [price_list("retail", region="DE")]
    shop = retailer({"region": "GB"}, price_lists=lists, tax_rates=[VAT, german])
    assert shown(shop, condition(1190)).price == gbp(1200)


def test_a_gross_list_of_no_region_is_shown_as_it_is_anywhere() -> None:
    assert shown(retailer({"region": "GB"}, tax_rates=[VAT]), condition(1999)).price == gbp(1999)


def test_a_tax_that_changes_changes_the_price_at_its_instant() -> None:
    lists = [price_list("retail", tax_basis="net")]
    lower = VAT | {"percent": "17.5", "valid_from": NOW + HOUR}
    shop = retailer({"region": "GB"}, price_lists=lists, tax_rates=[VAT, lower])
    found = priced(shop, condition(1000))
    assert (found.value.price, found.next_change) == (gbp(1200), NOW + HOUR)
    assert shown(shop, condition(1000), at=NOW + HOUR).price == gbp(1175)


def test_without_a_tax_rate_there_is_no_price_and_the_reason_names_what_is_missing() -> None:
    shop = retailer({"region": "GB"}, price_lists=[price_list("retail", tax_basis="net")])
    found = answer(shop, condition(1000))
    assert isinstance(found, Unpriced)
    assert found.reason == (
        "list retail is net, shop shows gross, and no tax rate of GB for standard holds"
    )
