from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import available
from shared.model.facts import Hold, HoldCard
from shared.model.product import Lifecycle, Variant
from shared.model.stock import StockPosition
from tests.domain.world import CHANNEL, NOW

VARIANT = Variant(sku="HAT-M", base_unit="PC")
UNITS = st.integers(-50, 1000)


def position(on_hand: int, **over: int) -> StockPosition:
    rest = {name: Decimal(units) for name, units in over.items()}
    return StockPosition(location="london", unit="PC", on_hand=Decimal(on_hand), **rest)


def held(units: int, location: str = "london") -> HoldCard:
    hold = Hold(order_id="shop:1", line_id="1", location=location, quantity=units, since=NOW)
    return HoldCard(sku="HAT-M", holds={"shop:1/1": hold})


def london(positions: list[StockPosition], holds: HoldCard | None = None) -> int:
    found = available(positions, holds, variant=VARIANT, channel=CHANNEL)
    return found.value.levels["london"]


def test_everything_that_cannot_be_sold_is_taken_off_on_hand() -> None:
    found = position(20, reserved=3, quality_inspection=1, quarantine=2, damaged=3, blocked=1)
    assert london([found], held(4)) == 6


def test_what_is_in_transit_is_not_sold_and_not_taken_off() -> None:
    assert london([position(5, in_transit=9)]) == 5


def test_safety_stock_is_kept_back_at_every_location() -> None:
    channel = CHANNEL.model_copy(update={"safety_stock": 5})
    found = available([position(7)], None, variant=VARIANT, channel=channel)
    assert found.value.levels == {"london": 2, "leeds": 0}


def test_a_hold_counts_only_where_it_is() -> None:
    assert london([position(7)], held(3, "leeds")) == 7


def test_a_location_without_a_position_sells_nothing() -> None:
    assert london([]) == 0


def test_negative_stock_is_shown_as_none() -> None:
    assert london([position(-4)]) == 0


def test_a_discontinued_article_is_not_sold() -> None:
    gone = VARIANT.model_copy(update={"lifecycle": Lifecycle.DISCONTINUED})
    assert not any(
        available([position(9)], None, variant=gone, channel=CHANNEL).value.levels.values()
    )


def test_a_position_in_another_unit_is_not_guessed_at() -> None:
    crates = position(9).model_copy(update={"unit": "CR"})
    found = available([crates], None, variant=VARIANT, channel=CHANNEL)
    assert found.value.levels["london"] == 0
    assert "position in CR" in found.chain[0].detail


def test_the_chain_shows_the_sum() -> None:
    found = available([position(9, reserved=2)], held(3), variant=VARIANT, channel=CHANNEL)
    assert found.chain[0].detail == (
        "on hand 9 - reserved 2 - quality inspection 0 - quarantine 0 - damaged 0 - blocked 0 "
        "- holds 3 - safety stock 0 = 4"
    )


@given(on_hand=UNITS, reserved=st.integers(0, 99), quarantine=st.integers(0, 99),
       units=st.integers(1, 99))  # fmt: skip
def test_never_more_than_is_physically_free(
    on_hand: int, reserved: int, quarantine: int, units: int
) -> None:
    sellable = london([position(on_hand, reserved=reserved, quarantine=quarantine)], held(units))
    assert 0 <= sellable <= max(0, on_hand - reserved - quarantine - units)


@pytest.mark.parametrize("fraction", ["0.5", "2.999"])
def test_parts_of_a_unit_are_not_sold(fraction: str) -> None:
    part = position(0).model_copy(update={"on_hand": Decimal(fraction)})
    assert london([part]) == int(Decimal(fraction))
