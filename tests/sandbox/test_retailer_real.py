"""A real retailer's five days, ten thousand lines: read whole, and to the penny.

The export is not part of the repository: the directory is SHELFWIRE_DATA, or `shared/data` beside
the repository, and the file D. Chen's "Online Retail" (UCI, doi 10.24432/C5BW33), its first days.
"""

import csv
import os
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from sandbox.retailer.day import Day, OrderKind, RefundPart, ShopLine, ShopOrder, Use
from sandbox.retailer.export import read

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
_EXPORT = Path(os.environ.get("SHELFWIRE_DATA", _BESIDE)) / "online-retail" / "2010-12-01_05.csv"

pytestmark = pytest.mark.skipif(
    not _EXPORT.exists(), reason="the order export is absent: SHELFWIRE_DATA names its directory"
)


@cache
def real() -> Day:
    return read(_EXPORT)


@cache
def raw() -> list[dict[str, str]]:
    with _EXPORT.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def pence(row: dict[str, str]) -> int:
    return int(row["Quantity"]) * int(Decimal(row["UnitPrice"]) * 100)


def sales() -> list[ShopOrder]:
    return [order for order in real().orders if order.kind is OrderKind.SALE]


def history() -> dict[str, ShopOrder]:
    return {order.key: order for order in real().orders if order.kind is OrderKind.HISTORY}


def test_every_line_of_the_export_is_accounted_for_exactly_once() -> None:
    assert [accounted.line for accounted in real().ledger] == list(range(2, 10_002))
    assert Counter(accounted.use for accounted in real().ledger) == {
        Use.LINE: 9845,
        Use.FREIGHT: 25,
        Use.REFUND: 100,
        Use.CORRECTION: 30,
    }


def test_every_line_counts_what_the_export_says_it_is_worth() -> None:
    assert [a.amount_minor for a in real().ledger] == [pence(row) for row in raw()]


def test_orders_less_refunds_are_the_turnover_of_the_export_to_the_penny() -> None:
    assert real().turnover_minor == sum(map(pence, raw())) == 18_066_775


def test_each_invoice_is_one_order_of_the_same_lines_and_value() -> None:
    expected: Counter[str] = Counter()
    for row in raw():
        if not row["InvoiceNo"].startswith("C") and int(row["Quantity"]) > 0:
            expected[row["InvoiceNo"]] += pence(row)
    assert {order.key: order.total_minor for order in sales()} == dict(expected)
    assert len(sales()) == len(expected) == 439
    assert sum(len(order.lines) for order in sales()) == 9845


def test_orders_follow_each_other_in_time() -> None:
    instants = [order.placed_at for order in sales()]
    assert instants == sorted(instants)
    assert all(order.placed_at < instants[0] for order in history().values())


def test_guests_custom_lines_and_freight_are_what_they_were() -> None:
    assert sum(order.customer is None for order in sales()) == 38
    custom = [line for order in sales() for line in order.lines if line.sku is None]
    assert len(custom) == 10
    assert {line.title for line in custom} == {"Manual"}
    assert sum(len(order.freight) for order in sales()) == 25
    assert sum(freight.price_minor for order in sales() for freight in order.freight) == 385_174


def test_the_biggest_order_has_hundreds_of_lines() -> None:
    biggest = max(sales(), key=lambda order: len(order.lines))
    assert (biggest.key, len(biggest.lines), len(biggest.freight)) == ("536876", 592, 1)


def test_bank_charges_are_the_only_code_no_article_answers_to() -> None:
    known = {article.sku for article in real().articles}
    strange = [
        (order.key, line)
        for order in sales()
        for line in order.lines
        if line.sku is not None and line.sku not in known
    ]
    assert strange == [("536779", ShopLine("BANK CHARGES", "Bank Charges", 1, 1500))]


def test_cancellations_are_refunded_for_what_they_say() -> None:
    expected: Counter[str] = Counter()
    for row in raw():
        if row["InvoiceNo"].startswith("C"):
            expected[row["InvoiceNo"]] -= pence(row)
    found: Counter[str] = Counter()
    for refund in real().refunds:
        found[refund.key.split("-")[0]] += refund.total_minor
    assert found == expected
    assert sum(found.values()) == 358_058


def test_nine_refunds_find_their_order_and_the_others_are_of_earlier_sales() -> None:
    assert len(real().refunds) == 45
    assert len(history()) == 36
    assert sum(len(order.lines) for order in history().values()) == 90
    for refund in real().refunds:
        if refund.order_key in history():
            assert refund.total_minor == history()[refund.order_key].total_minor


def test_no_refund_takes_back_more_than_its_line_sold() -> None:
    placed = {order.key: order for order in real().orders}
    back: Counter[tuple[str, int]] = Counter()
    for refund in real().refunds:
        order = placed[refund.order_key]
        assert order.customer is not None
        for line in refund.lines:
            if line.part is RefundPart.LINE and line.index is not None:
                back[order.key, line.index] += line.quantity
                assert order.lines[line.index].sku == line.sku
    for (key, index), quantity in back.items():
        assert quantity <= placed[key].lines[index].quantity


def test_discounts_on_cancellations_are_refunds_of_money_alone() -> None:
    amounts = [
        (refund.key, line.amount_minor)
        for refund in real().refunds
        for line in refund.lines
        if line.part is RefundPart.AMOUNT
    ]
    assert amounts == [("C536379", 2750), ("C537164", 2929)]


def test_stock_booked_away_is_thirty_corrections() -> None:
    assert len(real().corrections) == 30
    assert sum(correction.quantity for correction in real().corrections) == -1398


def test_every_oddity_is_a_line_that_was_kept() -> None:
    assert all(oddity.kept for oddity in real().oddities)
    assert Counter(oddity.column for oddity in real().oddities) == {
        "Quantity": 30,
        "UnitPrice": 15,
    }


def test_codes_that_differ_in_case_alone_are_one_article() -> None:
    assert len(real().articles) == 1982
    assert len({article.product_id for article in real().articles}) == 1817
    assert all(article.sku == article.sku.upper().strip() for article in real().articles)


def test_no_product_has_the_number_of_an_article_that_is_not_its_own() -> None:
    product_of = {article.sku: article.product_id for article in real().articles}
    for article in real().articles:
        assert product_of.get(article.product_id, article.product_id) == article.product_id
        assert article.option or article.product_id == article.sku


def test_all_but_fifteen_articles_have_a_price_when_the_day_opens() -> None:
    unpriced = {a.sku for a in real().articles} - set(real().opening_prices)
    charged = {line.sku for o in real().orders for line in o.lines if line.unit_price_minor}
    assert len(unpriced) == 15
    assert not unpriced & charged


def test_at_most_a_third_of_the_moving_prices_move_in_the_erp() -> None:
    charged: dict[str, set[int]] = {}
    for order in sales():
        for line in order.lines:
            if line.sku and line.unit_price_minor:
                charged.setdefault(line.sku, set()).add(line.unit_price_minor)
    moving = {sku for sku, prices in charged.items() if len(prices) > 1}
    points = real().price_points
    assert 0 < len(points) <= len(moving) // 3
    assert len({point.sku for point in points}) == len(points)
    assert [point.at for point in points] == sorted(point.at for point in points)
    for point in points:
        assert point.amount_minor in charged[point.sku]
        assert point.amount_minor != real().opening_prices[point.sku]


def test_opening_stock_serves_every_order_and_correction() -> None:
    left: Counter[str | None] = Counter()
    for place in real().opening_stock:
        left[place.sku] += place.quantity if place.location == "london" else 0
    for correction in real().corrections:
        left[correction.sku] += correction.quantity
    for order in sales():
        for line in order.lines:
            if line.sku in left:
                left[line.sku] -= line.quantity
    assert min(left.values()) == 0
    assert 40 < sum(quantity <= 2 for quantity in left.values()) < 70
