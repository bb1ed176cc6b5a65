from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from pydantic import ValidationError

from shared.model.price import EffectiveWindow
from tests.factories import NOW, make_condition, make_window
from tests.strategies import instants, windows

TICK = timedelta(microseconds=1)


@given(window=windows())
def test_a_window_holds_from_its_start_until_just_before_its_end(window: EffectiveWindow) -> None:
    assert window.holds(window.start)
    assert not window.holds(window.start - TICK)
    if window.end is not None:
        assert window.holds(window.end - TICK)
        assert not window.holds(window.end)


@given(window=windows())
def test_a_window_without_an_end_holds_for_ever(window: EffectiveWindow) -> None:
    endless = window.model_copy(update={"end": None})
    assert endless.holds(datetime(9999, 12, 31, tzinfo=UTC))


@given(window=windows(), at=instants())
def test_of_two_adjoining_windows_exactly_one_holds(window: EffectiveWindow, at: datetime) -> None:
    if window.end is None:
        window = window.model_copy(update={"end": window.start + TICK})
    following = EffectiveWindow.model_validate({"start": window.end})
    assert window.holds(at) + following.holds(at) == (at >= window.start)


@pytest.mark.parametrize("length", [timedelta(), -TICK])
def test_a_window_that_ends_before_it_starts_is_refused(length: timedelta) -> None:
    with pytest.raises(ValidationError, match="before it starts"):
        make_window(start=NOW, end=NOW + length)


def test_an_instant_is_kept_in_utc() -> None:
    summer = timezone(timedelta(hours=2))
    window = make_window(start=datetime(2026, 7, 1, 0, 0, tzinfo=summer), zone="Europe/Berlin")
    assert window.start.isoformat() == "2026-06-30T22:00:00+00:00"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        make_window(start=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("per", [Decimal(0), Decimal(-1)])
def test_a_price_is_for_some_quantity(per: Decimal) -> None:
    with pytest.raises(ValidationError):
        make_condition(per=per)


def test_a_field_we_do_not_know_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        make_condition(discount="10 %")


def test_a_condition_does_not_change() -> None:
    condition = make_condition()
    with pytest.raises(ValidationError, match="frozen"):
        condition.sku = "CAP-M"  # type: ignore[misc]
