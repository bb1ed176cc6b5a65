"""Cancellations: which order each one refunds."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.retailer.day import Freight, OrderKind, RefundLine, RefundPart, ShopLine
from tests.sandbox.retailer_export import MORNING, NEXT_DAY, NOON, day_of, line, only


def test_a_cancellation_refunds_the_customers_earlier_order(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line(code="71053"),
        line(),
        line("C1002", quantity="-2", at=NOON),
        line("C1003", quantity="-4", at=NEXT_DAY),
    )
    assert [order.kind for order in day.orders] == [OrderKind.SALE]
    first, second = day.refunds
    assert (first.key, first.order_key, first.total_minor) == ("C1002", "1001", 510)
    assert first.at == datetime(2010, 12, 1, 12, 0, tzinfo=UTC)
    assert first.lines == (RefundLine(RefundPart.LINE, 1, "85123A", 2, 510),)
    assert second.lines == (RefundLine(RefundPart.LINE, 1, "85123A", 4, 1020),)
    assert day.turnover_minor == 6 * 255


def test_what_has_come_back_cannot_come_back_again(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line(),
        line("C1002", quantity="-5", at=NOON),
        line("C1003", quantity="-2", at=NOON),
    )
    assert [refund.order_key for refund in day.refunds] == ["1001", "C1003-H"]


def test_the_latest_order_is_refunded_first(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line("1001"),
        line("1002", at=NOON),
        line("C1003", quantity="-6", at=NEXT_DAY),
        line("C1004", quantity="-6", at=NEXT_DAY),
    )
    assert [refund.order_key for refund in day.refunds] == ["1002", "1001"]


def test_one_article_on_two_lines_comes_back_from_both(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(quantity="3"), line(), line("C1002", quantity="-7", at=NOON))
    (refund,) = day.refunds
    assert refund.lines == (
        RefundLine(RefundPart.LINE, 0, "85123A", 3, 765),
        RefundLine(RefundPart.LINE, 1, "85123A", 4, 1020),
    )


def test_a_cancellation_of_several_orders_is_several_refunds(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line("1001"),
        line("1002", code="71053"),
        line("C1003", quantity="-1", at=NOON),
        line("C1003", code="71053", quantity="-1", at=NOON),
        line("C1003", code="22841", quantity="-1", at=NOON),
    )
    assert [(refund.key, refund.order_key) for refund in day.refunds] == [
        ("C1003-1", "1001"),
        ("C1003-2", "1002"),
        ("C1003-3", "C1003-H"),
    ]


@pytest.mark.parametrize(
    "back",
    [
        line("C1002", quantity="-7", at=NOON),
        line("C1002", quantity="-1", at=NOON, customer="12583"),
        line("C1002", quantity="-1", at=NOON, customer=""),
        line("C1002", quantity="-1", at=MORNING),
        line("C1002", quantity="-6", at=NOON, price="2.56"),
    ],
    ids=["too many", "another customer", "a guest", "not earlier", "more than was paid"],
)
def test_what_no_earlier_order_can_give_back_was_sold_before_the_export(
    tmp_path: Path, back: str
) -> None:
    day = day_of(tmp_path, line(), back)
    earlier, _ = day.orders
    (refund,) = day.refunds
    assert earlier.kind is OrderKind.HISTORY
    assert earlier.placed_at == datetime(2010, 11, 24, 8, 26, tzinfo=UTC)
    assert refund.order_key == earlier.key == "C1002-H"
    assert refund.total_minor == earlier.total_minor
    assert day.turnover_minor == 6 * 255 - refund.total_minor


def test_a_guests_return_finds_no_guests_order(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(customer=""), line("C1002", quantity="-1", at=NOON, customer=""))
    assert day.refunds[0].order_key == "C1002-H"
    assert day.orders[0].customer is None


def test_a_line_sold_at_a_discount_gives_back_no_more_than_was_paid(tmp_path: Path) -> None:
    sold = (line(quantity="2", price="5"), line(code="D", quantity="-1", price="4"))
    whole = day_of(tmp_path, *sold, line("C1002", quantity="-2", price="5", at=NOON))
    assert whole.refunds[0].order_key == "C1002-H"
    one = day_of(tmp_path, *sold, line("C1002", quantity="-1", price="5", at=NOON))
    assert one.refunds[0].order_key == "1001"


def test_history_carries_manual_lines_freight_and_discounts_of_a_cancellation(
    tmp_path: Path,
) -> None:
    day = day_of(
        tmp_path,
        line("C1002", code="M", quantity="-2", price="1.25"),
        line("C1002", code="POST", quantity="-1", price="18", description="POSTAGE"),
        line("C1002", code="D", quantity="-1", price="27.50", description="Discount"),
        line("C1002", code="BANK CHARGES", quantity="-1", price="15"),
    )
    order = only(day)
    assert order.lines == (
        ShopLine(None, "Manual", 2, 125),
        ShopLine(None, "Earlier sale", 1, 2750),
        ShopLine("BANK CHARGES", "HEART", 1, 1500),
    )
    assert order.freight == (Freight("POSTAGE", "POST", 1800),)
    (refund,) = day.refunds
    assert refund.lines == (
        RefundLine(RefundPart.LINE, 0, None, 2, 250),
        RefundLine(RefundPart.FREIGHT, 0, None, 0, 1800),
        RefundLine(RefundPart.AMOUNT, None, None, 0, 2750),
        RefundLine(RefundPart.LINE, 2, "BANK CHARGES", 1, 1500),
    )
    assert day.turnover_minor == -refund.total_minor == -6300


def test_history_of_freight_alone_still_has_a_line(tmp_path: Path) -> None:
    day = day_of(tmp_path, line("C1002", code="POST", quantity="-1", price="18"))
    assert only(day).lines == (ShopLine(None, "HEART", 1, 1800),)
    assert only(day).freight == ()
    assert day.refunds[0].lines == (RefundLine(RefundPart.LINE, 0, None, 1, 1800),)


def test_a_cancellation_that_brings_nothing_back_is_set_aside(tmp_path: Path) -> None:
    day = day_of(tmp_path, line("C1002", quantity="1"))
    assert (day.orders, day.refunds) == ((), ())
    assert [(oddity.line, oddity.kept) for oddity in day.oddities] == [(2, False)]


def test_a_free_item_comes_back_for_nothing(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(price="0"), line("C1002", quantity="-6", price="0", at=NOON))
    (refund,) = day.refunds
    assert refund.lines == (RefundLine(RefundPart.LINE, 0, "85123A", 6, 0),)
    assert refund.order_key == "1001"


def test_a_line_that_has_all_come_back_is_passed_over(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line(quantity="2"),
        line(quantity="3"),
        line("C1002", quantity="-2", at=NOON),
        line("C1003", quantity="-3", at=NEXT_DAY),
    )
    assert [refund.lines[0].index for refund in day.refunds] == [0, 1]
    assert [len(refund.lines) for refund in day.refunds] == [1, 1]
