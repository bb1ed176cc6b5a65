"""What the simulated shop holds. Ids are counters, money is minor units of the shop's currency."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from shared.model.money import Money, split

PAGE_MAX = 250
NEVER = datetime.max.replace(tzinfo=UTC)


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number(kind: str, name: object) -> int | None:
    """The number in a global id of this kind; None for any other text."""
    head = f"gid://shopify/{kind}/"
    text = str(name)
    return int(text[len(head) :]) if text.startswith(head) and text[len(head) :].isdigit() else None


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


@lru_cache(4096)
def _text(amount: int, currency: str) -> str:
    return Money(amount=amount, currency=currency).text()


@dataclass(slots=True)
class Location:
    location_id: int
    name: str


@dataclass(slots=True)
class Level:
    """`available` may be sold, `committed` is ordered and not shipped; both lie there."""

    available: int = 0
    committed: int = 0

    @property
    def on_hand(self) -> int:
        return self.available + self.committed


@dataclass(slots=True)
class Variant:
    """`variant_id` also numbers its inventory item. `chosen` is one value per option."""

    variant_id: int
    product_id: int
    sku: str
    chosen: tuple[str, ...]
    barcode: str | None = None
    price: int = 0
    compare_at: int | None = None
    priced_at: datetime | None = None
    tracked: bool = False
    levels: dict[int, Level] = field(default_factory=dict)


@dataclass(slots=True)
class Product:
    product_id: int
    handle: str
    title: str
    updated_at: datetime
    description: str = ""
    vendor: str = ""
    product_type: str = ""
    status: str = "ACTIVE"
    options: tuple[str, ...] = ()
    variants: list[int] = field(default_factory=list)
    publications: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Tax:
    title: str
    rate: str
    amount: int


@dataclass(slots=True)
class Allocation:
    """A part of a discount; `kind` names the GraphQL type of its application."""

    kind: str
    title: str
    amount: int


@dataclass(slots=True)
class Line:
    line_id: int
    variant_id: int | None
    sku: str
    title: str
    quantity: int
    unit_price: int
    discounts: list[Allocation] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    refunded: int = 0
    removed: int = 0

    @property
    def net(self) -> int:
        """Goods less discounts, as the order has prices; nothing for what edits removed."""
        off = sum(self._kept(d.amount) for d in self.discounts)
        return self.unit_price * (self.quantity - self.removed) - off

    @property
    def tax(self) -> int:
        return sum(self._kept(tax.amount) for tax in self.taxes)

    def _kept(self, amount: int) -> int:
        """Of what allocations say of all units, removed ones too, the share of those that stay."""
        return split(amount, [self.quantity - self.removed, self.removed])[0]


@dataclass(slots=True)
class Freight:
    title: str
    code: str
    price: int
    discounts: list[Allocation] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)


@dataclass(slots=True)
class PlacedLine:
    placed_id: int
    line_id: int
    total: int
    remaining: int


@dataclass(slots=True)
class Placement:
    """A fulfilment order: what one location is to send."""

    placement_id: int
    location_id: int
    lines: list[PlacedLine] = field(default_factory=list)
    status: str = "OPEN"


@dataclass(slots=True)
class Fulfilment:
    fulfilment_id: int
    location_id: int
    lines: dict[int, int]
    numbers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    company: str | None = None
    status: str = "SUCCESS"


@dataclass(slots=True)
class Transaction:
    """`shown` is the amount in the currency the order was shown in, `parent` what it gives back."""

    transaction_id: int
    kind: str
    gateway: str
    amount: int
    shown: int
    done_at: datetime
    status: str = "SUCCESS"
    expires_at: datetime | None = None
    parent: int | None = None
    refund_id: int | None = None


@dataclass(slots=True)
class RefundLine:
    line_id: int
    quantity: int
    subtotal: int
    tax: int
    restock: str
    location_id: int | None = None


@dataclass(slots=True)
class RefundedFreight:
    subtotal: int
    tax: int


@dataclass(slots=True)
class Refund:
    refund_id: int
    created_at: datetime
    total: int
    lines: list[RefundLine] = field(default_factory=list)
    freight: list[RefundedFreight] = field(default_factory=list)
    return_id: int | None = None
    note: str | None = None


@dataclass(slots=True)
class Disposition:
    """What became of units of a return; never changed."""

    disposition_id: int
    line_id: int
    kind: str
    quantity: int
    created_at: datetime
    location_id: int | None


@dataclass(slots=True)
class Return:
    """`units` are those of fulfilled lines, by line; `exchanged` the lines that go out instead.

    `note` is that of its reason.
    """

    return_id: int
    status: str
    units: dict[int, int]
    created_at: datetime
    dispositions: list[Disposition] = field(default_factory=list)
    exchanged: list[int] = field(default_factory=list)
    note: str = ""

    def disposed(self, line_id: int) -> int:
        return sum(one.quantity for one in self.dispositions if one.line_id == line_id)


@dataclass(slots=True)
class Order:
    order_id: int
    number: int
    created_at: datetime
    updated_at: datetime
    taxes_included: bool
    lines: list[Line]
    freight: list[Freight]
    email: str = ""
    customer_id: int | None = None
    address: dict[str, str] | None = None
    cancelled_at: datetime | None = None
    test: bool = False
    risk: str = "NONE"
    terms_days: int | None = None
    shown_in: str = ""
    rate: str = "1"
    placements: list[Placement] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)

    @property
    def tax(self) -> int:
        goods = sum(line.tax for line in self.lines)
        return goods + sum(tax.amount for line in self.freight for tax in line.taxes)

    @property
    def total(self) -> int:
        """Goods less discounts plus freight, plus tax unless prices contain it."""
        goods = sum(line.net for line in self.lines)
        freight = sum(f.price - sum(d.amount for d in f.discounts) for f in self.freight)
        return goods + freight + (0 if self.taxes_included else self.tax)

    def line(self, line_id: int) -> Line:
        return next(line for line in self.lines if line.line_id == line_id)


@dataclass(slots=True)
class PriceList:
    """`fixed` and `breaks` are by variant: price and the one struck through; price by quantity.

    Only a list of companies has prices `by_quantity`.
    """

    list_id: int
    currency: str
    by_quantity: bool = True
    fixed: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    breaks: dict[int, dict[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Upload:
    """A place for a file; `content` once it was put there."""

    staged_at: datetime
    content: bytes | None = None


@dataclass(slots=True)
class Job:
    """A bulk mutation. Lines are run in `order`, the n-th of it at the n-th instant of `due`.

    Only `through` of them are run if it is not to be COMPLETED; its result may be `truncated`.
    """

    job_id: int
    mutation: str
    lines: list[dict[str, Any]]
    order: list[int]
    created_at: datetime
    fate: str = "COMPLETED"
    through: int | None = None
    truncated: bool = False
    status: str = "RUNNING"
    due: list[datetime] = field(default_factory=list)
    ends_at: datetime = NEVER
    done: int = 0
    results: list[dict[str, Any]] = field(default_factory=list)
    result: bytes | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    number: int
    topic: str
    uri: str


@dataclass(slots=True)
class Shop:
    """Everything the shop knows, found by number; SKUs and handles have an index."""

    currency: str
    locations: dict[int, Location] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    handles: dict[str, int] = field(default_factory=dict)
    variants: dict[int, Variant] = field(default_factory=dict)
    skus: dict[str, int] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    placements: dict[int, int] = field(default_factory=dict)  # placement -> order
    fulfilments: dict[int, int] = field(default_factory=dict)  # fulfilment -> order
    refunds: dict[int, int] = field(default_factory=dict)  # refund -> order
    price_lists: dict[int, PriceList] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    bulk_fate: tuple[str, int | None, bool] = ("COMPLETED", None, False)  # of the next job
    poisoned: set[int] = field(default_factory=set)  # variants for which a call is refused whole
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    last_number: int = 1000

    def next(self) -> int:
        self.last_number += 1
        return self.last_number

    def text(self, amount: int) -> str:
        return _text(amount, self.currency)

    def minor(self, text: str) -> int:
        """Minor units of a decimal text; ValueError when it has more digits than that."""
        return Money.parse(text, self.currency).amount
