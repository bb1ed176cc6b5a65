"""Units of measure of one article, converted exactly or not at all."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from shared.domain.rounding import Exact
from shared.errors import RejectedError
from shared.model.product import Variant

PLACES_MAX: Final = 6  # decimals of a quantity; no ERP keeps more


def content_of(variant: Variant, unit: str) -> Exact | None:
    """How many base units one of this unit is; None if the article has no such unit."""
    if unit == variant.base_unit:
        return 1
    found = next((u for u in variant.units if u.code == unit), None)
    return Fraction(found.numerator, found.denominator) if found else None


def in_base(quantity: Decimal, unit: str, variant: Variant) -> Decimal:
    """The quantity in base units; RejectedError unless that is a decimal number.

    A third of a metre is none: rounding it would make units appear or vanish.
    """
    of_one = content_of(variant, unit)
    if of_one is None:
        known = ", ".join((variant.base_unit, *(u.code for u in variant.units)))
        raise RejectedError(
            f"{variant.sku} has no unit {unit}",
            code="no_such_unit",
            field="unit",
            value=unit,
            remedy=f"write one of {known}, or add {unit} to the article",
        )
    exact = Fraction(quantity) * of_one
    scaled = exact * 10**PLACES_MAX
    if scaled.denominator != 1:
        raise RejectedError(
            f"{quantity} {unit} of {variant.sku} are {exact} {variant.base_unit}, which is no "
            f"decimal of {PLACES_MAX} places",
            code="not_exact",
            field="quantity",
            value=str(quantity),
            remedy=f"tell it in {variant.base_unit}",
        )
    return trimmed(Decimal(scaled.numerator).scaleb(-PLACES_MAX))


def trimmed(quantity: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    whole = int(quantity)
    return Decimal(whole) if quantity == whole else quantity.normalize()
