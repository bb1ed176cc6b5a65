"""A row states a price in full, or is refused by the field that does not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.columns import Row
from shared.domain.price_rows import RowReader
from shared.errors import RejectedError
from shared.model.price import PriceCondition
from shared.model.price_columns import COLUMNS, REQUIRED
from tests.factories import make_price_row, make_retailer

READER = RowReader(make_retailer(), "erp")
ROW = make_price_row()


def read(**over: object) -> PriceCondition:
    return READER.condition(ROW | over)


def refused(**over: object) -> RejectedError:
    with pytest.raises(RejectedError) as raised:
        read(**over)
    assert raised.value.remedy
    return raised.value


def field_refused(row: Row) -> str | None:
    try:
        READER.condition(row)
    except RejectedError as error:
        return error.field
    return None


def test_a_full_row_is_a_condition_to_the_minor_unit_and_the_instant() -> None:
    condition = read(per="10", valid_to="2026-11-30T00:00:00Z", condition_id="A-1")
    assert str(condition.amount) == "19.99 GBP"
    assert condition.per == Decimal(10)
    assert condition.window.start == datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert condition.window.end == datetime(2026, 11, 30, tzinfo=UTC)
    assert condition.condition_id == "A-1"


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_what_a_price_cannot_do_without_is_asked_for(field: str, nothing: object) -> None:
    error = refused(**{field: nothing})
    assert (error.field, str(error)) == (field, f"{field} is missing")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", "HAT#M"),
        ("sku", "x" * 65),
        ("price_list", "wholesale"),
        ("kind", "Base"),
        ("amount", "19,99"),
        ("amount", "1,999.00"),
        ("amount", "19.999"),
        ("amount", "0"),
        ("amount", "-1"),
        ("amount", "1e3"),
        ("amount", "NaN"),
        ("amount", "9" * 400),
        ("amount", "19.99 GBP"),
        ("amount", True),
        ("amount", ["19.99"]),
        ("currency", "EUR"),
        ("currency", "gbp"),
        ("tax_basis", "net"),
        ("unit", "PIECES-OF-IT"),
        ("per", "0"),
        ("valid_from", "27.11.2026"),
        ("valid_from", "2026-11-27"),
        ("valid_from", "2026-11-27T09:00:00"),
        ("valid_from", "0001-01-01T00:00:00+14:00"),
        ("valid_to", "2026-11-27T08:00:00Z"),
        ("zone", "Europe/Nowhere"),
        ("zone", "../etc/passwd"),
        ("condition_id", "x" * 97),
        ("condition_id", "a\x00b"),
        ("valid_til", "2026-11-30"),
        ("scales", "50=15.00 10=17.50"),
        ("scales", "10=17.50 10=15.00"),
        ("scales", " ".join(f"{units}=1.00" for units in range(2, 53))),
    ],
)
def test_a_field_nobody_can_be_sure_of_is_refused_by_name_and_value(
    field: str, value: object
) -> None:
    error = refused(**{field: value})
    assert (error.field, error.value) == (field, str(value)[:100])


def test_a_decimal_comma_is_read_where_it_is_declared_and_a_point_is_not() -> None:
    reader = RowReader(make_retailer(), "erp", comma=True)
    assert str(reader.condition(ROW | {"amount": "19,99"}).amount) == "19.99 GBP"
    for doubtful in ("19.99", "1.999,00"):
        with pytest.raises(RejectedError, match="has a point"):
            reader.condition(ROW | {"amount": doubtful})


def test_prices_by_quantity_are_for_as_many_units_as_the_amount() -> None:
    condition = read(per="10", scales=" 10=17.50  50=15.00 ")
    assert [(s.quantity, s.unit, str(s.amount)) for s in condition.scales] == [
        (Decimal(10), "PC", "17.50 GBP"),
        (Decimal(50), "PC", "15.00 GBP"),
    ]
    comma = RowReader(make_retailer(), "erp", comma=True)
    (scale,) = comma.condition(ROW | {"amount": "19,99", "scales": "2,5=17,50"}).scales
    assert (scale.quantity, scale.amount.amount) == (Decimal("2.5"), 1750)


@pytest.mark.parametrize(
    ("scales", "value"),
    [
        ("10=17.50 15.00", "15.00"),
        ("10=17.50 ten=15.00", "ten"),
        ("0=17.50", "0"),
        ("10=", ""),
        ("10=0", "0"),
        ("10=17.505", "17.505"),
        ("10=17.50;50=15.00", "17.50;50=15.00"),
    ],
)
def test_what_is_wrong_with_a_price_by_quantity_is_told_of_that_one(
    scales: str, value: str
) -> None:
    error = refused(scales=scales)
    assert (error.field, error.value) == ("scales", value)


def test_a_day_is_a_whole_day_of_its_zone_and_the_last_one_counts() -> None:
    window = read(valid_from="2026-03-29", valid_to="2026-03-29", zone="Europe/London").window
    assert window.start == datetime(2026, 3, 29, tzinfo=UTC)
    assert window.end is not None
    assert window.end - window.start == timedelta(hours=23)
    assert window.zone == "Europe/London"


def test_a_day_that_begins_later_than_midnight_begins_with_its_first_instant() -> None:
    window = read(valid_from="2026-04-24", zone="Africa/Cairo").window
    assert window.start == datetime(2026, 4, 23, 22, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2026-03-29T01:30", "2026-10-25T01:30"])
def test_a_local_time_that_is_skipped_or_repeated_needs_its_offset(at: str) -> None:
    assert "write its offset" in str(refused(valid_from=at, zone="Europe/London"))
    assert read(valid_from=f"{at}+01:00", zone="Europe/London").window.zone == "Europe/London"


def test_the_end_of_time_is_no_end() -> None:
    assert read(valid_to="9999-12-31").window.end is None


def test_the_same_row_told_again_means_the_same_condition_whatever_it_costs() -> None:
    assert read().condition_id == read(amount="17.99").condition_id
    assert read().condition_id != read(valid_from="2026-12-01T00:00:00Z").condition_id
    assert read().condition_id != read(kind="promotional").condition_id


@given(row=st.dictionaries(st.sampled_from([*COLUMNS, "other"]), st.none() | st.text(max_size=12)))
def test_no_row_does_anything_but_state_a_price_or_say_what_is_wrong(
    row: dict[str, object],
) -> None:
    assert field_refused(ROW | row) in {None, *COLUMNS, "other"}
