"""How a retailer makes prices of conditions: taxes, currencies, rounding, precedence, margins."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from shared.model.base import Canonical, Instant
from shared.model.ids import Name
from shared.model.money import Currency, exponent
from shared.model.price import PriceKind


def _exact(value: object) -> object:
    if isinstance(value, float):
        said = "is a binary fraction: write it as text, in quotes"
        raise PydanticCustomError("not_exact", said)
    return value


Exact = Annotated[Decimal, BeforeValidator(_exact)]
"""A decimal written as text or as a whole number, never as a float."""

Percent = Annotated[Exact, Field(ge=0, le=1000)]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""Where a tax applies: a country or its subdivision, as ISO 3166 names them."""

TaxClass = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class Dated(Canonical):
    """Holds from `valid_from` until just before `valid_to`, or until a later one begins."""

    valid_from: Instant
    valid_to: Instant | None = None

    def holds(self, at: Instant) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(f"ends {self.valid_to} before it starts {self.valid_from}")
        return self


class TaxRate(Dated):
    region: Region
    tax_class: TaxClass = "standard"
    percent: Percent = Field(description="tax in percent of the net price, as text, like '20'")


class ExchangeRate(Dated):
    """One unit of `base` is `rate` units of `quote`; the way back is a rate of its own."""

    base: Currency
    quote: Currency
    rate: Annotated[Exact, Field(gt=0, description="units of quote for one of base, as text")]


def current[D: Dated](rates: Iterable[D], at: Instant) -> D | None:
    """Of those that hold, the one that began last."""
    return max((r for r in rates if r.holds(at)), key=lambda r: r.valid_from, default=None)


class Rounding(Canonical):
    """How a price becomes one that may be shown.

    To the currency's minor unit first; then, where there are `endings`, to an amount that ends in
    one of them: `.99` is any amount of 99 hundredths, `9.99` and `99.00` look at tens and hundreds,
    `0` and `5` without a point are last digits. Of two as near, the lower.
    """

    name: Name
    currency: Currency
    mode: Literal["half_up", "half_even", "up", "down"] = "half_up"
    endings: tuple[Annotated[str, StringConstraints(pattern=r"^\d{0,6}(\.\d{1,3})?$")], ...] = ()
    direction: Literal["nearest", "up", "down"] = Field(
        default="nearest", description="which amount with such an ending is taken"
    )
    applies_to: Literal["computed", "all"] = Field(
        default="computed",
        description="all prices, or those converted or divided, not those the owner stated",
    )

    @model_validator(mode="after")
    def _endings_fit(self) -> Self:
        digits = exponent(self.currency)
        for ending in self.endings:
            _, point, after = ending.partition(".")
            if not ending or (point and len(after) != digits):
                raise ValueError(
                    f"ending {ending!r} does not fit {self.currency}'s {digits} digits"
                )
        return self


class Criterion(StrEnum):
    """What may tell two conditions apart that hold at the same time."""

    KIND = "kind"
    SEGMENT = "segment"
    PRICE_LIST = "price_list"
    LATEST_START = "latest_start"
    SOONEST_END = "soonest_end"
    LOWEST = "lowest"
    HIGHEST = "highest"


SOLD_KINDS = (PriceKind.PROMOTIONAL, PriceKind.BASE)


class Precedence(Canonical):
    """Which of several conditions wins: the first criterion by which they differ decides.

    `kind` goes by `kinds`; `segment` puts a list for the buyer's segment before one for all;
    `price_list` goes by the channel's own order of lists.
    """

    order: tuple[Criterion, ...] = (
        Criterion.KIND,
        Criterion.SEGMENT,
        Criterion.PRICE_LIST,
        Criterion.LATEST_START,
    )
    kinds: tuple[PriceKind, ...] = SOLD_KINDS

    @field_validator("order")
    @classmethod
    def _once(cls, order: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        if len(set(order)) != len(order):
            raise ValueError("names a criterion twice")
        return order

    @field_validator("kinds")
    @classmethod
    def _all_sold(cls, kinds: tuple[PriceKind, ...]) -> tuple[PriceKind, ...]:
        if sorted(kinds) != sorted(SOLD_KINDS):
            raise ValueError(f"must name each of {', '.join(SOLD_KINDS)} once")
        return kinds


class Segment(Canonical):
    """Buyers who pay by lists of their own; `external` names them in each connection.

    Where they pay in another currency than the channel, or in another region, as those of a market
    abroad do, what is not said is as the channel has it.
    """

    name: Name
    external: dict[Name, str] = {}
    currency: Currency | None = Field(default=None, description="they pay in, if another")
    region: Region | None = Field(default=None, description="whose tax they pay, if another")
    rounding: Name | None = Field(default=None, description="how their prices are rounded")


class MinimumMargin(Canonical):
    """The least share of the net price that must be left over the cost.

    Articles without a known cost are not tested.
    """

    percent: Annotated[Exact, Field(ge=0, lt=100, description="of the net price, as text")]
    below: Literal["hold", "raise"] = Field(
        default="hold", description="show no price, or the lowest that keeps the margin"
    )
