"""Price conditions: what the owner of prices says, before any rule of ours."""

import operator
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku
from shared.model.money import Money
from shared.model.product import UnitCode


class PriceKind(StrEnum):
    """What an amount is: paid (base, promotional), struck through, or what the article costs us."""

    BASE = "base"
    PROMOTIONAL = "promotional"
    REFERENCE = "reference"
    COST = "cost"


class TaxBasis(StrEnum):
    """Whether an amount contains the tax."""

    GROSS = "gross"
    NET = "net"


class EffectiveWindow(Canonical):
    """Half-open: valid from `start` until just before `end`. `zone` is where it was meant."""

    start: Instant
    end: Instant | None = None
    zone: str = "UTC"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"effective window ends {self.end} before it starts {self.start}")
        return self

    def holds(self, at: Instant) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


class Scale(Canonical):
    """From so many of `unit` on, `amount` instead of the condition's, for as many units."""

    quantity: Decimal = Field(gt=0)
    unit: UnitCode
    amount: Money


class PriceCondition(Canonical):
    """`amount` is for `per` units of `unit`: 12.00 EUR per 10 PC is 1.20 EUR each.

    `scales` go up by quantity; all are in the currency of `amount`.
    """

    condition_id: str
    sku: Sku
    kind: PriceKind
    price_list: Name
    amount: Money
    per: Decimal = Field(default=Decimal(1), gt=0)
    unit: UnitCode
    tax_basis: TaxBasis
    window: EffectiveWindow
    scales: tuple[Scale, ...] = Field(default=(), max_length=50, exclude_if=operator.not_)

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        strange = {s.amount.currency for s in self.scales} - {self.amount.currency}
        if strange:
            raise ValueError(f"scales in {', '.join(sorted(strange))}, not {self.amount.currency}")
        return self
