"""A scenario: what happens in the world outside, and which faults may strike meanwhile."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from shared.domain.hold_pages import SIZES, Sizes
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Row
from tests.simulation.engine import MINUTE, SECOND, START
from tests.simulation.faults import Kind
from tests.simulation.retailer import BUCKET, CANARY, POINTS, TRADE, Setup
from tests.simulation.truth import PROMOTION, Truth
from tests.simulation.world import World

ALL = frozenset(Kind)
SHARE = 0.4
REPLAYED = frozenset({IssueKind.DEAD_LETTER, IssueKind.LINE_REJECTED, IssueKind.BAD_MESSAGE})
"""Exceptions that people replay once the world has healed."""
ORDERLY = frozenset({Entity.ORDER, Entity.SHIPMENT, Entity.STOCK})
"""What changes in a scenario, and so has to be read once the world has healed."""


type Expected = Callable[[Truth, str, str], dict[str, int]]
"""What a shop should offer of a SKU, per location."""


@dataclass(slots=True)
class Play:
    """What a scenario works with. `rng` is its own; `later` does something at an instant.

    `lasts_ms` is set where the chaos of this seed lasts longer than the scenario's.
    """

    world: World
    truth: Truth
    rng: Random
    placed: int = 0
    refused: int = 0
    lasts_ms: int = 0
    notes: dict[str, object] = field(default_factory=dict)

    def later(self, at_ms: int, act: Callable[[], object]) -> None:
        def done() -> None:
            act()
            self.world.hear()

        self.world.engine.at(at_ms, done)

    # the ERP

    def stock(self, sku: str, units: int, *, plant: str = "1710", storage: str = "171A") -> None:
        """Post a goods movement of so many units, and tell."""
        self.world.engine.note(f"ERP: {units:+} of {sku} at {plant}")
        self.world.vendors["erp"].control(
            "move_stock", sku=sku, plant=plant, storage_location=storage, quantity=str(units)
        )
        self.truth.on_hand[sku] = self.truth.on_hand.get(sku, 0) + max(0, units)

    def price(self, sku: str, minor: int, *, tell: bool = True) -> None:
        self.world.engine.note(f"ERP: {sku} costs {minor}")
        self.world.vendors["erp"].control(
            "set_price", sku=sku, amount=f"{minor // 100}.{minor % 100:02}", tell=tell
        )
        self.truth.note_price(sku)

    def trade_price(self, sku: str, minor: int, *, tell: bool = True) -> None:
        """What companies pay changes in the ERP."""
        self.world.engine.note(f"ERP: {sku} costs companies {minor}")
        amount = f"{minor // 100}.{minor % 100:02}"
        self.world.vendors["erp"].control(
            "set_price", sku=sku, amount=amount, kind=TRADE, tell=tell
        )

    def deliver(self, *, parts: bool = False, tracking: str = "JJD1") -> None:
        """Deliver what is left of every order that is not blocked, or one unit of each item."""
        erp = self.world.vendors["erp"]
        for order in list(erp.tenant.orders.after(None)):
            left = [i for i in order.items if i.quantity > i.delivered and not i.rejected]
            if left and not order.header["DeliveryBlockReason"]:
                items: Json = {i.item: 1 for i in left} if parts else None
                self.world.engine.note(f"ERP: delivers {order.number}")
                erp.control("deliver", order=order.number, items=items, tracking=tracking)

    def enter_numbers(self) -> None:
        """Staff enter the carrier's number of every parcel that left without one."""
        erp = self.world.vendors["erp"]
        for parcel in erp.tenant.deliveries.after(None):
            if not parcel.tracking:
                self.world.engine.note(f"ERP: parcel {parcel.number} has a number")
                erp.control("track", delivery=parcel.number, tracking=f"JJD{parcel.number}")
        self.world.poll("erp", Entity.SHIPMENT)

    def bill(self) -> None:
        """The ERP runs its billing."""
        made = self.world.vendors["erp"].control("bill")
        self.world.engine.note(f"ERP: bills {made}")

    def unbill(self) -> None:
        """The ERP takes one of its bills back."""
        erp = self.world.vendors["erp"]
        if bills := [bill for bill in erp.tenant.bills.after(None) if not bill.cancelled]:
            number = self.rng.choice(bills).number
            self.world.engine.note(f"ERP: takes bill {number} back")
            erp.control("cancel_bill", number=number)

    def article(self, sku: str, *, tell: bool = True) -> None:
        """Create an article that has neither price nor stock yet."""
        self.world.engine.note(f"ERP: creates {sku}")
        fields: dict[str, Json] = {"product": sku, "title": sku}
        if tell:
            self.world.vendors["erp"].control("add_material", **fields)
        else:
            self.world.vendors["erp"].control("load", materials=[fields])

    def promote(self, sku: str, minor: int, first: date, last: date) -> None:
        """A promotion on whole days of the ERP's zone, known from the beginning."""
        row: Json = {
            "sku": sku,
            "kind": PROMOTION,
            "amount": f"{minor // 100}.{minor % 100:02}",
            "currency": "GBP",
            "start": first.isoformat(),
            "end": last.isoformat(),
        }
        self.world.vendors["erp"].control("load", prices=[row])

    # any vendor

    def out(self, name: str, for_ms: int, *, hangs: bool = False) -> None:
        """Nobody is there: connections are refused, or hang until they are given up."""
        self.world.engine.note(f"{name}: cannot be reached for {for_ms / SECOND:.0f} s")
        self.world.transports[name].down_until_ms = self.world.engine.now_ms + for_ms
        self.world.transports[name].hangs = hangs

    def revoke(self, name: str) -> None:
        """Every token and session given so far is refused from now on."""
        self.world.engine.note(f"{name}: revokes its tokens")
        vendor = self.world.vendors[name]
        if name == "erp":
            vendor._tokens.clear()  # noqa: SLF001 - what an operator of the vendor may do
            vendor._sessions.clear()  # noqa: SLF001
        else:
            vendor.revoke_tokens()

    # the shops

    def order(self, shop: str, *lines: tuple[str, int]) -> bool:
        """A shopper buys, if the shop still offers it; whether it did."""
        wishes: list[Json] = [{"sku": sku, "quantity": units} for sku, units in lines]
        return self.basket(shop, wishes) is not None

    def basket(
        self, shop: str, wishes: list[Json], *, who: str = CANARY, **more: Json
    ) -> int | None:
        """A shopper buys these lines, as the sandbox's `Basket` has them; the order's number."""
        placed = self.world.vendors[shop].control(
            "place_order",
            lines=wishes,
            customer={
                "name": f"{CANARY} Shopper",
                "email": f"{who}@example.com",
                "address1": f"{CANARY} Street",
                "city": "London",
                "country": "GB",
            },
            **({"taxes_included": True} | more),
        )
        bought = isinstance(placed, dict) and "id" in placed
        self.world.engine.note(f"{shop}: sells {wishes}: {'yes' if bought else 'sold out'}")
        self.placed += bought
        self.refused += not bought
        return int(str(placed["id"])) if bought else None

    def sale(self, shop: str, sku: str, units: int) -> None:
        """A shopper buys, sometimes with money off, carried for money, or with tax on top."""
        more: dict[str, Json] = {}
        if self.rng.random() < SHARE:
            off = self.rng.randint(1, 499)
            more["discount"] = {"amount": f"{off // 100}.{off % 100:02}", "title": "sale"}
        if self.rng.random() < SHARE:
            more["shipping"] = {"price": "4.95"}
        if self.rng.random() < SHARE:
            more |= {"taxes_included": False, "tax_rate": "0.19"}
        self.basket(shop, [{"sku": sku, "quantity": units}], who=CANARY, **more)

    def coded(self, shop: str, code: str, units: int, minor: int) -> None:
        """A shopper buys something the shop sells under a code of its own."""
        price = f"{minor // 100}.{minor % 100:02}"
        self.basket(shop, [{"sku": code, "title": code, "price": price, "quantity": units}])

    def edit(self, shop: str) -> None:
        """The shop's staff add or take a unit of an order, if it has not left."""
        open_ = [o for o in self._orders(shop) if not o.cancelled_at and not o.fulfilments]
        if open_:
            order = self.rng.choice(open_)
            line = self.rng.choice(order.lines)
            current = line.quantity - line.removed - line.refunded
            units = max(1, current + self.rng.choice((-1, 1)))
            self.world.engine.note(f"{shop}: edits {order.order_id} to {units} of {line.sku}")
            self.world.vendors[shop].control(
                "edit", order=order.order_id, sku=line.sku, quantity=units
            )

    def reprice(self, shop: str) -> None:
        """The shop's staff give another discount, or have the order sent for another price."""
        open_ = [
            order
            for order in self._orders(shop)
            if not (order.cancelled_at or order.fulfilments or order.refunds)
        ]
        if open_:
            order = self.rng.choice(open_)
            off, vendor = f"1.{self.rng.randint(10, 99)}", self.world.vendors[shop]
            self.world.engine.note(f"{shop}: prices {order.order_id} anew")
            if self.rng.random() < 0.5:
                line = self.rng.choice(order.lines)
                vendor.control("reprice", order=order.order_id, sku=line.sku, off=off)
            else:
                price = off if self.rng.random() < 0.5 else None
                vendor.control("reship", order=order.order_id, price=price)

    def cancel(self, shop: str) -> None:
        """The shop's staff cancel one of its orders that nothing was sent of."""
        open_ = [o for o in self._orders(shop) if not o.cancelled_at and not o.fulfilments]
        if open_:
            order = self.rng.choice(open_)
            self.world.engine.note(f"{shop}: cancels {order.order_id}")
            self.world.vendors[shop].control("cancel", order=order.order_id)

    def refund(self, shop: str, *, restock: bool, whole: bool = False) -> None:
        """The shop's staff give the money for one unit back, or for all of a line."""
        lines = [
            (order, line)
            for order in self._orders(shop)
            for line in order.lines
            if not order.cancelled_at and line.refunded < line.quantity
        ]
        if lines:
            order, line = self.rng.choice(lines)
            units = line.quantity - line.refunded if whole else 1
            self.world.engine.note(f"{shop}: refunds {units} {line.sku} of {order.order_id}")
            rows: list[Json] = [{"line": line.line_id, "quantity": units}]
            self.world.vendors[shop].control(
                "refund", order=order.order_id, lines=rows, restock=restock
            )

    def goodwill(self, shop: str, minor: int) -> None:
        """The shop's staff give some money back, and no unit."""
        left = [
            order
            for order in self._orders(shop)
            if order.total - sum(refund.total for refund in order.refunds) >= minor
        ]
        if left:
            order = self.rng.choice(left)
            self.world.engine.note(f"{shop}: gives {minor} back of {order.order_id}")
            amount = f"{minor // 100}.{minor % 100:02}"
            self.world.vendors[shop].control(
                "refund", order=order.order_id, lines=[], amount=amount
            )

    def _orders(self, shop: str) -> list[Any]:
        return list(self.world.vendors[shop].shop.orders.values())


def nothing_more(play: Play) -> list[str]:
    """The check of a scenario that has none of its own."""
    del play
    return []


@dataclass(frozen=True, slots=True)
class Scenario:
    """`open` loads the ERP before anything runs; `play` schedules the chaos of `chaos_ms`.

    `rules` are more lines of the retailer's file, `expected` the levels that follow from them, and
    with other `sizes` few orders of an article are as many as thousands.
    `remedy` is what people do of what an exception tells them to, before they replay it.
    Of the beats of a rule every `beats`th is heard, for most find nothing to do; the clock's all.
    """

    name: str
    open: Callable[[Play], None]
    play: Callable[[Play], None]
    shops: tuple[str, ...] = ("shop",)
    chaos_ms: int = 2 * MINUTE
    beats: int = 2
    slots: int = 4
    kinds: Collection[Kind] = ALL
    often: Collection[Kind] = ()
    starts: tuple[datetime, ...] = (START,)
    poll_minutes: int = 10
    zone: str = "UTC"
    points: int = POINTS
    bucket: int = BUCKET
    settings: str = ""
    trade: bool = False
    counted: bool = False
    engine: bool = False
    rules: str = ""
    expected: Expected | None = None
    warehouse: bool = False
    shipper: str = ""
    limits: str = ""
    orders: str = ""
    markets: tuple[str, ...] = ()
    selling: str = ""
    sizes: Sizes = SIZES
    replays: bool = False
    replayed: Collection[IssueKind] = REPLAYED
    remedy: Callable[[Play, Row], None] | None = None
    reads: Collection[Entity] = ORDERLY
    check: Callable[[Play], list[str]] = nothing_more

    @property
    def setup(self) -> Setup:
        return Setup(
            self.shops,
            self.slots,
            self.poll_minutes,
            self.zone,
            self.points,
            self.bucket,
            settings=self.settings,
            trade=self.trade,
            counted=self.counted,
            engine=self.engine,
            rules=self.rules,
            warehouse=self.warehouse,
            shipper=self.shipper,
            limits=self.limits,
            orders=self.orders,
            markets=self.markets,
            selling=self.selling,
        )

    @property
    def checks(self) -> tuple[str, ...]:
        """The name of its own check, if it has one."""
        return () if self.check is nothing_more else (self.name,)

    def start(self, seed: int) -> datetime:
        """When the world of this seed begins; openings are kept for each, so they are few."""
        return Random(f"{seed}/start").choice(self.starts)


def catalogue(
    play: Play,
    *sizes: str,
    product: str = "HAT",
    minor: int = 1000,
    units: int = 10,
    leeds: int = 0,
) -> list[str]:
    """One product with a variant per size, priced and stocked in the ERP."""
    names = [f"{product}-{size}" for size in sizes]
    materials: list[Json] = [{"product": product, "title": product, "product_type": "GENR"}]
    materials += [
        {"product": sku, "title": product, "generic": product, "size": size}
        for sku, size in zip(names, sizes, strict=True)
    ]
    text = f"{minor // 100}.{minor % 100:02}"
    stock: list[Json] = [
        {"sku": sku, "plant": "1710", "storage_location": "171A", "quantity": str(units)}
        for sku in names
    ]
    if leeds:
        stock += [
            {"sku": sku, "plant": "1720", "storage_location": "172A", "quantity": str(leeds)}
            for sku in names
        ]
    prices: list[Json] = [{"sku": sku, "amount": text, "currency": "GBP"} for sku in names]
    play.world.vendors["erp"].control("load", materials=materials, prices=prices, stock=stock)
    for sku in names:
        play.truth.note_price(sku)
        play.truth.on_hand[sku] = units + leeds
    return names


def some(play: Play, most: int) -> int:
    """At least one, and seldom all: half of them are half of the work of a seed."""
    return 1 + sum(play.rng.random() < SHARE for _ in range(most - 1))


def spread(play: Play, over_ms: int, count: int) -> list[int]:
    """So many instants within a span, in order."""
    return sorted(play.rng.randint(0, over_ms) for _ in range(count))


def few(play: Play) -> None:
    """One product of two sizes."""
    catalogue(play, "M", "L", units=20)
