"""What the simulated tenant holds: materials, conditions, stock, orders, deliveries."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

ZERO = Decimal(0)
FOREVER = date(9999, 12, 31)
type Row = dict[str, object]


@dataclass(slots=True)
class Material:
    product: str
    title: str
    base_unit: str = "PC"
    generic: str = ""
    product_type: str = "HAWA"
    size: str = ""
    gtin: str = ""
    group: str = ""
    brand: str = ""
    status: str = ""
    deleted: bool = False
    changed_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Condition:
    record: str
    kind: str
    material: str
    rate: Decimal
    currency: str
    start: date
    end: date = FOREVER
    per: Decimal = Decimal(1)
    unit: str = "PC"
    sales_organization: str = "1710"
    distribution_channel: str = "10"
    deleted: bool = False
    calculation: str = "C"
    released: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    scale: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    scale_type: str = ""
    scale_basis: str = ""


@dataclass(slots=True)
class ScheduleLine:
    """So many units are confirmed for a day; `asked_for` is when they were wanted."""

    asked_for: date
    confirmed_on: date | None
    confirmed: Decimal


@dataclass(slots=True)
class Element:
    """A manual condition: `kind` is price, once or tax, `step` and `counter` are its key."""

    condition: str
    kind: str
    rate: Decimal
    currency: str
    per: Decimal | None
    step: str
    counter: str

    @property
    def amount(self) -> Decimal:
        return self.rate / (self.per or 1) if self.kind == "price" else self.rate


def _sum(elements: Iterable[Element], kind: str) -> Decimal:
    return sum((each.amount for each in elements if each.kind == kind), ZERO)


@dataclass(slots=True)
class OrderItem:
    item: str
    material: str
    quantity: Decimal
    position: str
    elements: list[Element]
    delivered: Decimal = ZERO
    rejected: str = ""
    tax_code: str = ""
    schedule: list[ScheduleLine] = field(default_factory=list)

    @property
    def net(self) -> Decimal:
        """A price per unit and what is given or taken once; nothing of a rejected item."""
        if self.rejected:
            return ZERO
        price, off = _sum(self.elements, "price"), _sum(self.elements, "once")
        return (price * self.quantity).quantize(Decimal("0.01")) + off

    @property
    def tax(self) -> Decimal:
        return ZERO if self.rejected else _sum(self.elements, "tax")

    @property
    def delivery(self) -> str:
        """A nothing, B some, C all of it delivered."""
        if not self.delivered:
            return "A"
        return "C" if self.delivered >= self.quantity else "B"


@dataclass(slots=True)
class Order:
    """`elements` are the header's own conditions; `addresses` are by partner function."""

    number: str
    header: dict[str, str]
    currency: str
    elements: list[Element]
    items: list[OrderItem]
    changed_at: datetime
    addresses: dict[str, Row] = field(default_factory=dict)

    @property
    def freight(self) -> Decimal:
        return _sum(self.elements, "once")

    @property
    def charged(self) -> Decimal:
        """The tax on what is carried."""
        return _sum(self.elements, "tax")

    @property
    def net(self) -> Decimal:
        return sum((item.net for item in self.items), self.freight)

    @property
    def gross(self) -> Decimal:
        return self.net + sum((item.tax for item in self.items), self.charged)

    @property
    def etag(self) -> str:
        at = self.changed_at.strftime("%Y-%m-%dT%H:%M:%S.%f")
        return f"W/\"datetimeoffset'{at}0Z'\""

    def touch(self, now: datetime) -> None:
        """Every change has an instant of its own, so that no two states share an entity tag."""
        self.changed_at = max(now, self.changed_at + timedelta(microseconds=1))


@dataclass(slots=True)
class Partner:
    """A business partner; `customer` is empty without a role that sells to it.

    `areas` are sales organisation, distribution channel and division it may order in; of one made
    by hand, everywhere.
    """

    number: str
    customer: str
    reference: str = ""
    first_name: str = ""
    last_name: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    areas: list[tuple[str, str, str]] | None = None
    blocked: bool = False


@dataclass(slots=True)
class DeliveryItem:
    item: str
    material: str
    quantity: Decimal
    order: str
    order_item: str
    plant: str
    storage_location: str


@dataclass(slots=True)
class Delivery:
    number: str
    moved_at: datetime
    tracking: str
    items: list[DeliveryItem]


@dataclass(slots=True)
class CreditItem:
    item: str
    material: str
    quantity: Decimal
    order_item: str
    net: Decimal
    tax: Decimal
    rejected: str = ""
    tax_code: str = ""
    billed_item: str = ""


@dataclass(slots=True)
class CreditDocument:
    """A customer return or a credit memo request, by SAP's name of it.

    One that was made from an `invoice` refers to that, and its items to the invoice's.
    """

    kind: str
    number: str
    doc_type: str
    reference: str
    order: str
    sold_to: str
    currency: str
    net: Decimal
    items: list[CreditItem]
    changed_at: datetime
    blocked: str = ""
    invoice: str = ""

    @property
    def gross(self) -> Decimal:
        return self.net + sum((item.tax for item in self.items), ZERO)


@dataclass(slots=True)
class ReturnsDeliveryItem:
    """Units received of an item of a customer return, by a goods movement."""

    item: str
    material: str
    quantity: Decimal
    document: str
    document_item: str
    movement: str
    plant: str
    storage_location: str


@dataclass(slots=True)
class ReturnsDelivery:
    number: str
    moved_at: datetime
    items: list[ReturnsDeliveryItem]


@dataclass(slots=True)
class BilledItem:
    document: str
    item: str
    material: str
    quantity: Decimal
    net: Decimal
    tax: Decimal


@dataclass(slots=True)
class Bill:
    """A billing document: category M is an invoice, O a credit memo."""

    number: str
    category: str
    doc_type: str
    reference: str
    sold_to: str
    currency: str
    issued_on: date
    changed_at: datetime
    items: list[BilledItem]
    cancelled: bool = False


class Keyed[T]:
    """Values by a key, walked in order of it; several may share one."""

    def __init__(self) -> None:
        self._values: dict[str, list[T]] = {}
        self._keys: list[str] = []

    def add(self, key: str, value: T) -> None:
        if key not in self._values:
            insort(self._keys, key)
            self._values[key] = []
        self._values[key].append(value)

    def drop(self, key: str) -> None:
        if self._values.pop(key, None) is not None:
            self._keys.remove(key)

    def of(self, key: str) -> list[T]:
        return self._values.get(key, [])

    def after(self, key: str | None) -> Iterator[T]:
        start = 0 if key is None else bisect_right(self._keys, key)
        for name in self._keys[start:]:
            yield from self._values[name]

    def among(self, keys: Iterable[str]) -> Iterator[T]:
        for key in sorted(keys):
            yield from self._values.get(key, [])


type Place = tuple[str, str, str]
"""Plant, storage location, stock type."""


@dataclass(slots=True)
class Tenant:
    materials: Keyed[Material] = field(default_factory=Keyed)
    variants: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    conditions: Keyed[Condition] = field(default_factory=Keyed)
    records: dict[str, Condition] = field(default_factory=dict)
    stock: dict[str, dict[Place, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    stocked: Keyed[str] = field(default_factory=Keyed)
    orders: Keyed[Order] = field(default_factory=Keyed)
    by_reference: dict[str, list[Order]] = field(default_factory=lambda: defaultdict(list))
    deliveries: Keyed[Delivery] = field(default_factory=Keyed)
    bills: Keyed[Bill] = field(default_factory=Keyed)
    billed: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    credits: Keyed[CreditDocument] = field(default_factory=Keyed)
    credited: dict[str, list[CreditDocument]] = field(default_factory=lambda: defaultdict(list))
    returned: Keyed[ReturnsDelivery] = field(default_factory=Keyed)
    documents: Keyed[Row] = field(default_factory=Keyed)
    customers: set[str] = field(default_factory=lambda: {"17100001"})
    partners: dict[str, Partner] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def next(self, begins: str, digits: int) -> str:
        """The next number of a range: `80000001` for begins 8 and 8 digits."""
        self._numbers[begins] += 1
        return begins + str(self._numbers[begins]).rjust(digits - len(begins), "0")

    def material(self, product: str) -> Material | None:
        found = self.materials.of(product)
        return found[0] if found else None

    def carried(self, product: str) -> bool:
        """Whether there is something to deliver of it; not of a service, such as freight."""
        found = self.material(product)
        return found is None or found.product_type != "SERV"

    def put_material(self, material: Material) -> None:
        known = self.materials.of(material.product)
        if known:
            known[0] = material
            return
        self.materials.add(material.product, material)
        if material.generic:
            self.variants[material.generic].append(material.product)

    def put_condition(self, condition: Condition) -> None:
        self.records[condition.record] = condition
        self.conditions.add(condition.material, condition)

    def drop_condition(self, record: str) -> Condition:
        """Archive a condition record: it is gone, not marked."""
        condition = self.records.pop(record)
        self.conditions.of(condition.material).remove(condition)
        return condition

    def move(self, material: str, place: Place, units: Decimal) -> None:
        if material not in self.stock:
            self.stocked.add(material, material)
        places = self.stock[material]
        places[place] = places.get(place, ZERO) + units

    def forget_stock(self, material: str, *, listed: bool) -> int:
        """Archive what lies anywhere of a material; how many positions that were."""
        gone = len(self.stock.pop(material, {}))
        if listed:
            self.stock[material] = {}
        else:
            self.stocked.drop(material)
        return gone

    def add_order(self, order: Order) -> None:
        self.orders.add(order.number, order)
        self.by_reference[order.header.get("PurchaseOrderByCustomer", "")].append(order)

    def add_partner(self, partner: Partner) -> None:
        self.partners[partner.number] = partner
        if partner.customer:
            self.customers.add(partner.customer)

    def add_credit(self, document: CreditDocument) -> None:
        self.credits.add(document.number, document)
        self.credited[document.order].append(document)

    def credits_of(self, order: str) -> list[CreditDocument]:
        """Returns and credit memo requests that refer to an order."""
        return self.credited.get(order, [])
