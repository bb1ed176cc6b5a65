"""What holds of every price, whatever the retailer, the conditions and the instant."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.margins import floor
from shared.domain.pricing import Priced, Unpriced, resolve
from shared.domain.rounding import lowest_from, rounded, whole
from shared.domain.taxes import taxed
from shared.model.money import Money, total
from shared.model.price import EffectiveWindow, TaxBasis
from shared.model.price_rules import Rounding, TaxRate, current
from shared.model.target import PriceValue, SegmentPrice
from tests.domain.price_evaluation import value_at
from tests.domain.price_worlds import (
    HOURS,
    PriceWorld,
    hours,
    instants,
    price_worlds,
    roundings,
)

TICK = timedelta(microseconds=1)
PERCENTS = st.decimals(0, 100, places=2)
NEAREST = st.sampled_from(["half_up", "half_even"])
AMOUNTS = st.integers(0, 10**9).map(lambda minor: Money(amount=minor, currency="GBP"))


def answer(world: PriceWorld, at: datetime) -> Priced | Unpriced:
    return resolve(
        world.conditions,
        variant=world.variant,
        channel=world.channel,
        retailer=world.retailer,
        now=at,
    )


def shown(world: PriceWorld, at: datetime) -> PriceValue | None:
    found = answer(world, at)
    return found.value if isinstance(found, Priced) else None


@given(world=price_worlds(), at=instants())
def test_the_price_is_what_the_plain_evaluation_says(world: PriceWorld, at: datetime) -> None:
    assert shown(world, at) == value_at(world, at)


@given(world=price_worlds(), at=instants())
def test_nothing_differs_before_the_instant_announced(world: PriceWorld, at: datetime) -> None:
    now = answer(world, at)
    until = now.next_change or hours(HOURS[-1] + 24)
    assert until > at
    for between in (*(hours(h) for h in HOURS if at < hours(h) < until), until - TICK):
        then = answer(world, between)
        assert type(then) is type(now)
        assert then.next_change is None or then.next_change >= until
        assert value_at(world, between) == value_at(world, at)
        if isinstance(then, Priced) and isinstance(now, Priced):
            assert (then.chain, then.promotional, then.cost) == (
                now.chain,
                now.promotional,
                now.cost,
            )


@given(world=price_worlds(ids=""), at=instants(), seed=st.randoms(use_true_random=False))
def test_the_order_in_which_conditions_are_known_does_not_matter(
    world: PriceWorld, at: datetime, seed: Random
) -> None:
    shuffled = list(world.conditions)
    seed.shuffle(shuffled)
    other = PriceWorld(world.retailer, world.variant, tuple(shuffled))
    assert answer(other, at) == answer(world, at)


@given(world=price_worlds(), at=instants())
def test_what_is_shown_is_positive_and_struck_prices_are_higher(
    world: PriceWorld, at: datetime
) -> None:
    value = shown(world, at)
    found: list[PriceValue | SegmentPrice] = []
    if value:
        found = [value, *value.segments.values()]
    for each in found:
        assert each.price.amount > 0
        assert each.compare_at is None or each.compare_at.amount > each.price.amount
        starts = [1, *(scale.quantity for scale in each.scales)]
        assert all(a < b for a, b in pairwise(starts))


@given(world=price_worlds(), at=instants())
def test_no_price_is_below_the_margin_that_is_asked_for(world: PriceWorld, at: datetime) -> None:
    found, margin = answer(world, at), world.channel.min_margin
    if isinstance(found, Priced) and found.cost and margin:
        least = floor(found.cost, margin.percent)
        prices = [found.value.price, *(scale.price for scale in found.value.scales)]
        assert min(price.amount for price in prices) >= least.amount


@given(cuts=st.lists(st.integers(0, 1000), min_size=2, unique=True), at=st.integers(-10, 1010))
def test_adjoining_windows_tile_time(cuts: list[int], at: int) -> None:
    edges = [hours(cut) for cut in sorted(cuts)]
    windows = [EffectiveWindow(start=a, end=b) for a, b in pairwise(edges)]
    windows.append(EffectiveWindow(start=edges[-1]))
    assert sum(window.holds(hours(at)) for window in windows) == (hours(at) >= edges[0])


@given(starts=st.lists(st.integers(0, 100), min_size=1, unique=True), at=st.integers(-10, 110))
def test_of_dated_rates_the_one_that_began_last_holds(starts: list[int], at: int) -> None:
    rates = [TaxRate(region="GB", percent=Decimal(s), valid_from=hours(s)) for s in starts]
    begun = [s for s in starts if s <= at]
    found = current(rates, hours(at))
    assert (found.percent if found else None) == (max(begun) if begun else None)


# taxes


@given(amount=AMOUNTS, basis=st.sampled_from(TaxBasis), percent=PERCENTS, mode=NEAREST)
def test_net_and_tax_sum_to_gross(
    amount: Money, basis: TaxBasis, percent: Decimal, mode: str
) -> None:
    parts = taxed(amount, basis, percent, mode)
    assert parts.net + parts.tax == parts.gross
    assert amount == (parts.gross if basis is TaxBasis.GROSS else parts.net)


@given(amount=AMOUNTS, percent=PERCENTS, mode=NEAREST)
def test_net_comes_back_from_gross_to_the_cent(amount: Money, percent: Decimal, mode: str) -> None:
    gross = taxed(amount, TaxBasis.NET, percent, mode).gross
    assert taxed(gross, TaxBasis.GROSS, percent, mode).net == amount


@given(amount=AMOUNTS, percent=PERCENTS, mode=NEAREST)
def test_gross_comes_back_from_net_within_a_cent(
    amount: Money, percent: Decimal, mode: str
) -> None:
    """To the cent it cannot: at 19 % a net of 3 is a gross of 4, and no net is one of 3."""
    net = taxed(amount, TaxBasis.GROSS, percent, mode).net
    back = taxed(net, TaxBasis.NET, percent, mode).gross
    assert abs(back.amount - amount.amount) <= 1


@given(lines=st.lists(AMOUNTS, max_size=9), percent=PERCENTS, mode=NEAREST)
def test_the_parts_of_lines_sum_to_the_lines(
    lines: list[Money], percent: Decimal, mode: str
) -> None:
    parts = [taxed(line, TaxBasis.GROSS, percent, mode) for line in lines]
    net, tax = total("GBP", (p.net for p in parts)), total("GBP", (p.tax for p in parts))
    assert net + tax == total("GBP", lines)


# rounding


@given(
    amount=st.fractions(min_value=-(10**9), max_value=10**9),
    mode=st.sampled_from(["half_up", "half_even", "up", "down"]),
)
def test_a_rounded_amount_is_less_than_one_minor_unit_away(amount: Fraction, mode: str) -> None:
    found = whole(amount, mode)
    assert abs(found - amount) < 1
    assert whole(-amount, mode) == -found
    if mode.startswith("half"):
        assert abs(found - amount) <= Fraction(1, 2)


@given(minor=st.integers(1, 10**6), fields=roundings())
def test_an_ending_once_found_stays(minor: int, fields: dict[str, object]) -> None:
    rule = Rounding.model_validate(fields)
    once = rounded(minor, "GBP", rule)
    assert rounded(once.amount, "GBP", rule) == once
    least = Money(amount=minor, currency="GBP")
    assert lowest_from(least, rule).amount >= minor


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 1999), ("EUR", 1999), ("KWD", 1999)])
def test_minor_units_are_those_of_the_currency(currency: str, amount: int) -> None:
    assert (
        rounded(amount, currency).text()
        == {"JPY": "1999", "EUR": "19.99", "KWD": "1.999"}[currency]
    )
