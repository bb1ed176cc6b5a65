"""What the ERP is told of an order beside its lines, and which orders it would not take."""

from decimal import Decimal

import pytest

from shared.domain import addresses, enrichment
from shared.model.case import HoldReason
from shared.model.order import Address, Customer, Order, ShippingLine, TaxLine
from shared.model.order_policy import AddressLimits, OrderPolicy
from shared.model.order_rules import OrderRule, TaxCode
from shared.model.retailer import Retailer
from tests.domain.test_orders import gbp, line, order
from tests.domain.world import RETAILER

LONDON = Address(name="Ada Hall", lines=("1 High St",), city="London", country="GB")
LIMITS = AddressLimits(name=20, lines=(10, 5), city=8, postcode=4, required=("city", "country"))


def vat(rate: str | None) -> TaxLine:
    return TaxLine(title="VAT", rate=None if rate is None else Decimal(rate), amount=gbp(1))


def ruled(*rules: OrderRule) -> Retailer:
    return Retailer.model_validate(RETAILER.model_dump(mode="json") | {"order_rules": rules})


def placed(**over: object) -> Order:
    return order(line(), shipping_address=LONDON).model_copy(update=over)


def test_without_rules_an_order_has_no_terms_and_the_settings_hold() -> None:
    assert enrichment.enriched(placed(), RETAILER).terms is None


def test_of_each_word_the_first_rule_counts_that_is_about_the_order_and_says_it() -> None:
    terms = enrichment.terms(
        placed(),
        ruled(
            OrderRule(countries=("DE",), sales_organization="1010"),
            OrderRule(countries=("GB",), shipping_condition="02"),
            OrderRule(sales_organization="1710", shipping_condition="01", division="00"),
        ),
    )
    said = (terms.sales_organization, terms.shipping_condition, terms.division)
    assert said == ("1710", "02", "00")


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        (OrderRule(channels=("shop",), division="7"), True),
        (OrderRule(channels=("other",), division="7"), False),
        (OrderRule(countries=("GB", "IE"), division="7"), True),
        (OrderRule(countries=("IE",), division="7"), False),
        (OrderRule(currencies=("GBP",), division="7"), True),
        (OrderRule(currencies=("EUR",), division="7"), False),
        (OrderRule(shipping_codes=("express",), division="7"), True),
        (OrderRule(shipping_codes=("slow",), division="7"), False),
        (OrderRule(credit_days=(30,), division="7"), True),
        (OrderRule(credit_days=(14,), division="7"), False),
    ],
)
def test_a_rule_is_about_an_order_where_all_its_conditions_hold(
    rule: OrderRule, *, applies: bool
) -> None:
    parcel = ShippingLine(title="Fast", code="express", price=gbp(0))
    fast = placed(shipping=(parcel,), terms_days=30)
    known = ruled(OrderRule(channels=("shop",))).model_copy(update={"order_rules": (rule,)})
    assert enrichment.terms(fast, known).division == ("7" if applies else None)


def test_each_line_and_the_freight_have_the_code_of_all_their_rates_together() -> None:
    codes = (TaxCode(percent=Decimal(20), code="1"), TaxCode(percent=Decimal(0), code="0"))
    lines = (line("1", taxes=(vat("0.15"), vat("0.05"))), line("2"))
    parcel = ShippingLine(title="Post", code="p", price=gbp(5), taxes=(vat("0.2"),))
    terms = enrichment.terms(
        order(*lines, shipping=(parcel,)), ruled(OrderRule(tax_codes=codes, freight_sku="POST"))
    )
    assert terms.tax_codes == {"1": "1", "2": "0"}
    assert (terms.freight_sku, terms.freight_tax_codes) == ("POST", ("1",))


def test_freight_and_lines_of_an_article_may_have_codes_of_their_own() -> None:
    codes = (
        TaxCode(percent=Decimal(20), code="3", freight=True),
        TaxCode(percent=Decimal(20), code="2", skus=("MISC",)),
        TaxCode(percent=Decimal(20), code="1"),
    )
    lines = (line("1", taxes=(vat("0.2"),)), line("2", taxes=(vat("0.2"),), sku="MISC"))
    parcel = ShippingLine(title="Post", code="p", price=gbp(5), taxes=(vat("0.2"),))
    terms = enrichment.terms(order(*lines, shipping=(parcel,)), ruled(OrderRule(tax_codes=codes)))
    assert (terms.tax_codes, terms.freight_tax_codes) == ({"1": "1", "2": "2"}, ("3",))


def test_a_code_of_freight_alone_is_none_of_a_line() -> None:
    rules = (OrderRule(tax_codes=(TaxCode(percent=Decimal(20), code="3", freight=True),)),)
    held = enrichment.untaxed(order(line("1", taxes=(vat("0.2"),))), rules)
    assert held is not None
    assert (held.field, held.value) == ("lines.1.taxes", "20 %")


@pytest.mark.parametrize(("rate", "said"), [("0.19", "19 %"), (None, "a rate that is not told")])
def test_a_rate_no_rule_has_a_code_for_holds_the_order_and_is_named(
    rate: str | None, said: str
) -> None:
    rules = (OrderRule(tax_codes=(TaxCode(percent=Decimal(20), code="1"),)),)
    held = enrichment.untaxed(order(line("1", taxes=(vat(rate),))), rules)
    assert held is not None
    assert (held.reason, held.field, held.value) == (HoldReason.TAX_CODE, "lines.1.taxes", said)
    assert enrichment.untaxed(order(line("1", taxes=(vat(rate),))), ()) is None


def test_a_line_leaves_from_its_own_location_else_from_the_rule_s_and_else_unnamed() -> None:
    lines = (line("1", location="leeds"), line("2"))
    named = enrichment.terms(order(*lines), ruled(OrderRule(ship_from="london")))
    assert named.ship_from == {"1": "1720/172A", "2": "1710/171A"}
    assert enrichment.terms(order(*lines), ruled(OrderRule(division="00"))).ship_from == {}


def test_a_changed_order_keeps_its_terms_and_has_those_of_new_lines() -> None:
    retailer = ruled(OrderRule(ship_from="london", division="01"))
    first = enrichment.enriched(placed(), retailer)
    moved = retailer.model_copy(update={"order_rules": (OrderRule(ship_from="leeds"),)})
    grown = first.model_copy(update={"lines": (*first.lines, line("2"))})
    terms = enrichment.completed(grown, moved, grown).terms
    assert terms is not None
    assert terms.division == "01"
    assert set(terms.ship_from) == {"1", "2"}


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"city": ""}, "shipping_address.city", "without city"),
        ({"country": ""}, "shipping_address.country", "without country"),
        (
            {"city": "Llandudno Junction"},
            "shipping_address.city",
            "city of 18 characters, at most 8",
        ),
        (
            {"lines": ("1 High St", "Flat 12", "left")},
            "shipping_address",
            "lines.1 of 7 characters, at most 5; lines.2 of 4 characters, at most 0",
        ),
        (
            {"city": "", "postcode": "SW1A 1AA"},
            "shipping_address",
            "without city; postcode of 8 characters, at most 4",
        ),
    ],
)
def test_an_address_the_erp_would_refuse_is_told_by_field_and_length_alone(
    change: dict[str, object], field: str, value: str
) -> None:
    bad = placed(shipping_address=LONDON.model_copy(update=change))
    held = addresses.held(bad, OrderPolicy(), LIMITS)
    assert held is not None
    assert (held.field, held.value) == (field, value)
    assert "London" not in held.value + held.remedy


def test_an_erp_that_is_not_sent_the_address_has_no_say_in_it() -> None:
    bad = placed(shipping_address=None, customer=Customer(email="ada@example.com"))
    assert addresses.held(bad, OrderPolicy(), None) is None
    assert addresses.held(bad, OrderPolicy(), LIMITS) is not None
