"""One rounding at the end: what comes before is a ratio of whole numbers, so nothing is lost."""

from decimal import Decimal
from fractions import Fraction

from shared.model.money import Money
from shared.model.price_rules import Rounding

type Exact = Fraction | int
"""An amount in minor units of some currency, not rounded yet."""


def rounded(
    amount: Exact, currency: str, rule: Rounding | None = None, *, computed: bool = True
) -> Money:
    """The amount as it may be shown; without a rule, half up to the minor unit.

    `computed` says that it is not simply what the owner of prices stated.
    """
    minor = whole(amount, rule.mode if rule else "half_up")
    if rule and rule.endings and minor > 0 and (computed or rule.applies_to == "all"):
        minor = _ending(minor, rule, rule.direction)
    return Money(amount=minor, currency=currency)


def lowest_from(least: Money, rule: Rounding | None = None) -> Money:
    """The lowest amount that may be shown and is not below `least`."""
    if rule is None or not rule.endings or least.amount <= 0:
        return least
    return least.model_copy(update={"amount": _ending(least.amount, rule, "up")})


def whole(amount: Exact, mode: str) -> int:
    """A whole number: `up` is away from zero, `down` towards it."""
    if isinstance(amount, int):
        return amount
    sign = -1 if amount < 0 else 1
    quotient, rest = divmod(abs(amount.numerator), amount.denominator)
    twice = 2 * rest - amount.denominator  # below, at or above the half
    more = {
        "half_up": twice >= 0,
        "half_even": twice > 0 or (twice == 0 and quotient % 2 == 1),
        "up": rest > 0,
        "down": False,
    }[mode]
    return sign * (quotient + more)


def plain(value: Decimal) -> Fraction:
    """A decimal without the limits of a context."""
    return Fraction(*value.as_integer_ratio())


def _ending(minor: int, rule: Rounding, direction: str) -> int:
    """The nearest amount with one of the endings, above zero; of two as near, the lower."""
    digits = [ending.replace(".", "") for ending in rule.endings]
    marks: list[tuple[int, int]] = [(int(text), 10 ** len(text)) for text in digits]
    above = min(minor + (rest - minor) % size for rest, size in marks)
    below = max(minor - (minor - rest) % size for rest, size in marks)
    if below <= 0 or direction == "up":
        return above
    if direction == "down":
        return below
    return below if minor - below <= above - minor else above
