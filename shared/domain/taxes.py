"""Net and gross: a tax is a share of the net price, and net and tax always sum to gross."""

from decimal import Decimal
from fractions import Fraction

from shared.domain.rounding import Exact, plain, whole
from shared.frozen import frozen
from shared.model.money import Money
from shared.model.price import TaxBasis


@frozen
class Taxed:
    """One amount by its parts."""

    net: Money
    tax: Money
    gross: Money


def factor(percent: Decimal) -> Fraction:
    """What a net amount is multiplied by to be gross: 20 % is 6/5."""
    return 1 + plain(percent) / 100


def taxed(amount: Money, basis: TaxBasis, percent: Decimal, mode: str = "half_up") -> Taxed:
    """The parts of an amount of that basis. Only one of them is rounded; the others follow."""
    if basis is TaxBasis.NET:
        gross = _of(amount, amount.amount * factor(percent), mode)
        return Taxed(amount, gross - amount, gross)
    net = _of(amount, amount.amount / factor(percent), mode)
    return Taxed(net, amount - net, amount)


def _of(amount: Money, minor: Exact, mode: str) -> Money:
    return Money(amount=whole(minor, mode), currency=amount.currency)
