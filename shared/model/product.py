"""Products, their variants, codes and units of measure."""

import operator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.model.base import Canonical
from shared.model.ids import Gtin, Name, Sku

UnitCode = Annotated[str, Field(min_length=1, max_length=6)]


class Lifecycle(StrEnum):
    ACTIVE = "active"
    DISCONTINUED = "discontinued"


class UnitOfMeasure(Canonical):
    """One of this unit is `numerator / denominator` base units (a case of 12: 12/1)."""

    code: UnitCode
    numerator: int = Field(gt=0)
    denominator: int = Field(default=1, gt=0)
    gtin: Gtin | None = None


class Component(Canonical):
    """So many base units of an article in one kit."""

    sku: Sku
    quantity: int = Field(default=1, gt=0, le=10_000)


class Variant(Canonical):
    """The thing that is priced, stocked and sold.

    A variant with `components` is a kit: it has no stock of its own. `safety_stock` is what its
    source keeps back, by location of ours.
    """

    sku: Sku
    gtin: Gtin | None = None
    option_values: tuple[str, ...] = ()
    base_unit: UnitCode
    units: tuple[UnitOfMeasure, ...] = ()
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    tax_class: str | None = None
    components: tuple[Component, ...] = Field(default=(), max_length=50, exclude_if=operator.not_)
    safety_stock: dict[Name, int] = Field(default_factory=dict, exclude_if=operator.not_)


class Product(Canonical):
    """What a shopper sees as one page: one or more variants under common options.

    A product without options has exactly one variant; every variant carries one value per option.
    """

    product_id: Sku
    title: str = Field(min_length=1, max_length=255)
    description: str = ""
    brand: str | None = None
    product_group: str | None = None
    option_names: tuple[str, ...] = Field(default=(), max_length=3)
    variants: tuple[Variant, ...] = Field(min_length=1, max_length=2048)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        skus = [variant.sku for variant in self.variants]
        if len(set(skus)) != len(skus):
            raise ValueError(f"product {self.product_id}: a SKU occurs twice")
        if not self.option_names and len(skus) > 1:
            raise ValueError(f"product {self.product_id}: several variants need an option")
        for variant in self.variants:
            if len(variant.option_values) != len(self.option_names):
                raise ValueError(
                    f"variant {variant.sku}: {len(variant.option_values)} option values "
                    f"for {len(self.option_names)} options"
                )
        return self
