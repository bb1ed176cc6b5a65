"""A simulated day of promotions: every price begins and ends within five seconds."""

from decimal import Decimal

import pytest

from tests.simulation.activation import SIZES, activation_error_s, activation_errors

BOUND_S = Decimal(5)
CHANGES = 10  # of each article: five promotions begin and end


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_price_begins_or_ends_more_than_five_seconds_off(seed: int) -> None:
    assert Decimal(0) < activation_error_s(seed) <= BOUND_S


def test_every_promotion_of_the_day_is_measured_at_both_ends() -> None:
    assert len(activation_errors()) == CHANGES * len(SIZES)
