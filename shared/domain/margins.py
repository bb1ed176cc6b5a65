"""The least a price must be for its margin: the share of the price that is left over the cost."""

from decimal import Decimal

from shared.domain.rounding import plain, whole
from shared.model.money import Money


def floor(cost: Money, percent: Decimal) -> Money:
    """The lowest price of which so many percent, below 100, are left over the cost.

    Both are net or both gross. A cost of 8.00 and 20 % make 10.00.
    """
    return Money(
        amount=whole(cost.amount / (1 - plain(percent) / 100), "up"), currency=cost.currency
    )
