"""Base prices, their changes and the opening stock behind what a shop sold."""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.retailer.day import PricePoint
from tests.sandbox.retailer_export import NEXT_DAY, NOON, day_of, line


def test_the_base_price_is_the_one_charged_most_on_the_first_day(tmp_path: Path) -> None:
    day = day_of(
        tmp_path,
        line("1", price="9"),
        line("2", price="2.55", at=NOON),
        line("3", price="2.55", at=NOON),
        *[line(str(10 + n), price="7", at=NEXT_DAY) for n in range(5)],
        line("20", code="71053", price="3.39", at=NEXT_DAY),
    )
    assert day.opening_prices == {"71053": 339, "85123A": 255}


def test_an_article_that_only_came_back_has_the_price_it_came_back_at(tmp_path: Path) -> None:
    day = day_of(tmp_path, line("C1", quantity="-1", price="4.25"))
    assert day.opening_prices == {"85123A": 425}


def test_a_third_of_the_prices_that_moved_move_in_the_erp(tmp_path: Path) -> None:
    steady = [line("1", code="20000"), line("2", code="20000", at=NOON)]
    moving = [
        moved
        for number, invoices in (("10001", 1), ("10002", 3), ("10003", 2))
        for moved in (
            line("1", code=number, price="5"),
            line("2", code=number, price="5", at=NOON),
            *[line(str(3 + n), code=number, price="4", at=NEXT_DAY) for n in range(invoices)],
        )
    ]
    day = day_of(tmp_path, *steady, *moving)
    instant = datetime(2010, 12, 2, 9, 0, tzinfo=UTC)
    assert day.price_points == (PricePoint("10002", instant, 400),)
    charged = {item.unit_price_minor for order in day.orders for item in order.lines}
    assert charged == {255, 400, 500}


def test_quantity_breaks_within_one_invoice_move_no_price(tmp_path: Path) -> None:
    breaks = [
        line(code=number, price=price)
        for number in ("10001", "10002", "10003")
        for price in ("5", "4")
    ]
    assert day_of(tmp_path, *breaks).price_points == ()


def test_opening_stock_serves_every_sale_and_correction_from_the_first_place(
    tmp_path: Path,
) -> None:
    day = day_of(
        tmp_path,
        line(),
        line("1002", quantity="-4", price="0", at=NOON),
        line("C1003", code="71053", quantity="-50"),
    )
    left = {(place.sku, place.location): place.quantity for place in day.opening_stock}
    assert left["85123A", "london"] >= 10
    assert {location for _, location in left} == {"london", "leeds", "glasgow"}
    assert left["71053", "london"] < 50
