"""A row of a feed is held against the price that holds without it, for whoever buys how many."""

from decimal import Decimal

import pytest

from shared.domain.feeds import PERCENT_MAX, Surveyor
from shared.model.feeds import Survey
from shared.model.price import PriceCondition, Scale
from tests.factories import make_condition, make_money


def price(amount: int, *, per: int = 1, **scales: int) -> PriceCondition:
    """So much for `per` units, and otherwise from so many on: `from_10=1500`."""
    steps = tuple(
        Scale(quantity=Decimal(name.removeprefix("from_")), unit="PC", amount=make_money(minor))
        for name, minor in scales.items()
    )
    return make_condition(amount=make_money(amount), per=Decimal(per), scales=steps)


@pytest.mark.parametrize(
    ("known", "told", "changes"),
    [
        (price(2000), price(2000), {}),
        (price(2000), price(1500), {25: 1}),
        (price(2000), price(20000, per=10), {}),
        (price(2000), price(90000), {PERCENT_MAX: 1}),
        (price(0), price(1), {PERCENT_MAX: 1}),
        (price(2000, from_10=1500), price(2000, from_10=1500), {}),
        (price(2000, from_10=1500), price(2000, from_10=150), {90: 1}),
        (price(2000), price(2000, from_10=200), {90: 1}),
        (price(2000, from_10=1500, from_50=1000), price(2000, from_10=1500), {50: 1}),
        (price(2000, from_10=1500), price(1800, from_10=1500), {10: 1}),
    ],
)
def test_a_row_changes_a_price_by_what_it_changes_most(
    known: PriceCondition, told: PriceCondition, changes: dict[int, int]
) -> None:
    surveyor = Surveyor.of(Survey())
    surveyor.compare(2, told, [known])
    assert (surveyor.survey.known, surveyor.survey.changes) == (1, changes)
