"""What kits and their components tell each other."""

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku


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
