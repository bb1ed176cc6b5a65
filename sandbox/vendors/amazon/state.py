"""What a seller has at Amazon: listings, orders, feeds, each with when it takes effect."""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from shared.model.base import Json
from shared.model.money import Money

type Attribute = Mapping[str, object]


@dataclass(slots=True)
class Timeline[T]:
    """Values and the instants from which they hold; what was accepted earlier may land later."""

    _entries: list[tuple[datetime, int, T]] = field(default_factory=list)

    def set(self, at: datetime, value: T) -> None:
        insort(self._entries, (at, len(self._entries), value), key=lambda entry: entry[:2])

    def at(self, when: datetime) -> T | None:
        held = [value for at, _, value in self._entries if at <= when]
        return held[-1] if held else None

    def newest(self) -> T | None:
        return self._entries[-1][2] if self._entries else None


@dataclass(slots=True)
class Listing:
    """`offers` and `stocks` hold the two attributes a seller patches, as they were submitted."""

    sku: str
    asin: str
    product_type: str
    title: str
    created_at: datetime
    offers: Timeline[Attribute] = field(default_factory=Timeline)
    stocks: Timeline[Attribute] = field(default_factory=Timeline)

    def price(self, when: datetime) -> Decimal | None:
        """What a shopper pays: the sale price while a sale is on."""
        offer = self.offers.at(when)
        if offer is None:
            return None
        on = [sale for sale in schedule(offer, "discounted_price") if _on(sale, when)]
        for entry in (*on, *schedule(offer, "our_price")):
            return Decimal(str(entry["value_with_tax"]))
        return None

    def quantity(self, when: datetime) -> int | None:
        stock = self.stocks.at(when)
        return None if stock is None else int(str(stock.get("quantity", 0)))


def schedule(offer: Attribute, name: str) -> list[Mapping[str, object]]:
    """The entries of a price's schedule."""
    match offer.get(name):
        case [{"schedule": [*entries]}, *_]:
            return [entry for entry in entries if isinstance(entry, Mapping)]
        case _:
            return []


def moment(said: object) -> datetime | None:
    """A date or a time of a schedule; None for anything else."""
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _on(sale: Mapping[str, object], when: datetime) -> bool:
    start, end = moment(sale.get("start_at")), moment(sale.get("end_at"))
    return (start is None or start <= when) and (end is None or when < end)


@dataclass(slots=True)
class Item:
    """Amounts in minor units for all units together; `tax` by category."""

    item_id: str
    sku: str
    title: str
    quantity: int
    amounts: dict[str, int] = field(default_factory=dict)
    discounts: dict[str, int] = field(default_factory=dict)
    tax: dict[str, int] = field(default_factory=dict)
    shipped: int = 0
    cancelled: int = 0
    cancelled_by: str | None = None
    cancel_requested: bool = False

    @property
    def open(self) -> int:
        return self.quantity - self.shipped - self.cancelled


@dataclass(slots=True)
class Package:
    reference: str
    tracking_number: str
    carrier: str
    shipped_at: str
    items: dict[str, int]


@dataclass(slots=True)
class Order:
    """`told` is what can be read of it, from when on."""

    order_id: str
    created_at: datetime
    updated_at: datetime
    status: str
    fulfilled_by: str
    items: list[Item]
    packages: list[Package] = field(default_factory=list)
    tip: int = 0
    buyer: str = ""
    ship_hours: int = 48
    told: Timeline[Mapping[str, Json]] = field(default_factory=Timeline)


@dataclass(slots=True)
class Document:
    document_id: str
    created_at: datetime
    content: bytes | None = None
    used: bool = False
    gzip: bool = False


@dataclass(slots=True)
class Feed:
    """`fate` is the status it ends with; of one that is not done, `through` lines took effect."""

    feed_id: str
    kind: str
    document_id: str
    created_at: datetime
    ends_at: datetime
    fate: str = "DONE"
    through: int | None = None
    result_id: str | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """`queue` is an ARN."""

    destination_id: str
    name: str
    queue: str


@dataclass(frozen=True, slots=True)
class Subscription:
    subscription_id: str
    version: str
    destination_id: str


@dataclass(slots=True)
class Seller:
    seller_id: str
    marketplace_id: str
    currency: str
    listings: dict[str, Listing] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    destinations: dict[str, Destination] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _number: int = 0

    def next(self) -> int:
        self._number += 1
        return self._number

    def money(self, amount: int) -> dict[str, Json]:
        text = Money(amount=amount, currency=self.currency).text()
        return {"amount": text, "currencyCode": self.currency}

    def minor(self, text: str) -> int:
        return Money.parse(text, self.currency).amount


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
