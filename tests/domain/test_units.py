"""Units are converted exactly, or refused by name."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.units import content_of, in_base
from shared.errors import RejectedError
from tests.factories import make_unit, make_variant

VARIANT = make_variant(
    units=(make_unit(), make_unit(code="THD", numerator=1, denominator=3)),
)


@pytest.mark.parametrize(
    ("quantity", "unit", "pieces"),
    [
        ("2", "PC", "2"),
        ("2", "CS", "24"),
        ("0.5", "CS", "6"),
        ("6", "THD", "2"),
        ("100", "CS", "1200"),
    ],
)
def test_a_quantity_is_told_in_base_units(quantity: str, unit: str, pieces: str) -> None:
    assert str(in_base(Decimal(quantity), unit, VARIANT)) == pieces


def test_a_unit_the_article_has_not_is_named() -> None:
    with pytest.raises(RejectedError) as refused:
        in_base(Decimal(1), "PAL", VARIANT)
    assert (refused.value.field, refused.value.value) == ("unit", "PAL")
    assert "PC, CS, THD" in str(refused.value.remedy)


def test_what_is_no_decimal_is_not_rounded() -> None:
    with pytest.raises(RejectedError) as refused:
        in_base(Decimal(1), "THD", VARIANT)
    assert refused.value.field == "quantity"


@given(st.decimals(-1000, 1000, places=3), st.sampled_from(["PC", "CS"]))
def test_nothing_appears_or_vanishes(quantity: Decimal, unit: str) -> None:
    of_one = content_of(VARIANT, unit)
    assert of_one is not None
    assert Fraction(in_base(quantity, unit, VARIANT)) == Fraction(quantity) * of_one
