"""A whole Shelfwire in memory: every flow wired to fakes, and streams turned by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from shared.domain.credits import CreditWish, PostedCredit
from shared.domain.customers import CustomerWish
from shared.domain.demand import AmendedLine, AmendedOrder, Amendment, LineChange
from shared.flows.amend import Amender
from shared.flows.apply import Applied, apply
from shared.flows.billing import Bills
from shared.flows.books import Books
from shared.flows.capture import Capture
from shared.flows.cases import Cases
from shared.flows.credits import Crediting
from shared.flows.customers import Customers
from shared.flows.derive import Derived, Deriver
from shared.flows.issues import Issues, open_issues
from shared.flows.leases import Leases
from shared.flows.payouts import Payouts
from shared.flows.promises import Promises
from shared.flows.publish import Publisher
from shared.flows.published import Published
from shared.flows.returns import Authorising, ErpReturns
from shared.flows.send import Sender
from shared.flows.shipments import Shipments
from shared.flows.shipments_told import ShipmentTeller
from shared.flows.shortage import Shortage
from shared.flows.withdrawing import Withdrawing
from shared.model.case import ErpHeader
from shared.model.facts import Fact, PriceCard, ProductCard, StockCard
from shared.model.ids import Entity, Facet
from shared.model.issue import Issue
from shared.model.money import Money
from shared.model.order import Order, OrderLine, Shipment, ShipmentLine
from shared.model.policies import BookRules
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, TaxBasis
from shared.model.product import Product, Variant
from shared.model.retailer import Retailer
from shared.model.stock import StockPosition
from shared.model.target import Target
from shared.ports import Key, Page, PostedOrder, Put, Table
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryBus, MemoryQueues, MemoryStore, SetClock
from tests.flows.channel import FakeChannel
from tests.flows.erp_returns import ErpReturnsFake

LEASE = timedelta(seconds=90)


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")


def product(*sizes: str, product_id: str = "HAT", title: str = "Hat") -> Product:
    return Product(
        product_id=product_id,
        title=title,
        option_names=("Size",),
        variants=tuple(
            Variant(sku=f"{product_id}-{size}", option_values=(size,), base_unit="PC")
            for size in sizes or ("M",)
        ),
    )


def base_price(amount: int, sku: str = "HAT-M") -> PriceCondition:
    return PriceCondition(
        condition_id=f"PR00-{sku}",
        sku=sku,
        kind=PriceKind.BASE,
        price_list="retail",
        amount=gbp(amount),
        unit="PC",
        tax_basis=TaxBasis.GROSS,
        window=EffectiveWindow(start=NOW - timedelta(days=30)),
    )


def order(
    *lines: tuple[str, int], external_id: str = "77", total: int | None = None, **over: object
) -> Order:
    made = tuple(
        OrderLine(line_id=str(i), channel_sku=sku, title=sku, quantity=units, unit_price=gbp(1999))
        for i, (sku, units) in enumerate(lines or (("HAT-M", 2),), 1)
    )
    fields = {
        "channel": "shop",
        "external_id": external_id,
        "number": f"#{external_id}",
        "placed_at": NOW,
        "updated_at": NOW,
        "currency": "GBP",
        "taxes_included": True,
        "lines": made,
        "total": gbp(sum(x.quantity for x in made) * 1999 if total is None else total),
        "total_tax": gbp(0),
    }
    return Order.model_validate(fields | over)


def shipment(units: int = 2, shipment_id: str = "80", erp_order: str = "5001") -> Shipment:
    line = ShipmentLine(erp_item="10", sku="HAT-M", quantity=units)
    return Shipment(shipment_id=shipment_id, erp_order=erp_order, shipped_at=NOW, lines=(line,))


@dataclass
class FakeErp(ErpReturnsFake):
    """Holds what was posted; `errors` are raised after the order was stored, if `keeps`."""

    orders: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    total: int | None = None
    stock: dict[str, int] = field(default_factory=dict)
    lines: dict[str, dict[str, AmendedLine]] = field(default_factory=dict)
    changed: list[tuple[str, str, int]] = field(default_factory=list)
    amended: list[Amendment] = field(default_factory=list)
    comes_to: Money | None = None
    nets: dict[str, Money] = field(default_factory=dict)
    keeps_header: str = ""
    freight_stays: bool = False
    too_late_to_block: bool = False
    credits: list[tuple[str, CreditWish]] = field(default_factory=list)
    differs: Money | None = None
    items: dict[str, str] = field(default_factory=lambda: {"1": "10", "2": "20"})
    customers: dict[str, str] = field(default_factory=dict)
    by_email: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    delivered: set[str] = field(default_factory=set)

    def find_customer(self, wish: CustomerWish) -> list[str]:
        self.asked.append(wish.reference)
        ours = self.customers.get(wish.reference, "").split()
        return ours or self.by_email.get(wish.email, "").split()

    def create_customer(self, wish: CustomerWish) -> str:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            assert wish.reference not in self.customers, "a customer was created twice"
            self.customers[wish.reference] = str(9001 + len(self.customers))
        if error is not None:
            raise error
        return self.customers[wish.reference]

    def find_credit(self, wish: CreditWish) -> list[PostedCredit]:
        self.asked.append(wish.reference)
        return [
            PostedCredit(number, self.differs)
            for number, known in self.credits
            if known.reference == wish.reference
        ]

    def post_credit(self, wish: CreditWish) -> PostedCredit:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            self.credits.append((str(6001 + len(self.credits)), wish))
        if error is not None:
            raise error
        return PostedCredit(self.credits[-1][0], self.differs)

    def find_order(self, order: Order, reference: str) -> list[PostedOrder]:
        del order
        self.asked.append(reference)
        return [self._posted(number) for number, ref in self.orders if ref == reference]

    def post_order(self, order: Order, reference: str) -> PostedOrder:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            self.orders.append((str(5001 + len(self.orders)), reference))
        if error is not None:
            raise error
        self.total = self.total if self.total is not None else order.total.amount
        return self._posted(self.orders[-1][0])

    def amend_order(self, order: Order, erp_order: str, wish: Amendment) -> AmendedOrder:
        """Items are numbered by their place; `lines` says of some what became of them.

        It comes to `comes_to`; of a header it is refused, `keeps_header` is why. Of goods that left
        `freight_stays` as it was; if all has left, it is `too_late_to_block`.
        """
        del order
        error = self.errors.pop(0) if self.errors else None
        if error is not None and not self.keeps:
            raise error
        self.amended.append(wish)
        known = self.lines.setdefault(erp_order, {})
        for change in wish.lines:
            self._amend(known, erp_order, change)
        if error is not None:
            raise error
        lines = tuple(known[change.line_id] for change in wish.lines)
        left = tuple(ErpHeader.model_fields) if self.keeps_header else ()
        left = left or (("freight",) if self.freight_stays and wish.header else ())
        late = self.too_late_to_block and wish.header and wish.header.blocked
        left = left or (("blocked",) if late else ())
        return AmendedOrder(lines, left, self.keeps_header, self.comes_to, self.nets)

    def _amend(self, known: dict[str, AmendedLine], erp_order: str, change: LineChange) -> None:
        before = known.get(change.line_id)
        if before is None or not (before.delivered or before.refused):
            item = change.item or f"{change.place}0"
            known[change.line_id] = AmendedLine(
                change.line_id, item, change.place, change.units, rejected=change.units == 0
            )
            self.changed.append((erp_order, change.line_id, change.units))

    def withdraw_order(self, erp_order: str) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            assert erp_order not in self.delivered, "what has left is rejected"
            assert erp_order not in self.withdrawn, "an order is rejected twice"
            self.withdrawn.append(erp_order)
        if error is not None:
            raise error

    def _posted(self, number: str) -> PostedOrder:
        return PostedOrder(
            number,
            self.total,
            "GBP",
            dict(self.items),
            withdrawn=number in self.withdrawn,
            delivered=number in self.delivered,
        )

    def read(self, entity: Entity, keys: Sequence[str]) -> Page[StockCard]:
        assert entity is Entity.STOCK
        return Page([stock_card(self.stock[key], key) for key in keys if key in self.stock])


def stock_card(units: int, sku: str = "HAT-M", at: datetime = NOW) -> StockCard:
    position = StockPosition(location="london", unit="PC", on_hand=Decimal(units))
    return StockCard(source="erp", as_of=at, sku=sku, positions=(position,))


type Ports = tuple[MemoryStore, MemoryQueues, MemoryBus]


class World:
    def __init__(self, retailer: Retailer = RETAILER, ports: Ports | None = None) -> None:
        made = ports or (MemoryStore(), MemoryQueues(), MemoryBus())
        self.store, self.queues, self.bus = made
        self.clock = SetClock(NOW)
        self.retailer = retailer
        self.channel, self.erp = FakeChannel(), FakeErp()
        store, queues, bus, clock = self.store, self.queues, self.bus, self.clock
        self.issues = Issues(store, bus, clock)
        self.cases = Cases(store, clock, retailer)
        books = Books(store, self.cases, self.issues, clock, retailer, BookRules(payout_days=5))
        self.payouts = Payouts("shop", books, queues)
        self.deriver = Deriver(store, queues, self.issues, clock, retailer, bus)
        short = Shortage(store, self.cases, self.deriver, retailer).of
        self.capture = Capture(store, queues, bus, self.issues, self.cases, clock, retailer, short)
        settle = timedelta(seconds=60)
        self.sender = Sender(
            "erp",
            self.erp,
            self.cases,
            store,
            queues,
            bus,
            self.issues,
            clock,
            settle,
            Customers("erp", self.erp, store, queues, self.issues, clock, settle),
        )
        self.amender = Amender("erp", self.erp, self.cases, bus, self.issues, clock, settle)
        self.withdrawing = Withdrawing("erp", self.erp, self.cases, self.issues, clock, settle)
        self._give_back(settle)
        self.promises = Promises("erp", store, queues, bus, self.cases, clock)
        self.bills = Bills("erp", store, queues, bus, self.cases, clock, self.issues)
        self.shipments = Shipments(
            "erp", store, queues, bus, self.issues, self.cases, clock, retailer
        )
        self.teller = ShipmentTeller("shop", self.channel, self.cases, bus, self.issues, clock)
        leases = Leases(store, clock, length=LEASE)
        self.publisher = Publisher(
            connection="shop",
            channel_client=self.channel,
            guarded=frozenset({Facet.STOCK}),
            store=store,
            leases=leases,
            issues=self.issues,
            clock=clock,
            retailer=retailer,
        )

    def _give_back(self, settle: timedelta) -> None:
        """What takes goods back, and gives money."""
        self.returns = ErpReturns(
            "erp",
            self.store,
            self.queues,
            self.bus,
            self.issues,
            self.cases,
            self.clock,
            self.retailer,
        )
        self.authorising = Authorising(
            "erp", self.erp, self.cases, self.store, self.queues, self.issues, self.clock, settle
        )
        self.crediting = Crediting(
            "erp",
            self.erp,
            self.returns,
            self.cases,
            self.store,
            self.queues,
            self.bus,
            self.issues,
            self.clock,
            settle,
        )

    def apply(self, entity: Entity, *cards: Fact) -> Applied:
        return apply(
            cards, entity=entity, store=self.store, issues=self.issues, retailer=self.retailer
        )

    def know(self, *sizes: str, price: int = 1999, units: int = 10) -> None:
        """The ERP tells of one product with these sizes, at one price and stock."""
        made = product(*sizes)
        self.apply(Entity.PRODUCT, self.product_card(made))
        for variant in made.variants:
            self.price(price, variant.sku)
            self.stock(units, variant.sku)

    def product_card(self, made: Product) -> ProductCard:
        return ProductCard(source="erp", as_of=self.clock.now(), product=made)

    def price(self, amount: int, sku: str = "HAT-M") -> Applied:
        conditions = (base_price(amount, sku),)
        card = PriceCard(source="erp", as_of=self.clock.now(), sku=sku, conditions=conditions)
        return self.apply(Entity.PRICE, card)

    def stock(self, units: int, sku: str = "HAT-M") -> Applied:
        return self.apply(Entity.STOCK, stock_card(units, sku, self.clock.now()))

    def derive(self) -> Derived:
        """What the stream of the facts would do: every partition written so far."""
        written = dict.fromkeys(k.pk for k in self.store.written if k.table is Table.FACTS)
        return self.deriver.derive(written)

    def publish(self, *, withheld: bool = False) -> Published:
        return self.publisher.run(out_of_time=lambda: False, withheld=withheld)

    def settle(self) -> Published:
        self.derive()
        return self.publish()

    def target(self, facet: Facet = Facet.PRICE, key: str = "HAT-M") -> Target:
        place = Key(Table.TARGETS, f"shop#{facet}#{key}")
        return Target.model_validate(self.store.get([place])[place].body)

    def open(self) -> list[Issue]:
        return list(open_issues(self.store))

    def kinds(self) -> list[str]:
        return [issue.kind.value for issue in self.open()]

    def touch(self, key: Key) -> None:
        """Somebody else writes this row in between."""
        row = self.store.get([key])[key]
        self.store.commit([Put(key, row.body, row.rev)])
