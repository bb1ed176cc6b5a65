"""Kits as a retailer defines them, and what kits and their components tell each other."""

from typing import Self

from pydantic import Field, model_validator

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku
from shared.model.product import Component


class Kit(Canonical):
    """An article that is made of others when it is sold, and has no stock of its own."""

    sku: Sku
    components: tuple[Component, ...] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _once(self) -> Self:
        skus = [component.sku for component in self.components]
        if len(set(skus)) != len(skus):
            raise ValueError(f"kit {self.sku}: a component occurs twice; add up its quantity")
        if self.sku in skus:
            raise ValueError(f"kit {self.sku}: it is a component of itself")
        return self


class KitRules(Canonical):
    """Kits the source of products does not tell of, and how many one article may be part of."""

    per_component: int = Field(default=100, ge=1, le=500)
    defined: tuple[Kit, ...] = ()


class KitOrders(Canonical):
    """What a kit tells a component: how many of it a kit takes, and which kits are on order."""

    quantity: int = Field(gt=0)
    promised: dict[Name, int] = Field(default_factory=dict)


class KitLinks(Canonical):
    """The kits an article is part of, and the components a kit is known to."""

    kits: dict[Sku, KitOrders] = Field(default_factory=dict)
    components: tuple[Sku, ...] = ()


class KitPart(Canonical):
    """What a component tells a kit: units free per location, and kits on order it has counted."""

    sku: Sku
    free: dict[Name, int]
    counted: dict[Name, int] = Field(default_factory=dict)
    source: Name
    as_of: Instant
