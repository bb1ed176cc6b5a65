"""What the demonstration plays and how it compares."""

import pytest

from sandbox.play.comparing import sellable
from sandbox.play.trading import history, in_time_order
from sandbox.retailer.day import OrderKind, ShopOrder
from sandbox.retailer.generated import generate


@pytest.mark.parametrize(("available", "units"), [(3, 3), (0, 0), (-57, 0)])
def test_a_level_sold_below_nothing_sells_nothing(available: int, units: int) -> None:
    assert sellable({"available": available, "committed": 1, "on_hand": 0}) == units


def test_a_location_the_shop_does_not_stock_sells_nothing() -> None:
    assert sellable({}) == 0


def test_what_was_sold_before_is_no_part_of_the_day() -> None:
    day = generate()
    before = list(history(day))
    played = [e for e in in_time_order(day) if isinstance(e, ShopOrder)]
    assert all(o.kind is OrderKind.HISTORY for o in before)
    assert all(o.kind is OrderKind.SALE for o in played)
    assert len(before) + len(played) == len(day.orders)
