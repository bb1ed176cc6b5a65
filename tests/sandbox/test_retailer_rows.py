"""Lines and files that cannot be right: what is set aside, and why."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.failures import CannotRunError
from sandbox.retailer.day import Oddity, Use
from sandbox.retailer.export import read
from tests.sandbox.retailer_export import HEADER, MORNING, day_of, line, only


@pytest.mark.parametrize(
    ("bad", "column", "value"),
    [
        (line("A1001"), "InvoiceNo", "A1001"),
        (line(""), "InvoiceNo", ""),
        (line(code=" "), "StockCode", ""),
        (line(quantity="six"), "Quantity", "six"),
        (line(quantity="1.5"), "Quantity", "1.5"),
        (line(quantity="0"), "Quantity", "0"),
        (line(quantity="9" * 5000), "Quantity", "9" * 5000),
        (line(quantity="\N{ARABIC-INDIC DIGIT SIX}"), "Quantity", "\N{ARABIC-INDIC DIGIT SIX}"),
        (line(price="2.555"), "UnitPrice", "2.555"),
        (line(price="-1"), "UnitPrice", "-1"),
        (line(price="NaN"), "UnitPrice", "NaN"),
        (line(price="1e3"), "UnitPrice", "1e3"),
        (line(price=""), "UnitPrice", ""),
        (line(at="01/12/2010 08:26"), "InvoiceDate", "01/12/2010 08:26"),
        (line(at="2010-13-01T08:26:00"), "InvoiceDate", "2010-13-01T08:26:00"),
        (line(at="2010-12-01"), "InvoiceDate", "2010-12-01"),
        (line(at="2010-12-01T08:26:00Z"), "InvoiceDate", "2010-12-01T08:26:00Z"),
        (line(at="0001-01-01T00:00:00"), "InvoiceDate", "0001-01-01T00:00:00"),
    ],
)
def test_a_row_that_cannot_be_right_is_set_aside_with_what_is_wrong(
    tmp_path: Path, bad: str, column: str, value: str
) -> None:
    day = day_of(tmp_path, line("1000"), bad)
    assert [order.key for order in day.orders] == ["1000"]
    (oddity,) = day.oddities
    assert (oddity.line, oddity.column, oddity.value) == (3, column, value)
    assert oddity.why
    assert not oddity.kept
    assert [(a.line, a.use, a.amount_minor) for a in day.ledger][1:] == [(3, Use.SET_ASIDE, 0)]


def test_every_mistake_of_a_row_is_told(tmp_path: Path) -> None:
    day = day_of(tmp_path, line("?", quantity="?", price="?"))
    assert [oddity.column for oddity in day.oddities] == ["InvoiceNo", "Quantity", "UnitPrice"]
    assert len(day.ledger) == 1


@pytest.mark.parametrize("bad", ["1001,85123A", line() + ",more", '"1001', 'a"b"c,"'])
def test_a_row_of_another_shape_costs_that_row_only(tmp_path: Path, bad: str) -> None:
    day = day_of(tmp_path, bad, line())
    assert len(only(day).lines) == 1
    assert [(oddity.line, oddity.kept) for oddity in day.oddities] == [(2, False)]


def test_quoted_cells_may_hold_commas_and_quotes(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(description='"POPPY, ""RED"""'))
    assert only(day).lines[0].title == 'POPPY, "RED"'


def test_blank_lines_say_nothing(tmp_path: Path) -> None:
    day = day_of(tmp_path, "", line(), "")
    assert [accounted.line for accounted in day.ledger] == [3]


def test_an_unknown_country_is_remarked_upon(tmp_path: Path) -> None:
    day = day_of(tmp_path, line(country="Channel Islands"))
    assert only(day).country == ""
    assert day.oddities == (Oddity(2, "Country", "Channel Islands", "no known country", kept=True),)


def test_bytes_that_are_not_utf_8_are_remarked_upon(tmp_path: Path) -> None:
    text = "\n".join((HEADER, line(description="10 \N{POUND SIGN} OFF")))
    export = tmp_path / "export.csv"
    export.write_bytes(text.encode("latin-1"))
    day = read(export)
    assert [(oddity.column, oddity.kept) for oddity in day.oddities] == [("Description", True)]
    assert len(day.orders) == 1


def test_a_byte_order_mark_and_further_columns_do_no_harm(tmp_path: Path) -> None:
    text = "\n".join((f"Row,{HEADER}", f"1,{line()}"))
    export = tmp_path / "export.csv"
    export.write_text(text, encoding="utf-8-sig")
    assert len(only(read(export)).lines) == 1


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (HEADER.replace(",UnitPrice", ",Price"), "no column UnitPrice"),
        (HEADER.replace("InvoiceNo,", "").replace(",Country", ""), "no column InvoiceNo, Country"),
        (HEADER.replace(",", ";"), "no column InvoiceNo"),
        (f"{HEADER},Country", "Country twice"),
        ("", "no column InvoiceNo"),
    ],
)
def test_a_header_without_a_column_names_it(tmp_path: Path, header: str, problem: str) -> None:
    export = tmp_path / "export.csv"
    export.write_text(header, encoding="utf-8")
    with pytest.raises(CannotRunError, match=problem) as refused:
        read(export)
    assert HEADER in refused.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match=r"nowhere\.csv cannot be read: No such file"):
        read(tmp_path / "nowhere.csv")


def test_an_export_of_no_lines_is_a_day_without_anything(tmp_path: Path) -> None:
    day = day_of(tmp_path)
    assert (day.orders, day.articles, day.ledger, day.turnover_minor) == ((), (), (), 0)


CELL = st.one_of(
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["85123A", "M", "D", "POST", "-1", "1", "0", "2.55", "C12", "12", MORNING]),
)


@given(rows=st.lists(st.lists(CELL, min_size=8, max_size=8).map(",".join), max_size=6))
def test_whatever_the_rows_say_each_is_accounted_for_once(tmp_path: Path, rows: list[str]) -> None:
    day = day_of(tmp_path, *rows)
    assert [accounted.line for accounted in day.ledger] == list(range(2, 2 + len(rows)))
    kept = sum(a.amount_minor for a in day.ledger if a.use is not Use.SET_ASIDE)
    assert day.turnover_minor == kept
