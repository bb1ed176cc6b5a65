"""Ordinary invoices: what each line of an order becomes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.retailer.day import Article, Correction, Freight, Oddity, ShopLine, ShopOrder, Use
from tests.sandbox.retailer_export import NOON, day_of, line, only, uses


def test_an_invoice_is_one_order_with_one_line_per_row(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(), line(quantity="2"), line(code="71053", price="3.39"))
    assert only(day) == ShopOrder(
        key="1001",
        placed_at=datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
        customer="17850",
        country="GB",
        lines=(
            ShopLine("85123A", "HEART", 6, 255),
            ShopLine("85123A", "HEART", 2, 255),
            ShopLine("71053", "HEART", 6, 339),
        ),
    )
    assert day.turnover_minor == 8 * 255 + 6 * 339
    assert day.currency == "GBP"


def test_orders_follow_the_date_and_ties_the_invoice_number(tmp_path: Path) -> None:
    day = day_of(tmp_path, line("1003", at=NOON), line("1002"), line("999"))
    assert [order.key for order in day.orders] == ["999", "1002", "1003"]


def test_an_invoice_written_across_a_minute_is_placed_at_its_first_instant(tmp_path: Path) -> None:
    later, earlier = "2010-12-01T16:58:00", "2010-12-01T16:57:00"
    order = only(day_of(tmp_path, line(at=later), line(at=earlier)))
    assert order.placed_at == datetime(2010, 12, 1, 16, 57, tzinfo=UTC)
    assert len(order.lines) == 2


def test_local_british_time_is_kept_as_utc(tmp_path: Path) -> None:
    order = only(day_of(tmp_path, line(at="2011-07-01T12:00:00")))
    assert order.placed_at == datetime(2011, 7, 1, 11, 0, tzinfo=UTC)


def test_an_order_without_a_customer_is_a_guests(tmp_path: Path) -> None:
    assert only(day_of(tmp_path, line(customer=""))).customer is None


def test_two_customers_on_one_invoice_are_an_oddity_and_the_first_counts(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(), line(customer="12583"))
    assert only(day).customer == "17850"
    assert day.oddities == (
        Oddity(3, "CustomerID", "12583", "another customer than above", kept=True),
    )


def test_case_and_blanks_do_not_make_another_article(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(code="85123A"), line(code=" 85123a "))
    assert [article.sku for article in day.articles] == ["85123A"]
    assert {item.sku for item in only(day).lines} == {"85123A"}


def test_letters_after_a_shared_number_are_variants_of_one_product(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(code="15056N"), line(code="15056BL"), line(code="71053"))
    assert [(a.product_id, a.sku, a.option) for a in day.articles] == [
        ("15056", "15056BL", "BL"),
        ("15056", "15056N", "N"),
        ("71053", "71053", ""),
    ]


def test_a_number_that_is_an_article_itself_has_no_variants(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(code="47566"), line(code="47566B"), line(code="47566C"))
    assert [(a.product_id, a.option) for a in day.articles] == [
        ("47566", ""),
        ("47566B", ""),
        ("47566C", ""),
    ]


def test_an_article_is_titled_as_most_of_its_lines_describe_it(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line(description="damaged"),
        line(description="HEART "),
        line(description=" HEART"),
        *[line(description="") for _ in range(4)],
        line(code="71053", description=""),
    )
    assert [article.title for article in day.articles] == ["71053", "HEART"]
    assert day.articles[1] == Article("85123A", "85123A", "HEART", "", None, "PC", "GENERAL")


@pytest.mark.parametrize(
    ("code", "title"), [("POST", "POSTAGE"), ("dot", "DOTCOM POSTAGE"), ("C2", "CARRIAGE")]
)
def test_postage_and_carriage_are_freight(tmp_path: Path, code: str, title: str) -> None:
    order = only(day_of(tmp_path, line(), line(code=code, quantity="3", description=title)))
    assert order.freight == (Freight(title, code.upper(), 765),)
    assert len(order.lines) == 1


def test_an_invoice_of_freight_alone_is_an_order_of_custom_lines(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(code="POST", quantity="2", price="18", description="POSTAGE"))
    assert only(day).lines == (ShopLine(None, "POSTAGE", 2, 1800),)
    assert only(day).freight == ()
    assert day.turnover_minor == 3600


def test_a_manual_row_is_a_custom_line(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(code="m", quantity="2", price="18.95", description="whatever"))
    assert only(day).lines == (ShopLine(None, "Manual", 2, 1895),)
    assert day.articles == ()


def test_what_is_no_article_keeps_its_code_and_its_value(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(code="BANK CHARGES", quantity="1", price="15"))
    assert only(day).lines == (ShopLine("BANK CHARGES", "HEART", 1, 1500),)
    assert day.articles == ()


def test_what_is_no_article_and_costs_nothing_is_no_sku_to_look_for(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(), line(code="gift_0001_20", price="0", description="voucher"))
    assert only(day).lines[1] == ShopLine(None, "voucher", 6, 0)


def test_a_discount_is_spread_over_the_lines_to_the_penny(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line(quantity="1", price="1"),
        line(quantity="1", price="1"),
        line(quantity="1", price="1"),
        line(code="D", quantity="-1", price="1", description="Discount"),
    )
    assert [item.discount_minor for item in only(day).lines] == [34, 33, 33]
    assert day.turnover_minor == 200
    assert uses(day)[-1] is Use.DISCOUNT


@given(
    prices=st.lists(st.integers(1, 10_000), min_size=1, max_size=8),
    discounts=st.lists(st.integers(1, 5_000), max_size=3),
)
def test_discounts_never_create_or_lose_a_penny(
    tmp_path: Path, prices: list[int], discounts: list[int]
) -> None:
    sold = [line(quantity="3", price=f"{p // 100}.{p % 100:02d}") for p in prices]
    off = [line(code="D", quantity="-1", price=f"{d // 100}.{d % 100:02d}") for d in discounts]
    day = day_of(tmp_path, *sold, *off)
    given_away = -sum(a.amount_minor for a in day.ledger if a.use is Use.DISCOUNT)
    assert only(day).total_minor == 3 * sum(prices) - given_away
    assert all(item.total_minor >= 0 for item in only(day).lines)
    too_much = [a for a in day.ledger if a.use is Use.SET_ASIDE]
    assert len(too_much) == len(day.oddities)
    assert all(only(day).total_minor < -a.amount_minor for a in too_much)


def test_a_discount_beyond_what_is_sold_is_set_aside(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(quantity="1"), line(code="D", quantity="-1", price="2.56"))
    assert only(day).total_minor == 255
    assert day.oddities == (
        Oddity(3, "Quantity", "-1", "a discount beyond what the invoice sells", kept=False),
    )


def test_a_free_item_is_a_line_of_its_order(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(), line(code="22841", quantity="1", price="0"))
    assert only(day).lines[1] == ShopLine("22841", "HEART", 1, 0)
    assert day.oddities == ()
    assert "22841" not in day.opening_prices


def test_a_free_item_of_nobody_is_kept_and_remarked_upon(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(price="0", customer=""))
    assert only(day).total_minor == 0
    (oddity,) = day.oddities
    assert (oddity.line, oddity.column, oddity.value, oddity.kept) == (2, "UnitPrice", "0", True)


def test_a_negative_quantity_without_a_price_corrects_stock_and_is_no_order(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(quantity="-20", price="0", customer=""))
    assert day.orders == ()
    assert day.corrections == (Correction("85123A", -20, datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),)
    (oddity,) = day.oddities
    assert (oddity.line, oddity.value, oddity.kept) == (2, "-20", True)
    assert uses(day) == [Use.CORRECTION]


def test_a_correction_among_sold_lines_leaves_the_order_alone(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(), line(code="71053", quantity="-1", price="0"))
    assert [item.sku for item in only(day).lines] == ["85123A"]
    assert uses(day) == [Use.LINE, Use.CORRECTION]


@pytest.mark.parametrize(
    ("code", "price"), [("85123A", "2.55"), ("M", "1"), ("POST", "18"), ("M", "0"), ("D", "0")]
)
def test_other_negative_quantities_on_an_ordinary_invoice_are_set_aside(
    tmp_path: Path, code: str, price: str
) -> None:
    day = day_of(tmp_path, line(), line(code=code, quantity="-1", price=price))
    assert only(day).total_minor == day.turnover_minor == 6 * 255
    assert uses(day) == [Use.LINE, Use.SET_ASIDE]
    assert [(oddity.line, oddity.kept) for oddity in day.oddities] == [(3, False)]
