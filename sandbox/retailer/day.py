"""A retailer's trading day as plain records: what is sold, at what price, and what then happens.

Money is integer minor units of `Day.currency`; instants are aware and in UTC; quantities are whole
base units. Nothing here knows an ERP or a shop.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum

from shared.model.base import Json


@dataclass(frozen=True, slots=True)
class Article:
    """One variant of a product, under one option; without siblings `option` is empty.

    The title of a product is that of its first article. `unit` is the base unit, `group` the
    product group.
    """

    product_id: str
    sku: str
    title: str
    option: str
    gtin: str | None
    unit: str
    group: str


@dataclass(frozen=True, slots=True)
class PricePoint:
    """From `at` on the base price is `amount_minor`."""

    sku: str
    at: datetime
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Promotion:
    """A lower price within `[starts_at, ends_at)`."""

    sku: str
    starts_at: datetime
    ends_at: datetime
    amount_minor: int


@dataclass(frozen=True, slots=True)
class StockPlace:
    """What lies at one location when the day opens."""

    sku: str
    location: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ShopLine:
    """`sku` as the shop sent it; a custom line has none. `discount_minor` is off the whole line."""

    sku: str | None
    title: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.quantity * self.unit_price_minor - self.discount_minor


@dataclass(frozen=True, slots=True)
class Freight:
    title: str
    code: str
    price_minor: int


class OrderKind(StrEnum):
    SALE = "sale"
    HISTORY = "history"  # sold before the day: exists so that a refund has something to refer to


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """`customer` is None for a guest; `country` is ISO 3166 alpha-2, empty if unknown."""

    key: str
    placed_at: datetime
    customer: str | None
    country: str
    lines: tuple[ShopLine, ...]
    freight: tuple[Freight, ...] = ()
    kind: OrderKind = OrderKind.SALE

    @property
    def total_minor(self) -> int:
        goods = sum(line.total_minor for line in self.lines)
        return goods + sum(freight.price_minor for freight in self.freight)


class RefundPart(StrEnum):
    LINE = "line"
    FREIGHT = "freight"
    AMOUNT = "amount"  # money alone, for no line


@dataclass(frozen=True, slots=True)
class RefundLine:
    """`index` counts the order's lines, or its freights, from 0; an amount has none.

    `quantity` is what comes back: 0 for freight and amounts. Several lines may name one index.
    """

    part: RefundPart
    index: int | None
    sku: str | None
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ShopRefund:
    key: str
    order_key: str
    at: datetime
    lines: tuple[RefundLine, ...]
    total_minor: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Stock found or lost outside any sale: `quantity` is added to what lies there."""

    sku: str
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something an export says that cannot be right, or that was read in a way worth knowing.

    `line` counts from 1, the header being line 1. `kept` tells whether the line counts regardless.
    """

    line: int
    column: str
    value: str
    why: str
    kept: bool


class Use(StrEnum):
    """What became of one line of an export."""

    LINE = "line"
    FREIGHT = "freight"
    DISCOUNT = "discount"
    REFUND = "refund"
    CORRECTION = "correction"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Accounted:
    """`amount_minor` is quantity times price as the line says it, 0 if it could not be read.

    What is set aside is in no order and no refund, and so not in the turnover.
    """

    line: int
    use: Use
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Day:
    """Everything in time order. An article without an opening price has none in the ERP either.

    `ledger` accounts for every line of the export the day was read from, in order of `line`.
    """

    articles: tuple[Article, ...]
    opening_prices: dict[str, int]
    opening_stock: tuple[StockPlace, ...]
    orders: tuple[ShopOrder, ...]
    refunds: tuple[ShopRefund, ...]
    price_points: tuple[PricePoint, ...]
    corrections: tuple[Correction, ...]
    oddities: tuple[Oddity, ...]
    currency: str
    promotions: tuple[Promotion, ...] = ()
    ledger: tuple[Accounted, ...] = ()

    @property
    def turnover_minor(self) -> int:
        """Sales less refunds; what was sold before the day is not in it."""
        sold = sum(o.total_minor for o in self.orders if o.kind is OrderKind.SALE)
        return sold - sum(refund.total_minor for refund in self.refunds)


def to_json(value: object) -> Json:
    """Any record of this module, or a collection of them, as JSON; instants become ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a day")
