from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.model.money import Money, exponent, split, total
from tests.factories import make_money
from tests.strategies import AMOUNT_MAX, CURRENCIES, moneys

WEIGHTS = st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any)
AMOUNTS = st.integers(-AMOUNT_MAX, AMOUNT_MAX)


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_splitting_never_creates_or_loses_a_cent(amount: int, weights: list[int]) -> None:
    assert sum(split(amount, weights)) == amount


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_no_part_is_a_whole_cent_away_from_its_share(amount: int, weights: list[int]) -> None:
    for part, weight in zip(split(amount, weights), weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_what_weighs_nothing_gets_nothing(amount: int, weights: list[int]) -> None:
    parts = split(amount, [*weights, 0])
    assert parts[-1] == 0
    assert parts[:-1] == split(amount, weights)


def test_a_remainder_goes_to_the_largest_fraction_and_then_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [1, 2, 3]) == [2, 3, 5]
    assert split(-1, [1, 1]) == [0, -1]


@given(money=moneys())
def test_money_survives_being_written_for_a_vendor(money: Money) -> None:
    assert Money.parse(money.text(), money.currency) == money


@given(money=moneys())
def test_money_survives_being_a_decimal(money: Money) -> None:
    assert Money.parse(money.decimal(), money.currency) == money
    assert Money.rounded(money.decimal(), money.currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("19.99", "EUR", 1999),
        ("19.9", "EUR", 1990),
        ("19", "EUR", 1900),
        ("19.990", "EUR", 1999),
        ("-0.01", "EUR", -1),
        ("1.2E+2", "EUR", 12000),
        ("1999", "JPY", 1999),
        ("1999.0", "JPY", 1999),
        ("1.234", "KWD", 1234),
    ],
)
def test_a_decimal_is_read_in_minor_units_of_its_currency(
    text: str, currency: str, amount: int
) -> None:
    assert Money.parse(text, currency) == make_money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("19.999", "EUR"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("", "EUR"),
        ("19,99", "EUR"),
        ("19.99 EUR", "EUR"),
    ],
)
def test_what_is_no_whole_number_of_minor_units_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        Money.parse(text, currency)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (make_money(1999, "EUR"), "19.99"),
        (make_money(5, "EUR"), "0.05"),
        (make_money(-5, "EUR"), "-0.05"),
        (make_money(0, "EUR"), "0.00"),
        (make_money(1999, "JPY"), "1999"),
        (make_money(1, "KWD"), "0.001"),
        (make_money(AMOUNT_MAX, "EUR"), "10000000000.00"),
    ],
)
def test_money_is_written_with_all_its_digits_and_no_exponent(money: Money, text: str) -> None:
    assert money.text() == text
    assert str(money) == f"{text} {money.currency}"


@pytest.mark.parametrize(
    ("value", "amount"),
    [("0.005", 1), ("-0.005", -1), ("0.0049", 0), ("0.015", 2), ("2.675", 268)],
)
def test_halves_are_rounded_away_from_zero(value: str, amount: int) -> None:
    assert Money.rounded(Decimal(value), "EUR").amount == amount


@given(value=st.decimals(-AMOUNT_MAX, AMOUNT_MAX, places=5), currency=st.sampled_from(CURRENCIES))
def test_rounding_moves_a_value_by_half_a_minor_unit_at_most(value: Decimal, currency: str) -> None:
    moved = abs(Money.rounded(value, currency).decimal() - value)
    assert moved <= Decimal("0.5").scaleb(-exponent(currency))


@given(currency=st.sampled_from(CURRENCIES), amounts=st.lists(AMOUNTS))
def test_a_total_is_the_sum_of_its_parts(currency: str, amounts: list[int]) -> None:
    parts = [make_money(amount, currency) for amount in amounts]
    assert total(currency, parts) == make_money(sum(amounts), currency)


@given(a=moneys("EUR"), b=moneys("EUR"), factor=st.integers(-100, 100))
def test_money_adds_up(a: Money, b: Money, factor: int) -> None:
    assert a + b - b == a
    assert -a + a == Money.zero("EUR")
    assert (a + b) * factor == a * factor + b * factor


def test_amounts_of_two_currencies_are_not_combined() -> None:
    euro, pound = make_money(1, "EUR"), make_money(1, "GBP")
    with pytest.raises(ValueError, match="cannot combine EUR with GBP"):
        _ = euro + pound
    with pytest.raises(ValueError, match="cannot combine EUR with GBP"):
        _ = euro - pound
    with pytest.raises(ValueError, match="cannot combine EUR with GBP"):
        total("EUR", [euro, pound])


@pytest.mark.parametrize("amount", [19.99, "19.99", None])
def test_an_amount_is_a_whole_number(amount: object) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": "EUR"})


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "€"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValidationError):
        Money(amount=1, currency=currency)
