"""A scenario: what happens in the world outside, and which faults may strike meanwhile."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from shared.model.base import Json
from tests.simulation.engine import MINUTE, START
from tests.simulation.faults import Kind
from tests.simulation.retailer import CANARY, Setup
from tests.simulation.truth import Truth
from tests.simulation.world import World

ALL = frozenset(Kind)


@dataclass(slots=True)
class Play:
    """What a scenario works with. `rng` is its own; `later` does something at an instant."""

    world: World
    truth: Truth
    rng: Random
    placed: int = 0
    refused: int = 0
    notes: dict[str, object] = field(default_factory=dict)

    def later(self, at_ms: int, act: Callable[[], object]) -> None:
        self.world.engine.at(at_ms, act)

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

    def deliver(self, *, parts: bool = False) -> None:
        """Deliver what is left of every order the ERP holds, or one unit of each item."""
        erp = self.world.vendors["erp"]
        for order in list(erp.tenant.orders.after(None)):
            left = [i for i in order.items if i.quantity > i.delivered]
            if left:
                items: Json = {i.item: 1 for i in left} if parts else None
                self.world.engine.note(f"ERP: delivers {order.number}")
                erp.control("deliver", order=order.number, items=items, tracking="JJD1")

    # the shops

    def order(self, shop: str, *lines: tuple[str, int]) -> bool:
        """A shopper buys, if the shop still offers it; whether it did."""
        placed = self.world.vendors[shop].control(
            "place_order",
            lines=[{"sku": sku, "quantity": units} for sku, units in lines],
            customer={
                "name": f"{CANARY} Shopper",
                "email": f"{CANARY}@example.com",
                "address1": f"{CANARY} Street",
                "city": "London",
                "country": "GB",
            },
            taxes_included=True,
        )
        bought = isinstance(placed, dict) and "id" in placed
        self.world.engine.note(f"{shop}: sells {lines}: {'yes' if bought else 'sold out'}")
        self.placed += bought
        self.refused += not bought
        return bought


@dataclass(frozen=True, slots=True)
class Scenario:
    """`open` loads the ERP before anything runs; `play` schedules the chaos of `chaos_ms`."""

    name: str
    open: Callable[[Play], None]
    play: Callable[[Play], None]
    shops: tuple[str, ...] = ("shop",)
    chaos_ms: int = 2 * MINUTE
    slots: int = 4
    kinds: Collection[Kind] = ALL
    starts: tuple[datetime, ...] = (START,)
    poll_minutes: int = 10
    zone: str = "UTC"
    replays: bool = False
    check: Callable[[Play], list[str]] = lambda _: []

    @property
    def setup(self) -> Setup:
        return Setup(self.shops, self.slots, self.poll_minutes, self.zone)

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


def spread(play: Play, over_ms: int, count: int) -> list[int]:
    """So many instants within a span, in order."""
    return sorted(play.rng.randint(0, over_ms) for _ in range(count))
