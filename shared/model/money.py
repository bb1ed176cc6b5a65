"""Money: integer minor units with a currency. Never float."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Self

from pydantic import StringConstraints

from shared.model.base import Canonical

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

# ISO 4217: currencies whose minor unit is not a hundredth.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = dict.fromkeys(_WHOLE.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3)


def exponent(currency: str) -> int:
    """Digits after the decimal point: EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS.get(currency, 2)


class Money(Canonical):
    """`amount` counts minor units: 1999 EUR is 19.99 euro, 1999 JPY is 1999 yen."""

    amount: int
    currency: Currency

    @classmethod
    @cache
    def zero(cls, currency: str) -> Self:
        return cls(amount=0, currency=currency)

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> Self:
        """Read a decimal string; digits beyond the currency's minor unit are an error."""
        try:
            scaled = Decimal(text).scaleb(exponent(currency))
        except InvalidOperation as error:
            raise ValueError(f"{text!r} is not a decimal amount") from error
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"{text!r} is not a whole number of {currency} minor units")
        return cls(amount=int(scaled), currency=currency)

    @classmethod
    def rounded(cls, value: Decimal, currency: str) -> Self:
        """Round half away from zero to the currency's minor unit."""
        scaled = value.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_UP)
        return cls(amount=int(scaled), currency=currency)

    def decimal(self) -> Decimal:
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def text(self) -> str:
        """The plain decimal vendors expect: `19.99`."""
        digits = exponent(self.currency)
        if not digits:
            return str(self.amount)
        units, rest = divmod(abs(self.amount), 10**digits)
        return f"{'-' if self.amount < 0 else ''}{units}.{rest:0{digits}}"

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return self.model_copy(update={"amount": self.amount + other.amount})

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return self.model_copy(update={"amount": self.amount - other.amount})

    def __mul__(self, factor: int) -> Self:
        return self.model_copy(update={"amount": self.amount * factor})

    def __neg__(self) -> Self:
        return self * -1

    def _same(self, other: Self) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")

    def __str__(self) -> str:
        return f"{self.text()} {self.currency}"


def total(currency: str, parts: Iterable[Money]) -> Money:
    """Sum amounts of one currency; an empty sum is zero."""
    result = Money.zero(currency)
    for part in parts:
        result += part
    return result


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide minor units by weight so that the parts always sum to the whole."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % whole))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts
