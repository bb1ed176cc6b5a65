"""Where nothing but stock has changed, prices are not read, and what has none stays off sale."""

from collections.abc import Iterable

from shared.flows.derive import Deriver
from shared.model.facts import PriceCard
from shared.model.ids import Entity, Facet
from shared.ports import Key, Row
from tests.fakes import MemoryStore
from tests.flows.test_stock_rules import levels
from tests.flows.world import World

ALONE = frozenset({"sku#HAT-M"})


class ReadStore(MemoryStore):
    """Remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Key] = []

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted = list(keys)
        self.asked += wanted
        return super().get(wanted)


def derived_alone(world: World) -> list[str]:
    """Derive as if the stream had told of stock alone; the rows of facts that were read."""
    store = ReadStore()
    store._rows = world.store._rows  # noqa: SLF001 - the same rows
    deriver = Deriver(store, world.queues, world.issues, world.clock, world.retailer)
    deriver.derive(ALONE, stock_only=ALONE)
    return [key.sk for key in store.asked if key.pk == "sku#HAT-M"]


def unpriced(world: World) -> None:
    """The owner of prices takes them back."""
    world.settle()
    world.clock.advance(minutes=1)
    none = PriceCard(source="erp", as_of=world.clock.now(), sku="HAT-M", conditions=())
    world.apply(Entity.PRICE, none)
    world.settle()
    world.clock.advance(minutes=1)


def test_prices_are_not_read_for_a_movement() -> None:
    world = World()
    world.know("M", units=10)
    world.settle()
    world.clock.advance(minutes=1)
    world.stock(7)
    assert derived_alone(world) == ["item#erp", "stock#erp", "holds"]
    assert levels(world) == {"london": 7, "leeds": 0}


def test_what_never_had_a_price_stays_off_sale_when_its_stock_changes() -> None:
    world = World()
    world.know("M", units=0)
    unpriced(world)
    world.stock(5)
    assert "price#erp" in derived_alone(world)
    assert levels(world) == {"london": 0, "leeds": 0}
    target = world.target(Facet.STOCK)
    assert target.terms is not None
    assert target.terms.unpriced


def test_what_has_a_price_again_is_sold_again() -> None:
    world = World()
    world.know("M", units=0)
    unpriced(world)
    world.price(1999)
    world.settle()
    world.clock.advance(minutes=1)
    world.stock(5)
    assert "price#erp" not in derived_alone(world)
    assert levels(world) == {"london": 5, "leeds": 0}
