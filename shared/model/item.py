"""The card of an article: what its source last said of it, and the card of anything sold by it."""

import operator
from typing import Literal

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku
from shared.model.product import Variant


class ItemCard(Canonical):
    """One variant and what it has of its product, kept in the partition of the SKU."""

    kind: Literal["item"] = "item"
    source: Name
    as_of: Instant
    product_id: Sku
    variant: Variant
    brand: str | None = Field(default=None, exclude_if=operator.not_)
    product_group: str | None = Field(default=None, exclude_if=operator.not_)
