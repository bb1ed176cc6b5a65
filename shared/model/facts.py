"""Cards: what one source last said about one article, with the version it said it in."""

import operator
from typing import Annotated, Literal

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.holds import HoldCard
from shared.model.ids import Name, Sku
from shared.model.item import ItemCard
from shared.model.movement import Book, DoubtKind
from shared.model.price import PriceCondition
from shared.model.product import Product
from shared.model.stock import StockPosition


class ProductCard(Canonical):
    """A whole product, kept in the partition of the product."""

    kind: Literal["product"] = "product"
    source: Name
    as_of: Instant
    product: Product


class PriceCard(Canonical):
    """Every price condition of one SKU that is or may still become effective.

    `told` says when a condition was last told by itself, by its id; one that is not in it was told
    with the whole card, at `read_at` or, without it, at `as_of`.
    """

    kind: Literal["price"] = "price"
    source: Name
    as_of: Instant
    sku: Sku
    conditions: tuple[PriceCondition, ...]
    told: dict[str, Instant] = Field(default_factory=dict)
    read_at: Instant | None = Field(default=None, exclude_if=operator.not_)


class PriceChange(Canonical):
    """Some conditions of one SKU, as told at `as_of`; the SKU's other conditions stand."""

    source: Name
    as_of: Instant
    sku: Sku
    conditions: tuple[PriceCondition, ...]


class Doubt(Canonical):
    """A telling that was likely to be wrong: of which location, since when, and what it said."""

    location: Name
    kind: DoubtKind
    since: Instant
    said: str


class Positions(Canonical, extra="ignore"):
    """What a stock card says of what may be sold: all but its book, which is half of it.

    `untold` are locations whose quantity came empty; as kept, they are among the `doubts`.
    """

    kind: Literal["stock"] = "stock"
    source: Name
    as_of: Instant
    sku: Sku
    positions: tuple[StockPosition, ...]
    untold: tuple[Name, ...] = Field(default=(), exclude_if=operator.not_)
    doubts: tuple[Doubt, ...] = Field(default=(), exclude_if=operator.not_)


class StockCard(Positions, extra="forbid"):
    """Every position of one SKU, at all locations of the source.

    With a `book` it is kept by movements and counts, each told by itself; without, it was read.
    """

    book: Book | None = Field(default=None, exclude_if=operator.not_)


Card = Annotated[
    ProductCard | ItemCard | PriceCard | StockCard | HoldCard, Field(discriminator="kind")
]
Fact = ProductCard | PriceCard | StockCard
"""What a connector reads from a source of truth."""

Told = Fact | PriceChange
"""What may be kept: something whole, or a part that leaves the rest as it was."""
