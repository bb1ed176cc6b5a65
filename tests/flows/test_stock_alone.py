"""Where nothing but stock has changed, nothing else is read, and what has no price stays off sale.

Whatever changes in whatever order, the targets end as they do when everything is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.flows import keys
from shared.flows.derive import Deriver
from shared.flows.stock_alone import Moved, moved
from shared.model.facts import PriceCard, StockCard
from shared.model.holds import HoldCard
from shared.model.ids import Entity, Facet
from shared.ports import Key, Put, Row, Table
from tests.domain.stock_worlds import PLACES, position
from tests.domain.stock_worlds import retailer as ruled
from tests.factories import make_hold, make_hold_card
from tests.fakes import MemoryStore
from tests.flows.test_stock_rules import levels
from tests.flows.world import World, product

SKU = "sku#HAT-M"
LONDON = Moved(frozenset({"london"}), holds=False)


class ReadStore(MemoryStore):
    """Remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Key] = []

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted = list(keys)
        self.asked += wanted
        return super().get(wanted)


def derived_alone(world: World, change: Moved = LONDON) -> list[str]:
    """Derive as if the stream had told of stock alone; the rows of facts that were read."""
    store = ReadStore()
    store._rows = world.store._rows  # noqa: SLF001 - the same rows
    deriver = Deriver(store, world.queues, world.issues, world.clock, world.retailer)
    deriver.derive([SKU], alone={SKU: change})
    return [key.sk for key in store.asked if key.pk == SKU]


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
    assert derived_alone(world) == ["stock#erp"]
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


def hold(world: World, card: HoldCard) -> None:
    key = keys.hold("HAT-M")
    row = world.store.get([key]).get(key)
    world.store.commit([Put(key, card.model_dump(mode="json"), row.rev if row else 0)])


def test_what_orders_took_is_read_where_it_changed_and_noted_from_then_on() -> None:
    world = World()
    world.know("M", units=10)
    world.settle()
    hold(world, make_hold_card(make_hold(quantity=3)))
    assert derived_alone(world, Moved()) == ["stock#erp", "holds"]
    assert levels(world) == {"london": 7, "leeds": 0}
    world.clock.advance(minutes=1)
    world.stock(9)
    assert derived_alone(world) == ["stock#erp"]
    assert levels(world) == {"london": 6, "leeds": 0}


def test_what_was_noted_under_another_file_is_read_anew() -> None:
    world = World()
    world.know("M", units=10)
    world.settle()
    world.clock.advance(minutes=1)
    world.stock(7)
    world.retailer = type(world.retailer).model_validate(
        world.retailer.model_dump(mode="json") | {"stock_rules": [{"safety_stock": 1}]}
    )
    assert "item#erp" in derived_alone(world)
    assert levels(world) == {"london": 6, "leeds": 0}


def test_channels_of_other_places_are_not_looked_at() -> None:
    pools = {"shop": ("london",), "market": ("leeds", "york"), "outlet": ("york",)}
    world = World(ruled(pools=pools))
    know(world, {"london": 5, "leeds": 5, "york": 5})
    world.derive()
    before = len(world.store.written)
    know(world, {"london": 4, "leeds": 4, "york": 5})
    (state,) = (put_state(world, keys.stock("HAT-M", "erp")),)
    assert state == "leeds london"
    world.deriver.derive([SKU], alone={SKU: Moved(frozenset({"leeds"}), holds=False)})
    written = [key.pk for key in world.store.written[before:] if key.table is Table.TARGETS]
    assert written == ["market#stock#HAT-M"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("stock", "leeds"), ("stock", "york")], Moved(frozenset({"leeds", "york"}), holds=False)),
        ([("stock", "")], Moved(frozenset(), holds=False)),
        ([("stock", None)], Moved(None, holds=False)),
        ([("stock", "leeds"), ("holds", None)], Moved(None, holds=True)),
    ],
)
def test_what_the_stream_tells_of_a_partition(
    rows: Sequence[tuple[str, str | None]], found: Moved
) -> None:
    assert moved(rows) == found


# whatever changes, in whatever order


def know(world: World, units: Mapping[str, int]) -> None:
    world.clock.advance(minutes=1)
    at = world.clock.now()
    if not world.store.get([keys.item("HAT-M", "erp")]):
        world.apply(Entity.PRODUCT, world.product_card(product("M")))
        world.price(1999)
    places = tuple(position(place, n) for place, n in units.items())
    world.apply(Entity.STOCK, StockCard(source="erp", as_of=at, sku="HAT-M", positions=places))


def put_state(world: World, key: Key) -> str | None:
    return world.store._rows[key].put.state  # noqa: SLF001 - what the stream would tell


def change(world: World, step: tuple[Any, ...]) -> tuple[str, str | None]:
    """Write one row of the article; what the stream tells of it."""
    match step:
        case ("stock", str(place), int(units)):
            key = keys.stock("HAT-M", "erp")
            card = StockCard.model_validate(world.store.get([key])[key].body)
            known = {p.location: int(p.on_hand) for p in card.positions}
            know(world, known | {place: units})
            return "stock", put_state(world, key)
        case ("holds", str(place), int(units)):
            held = [make_hold(location=place, quantity=units)] if units else []
            hold(world, make_hold_card(*held))
            return "holds", None
        case (_, str(place), int(units)):
            world.clock.advance(minutes=1)
            made = product("M")
            variant = made.variants[0].model_copy(update={"safety_stock": {place: units}})
            told = made.model_copy(update={"variants": (variant,)})
            world.apply(Entity.PRODUCT, world.product_card(told))
    return "item", None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("stock", "holds", "item")), st.sampled_from(PLACES), st.integers(0, 9)
    ),
    max_size=10,
)
POOLS = st.sampled_from(
    (
        {"shop": ("london",), "market": ("leeds", "york"), "outlet": ("york", "leeds")},
        {"shop": ("london", "leeds"), "market": ("leeds", "york"), "outlet": ("york",)},
        {"shop": ("london",), "market": ("leeds",), "outlet": ("york",)},
    )
)


@given(pools=POOLS, steps=STEPS, together=st.integers(1, 3))
@example(
    pools={"shop": ("london", "leeds"), "market": ("leeds", "york"), "outlet": ("york",)},
    steps=[("holds", "london", 9), ("stock", "york", 1), ("stock", "london", 0)],
    together=1,
)
@settings(max_examples=25)
def test_targets_end_as_if_everything_were_read(
    pools: Mapping[str, Sequence[str]], steps: Sequence[tuple[Any, ...]], together: int
) -> None:
    world = World(ruled(rules=[{"cap": 12}], pools=pools))
    know(world, dict.fromkeys(PLACES, 5))
    world.derive()
    told: list[tuple[str, str | None]] = []
    for number, step in enumerate(steps, 1):
        before = len(world.store.written)
        record = change(world, step)
        told += [record] if len(world.store.written) > before else []
        if told and (number % together == 0 or number == len(steps)):
            alone = all(kind in {"stock", "holds"} for kind, _ in told)
            world.deriver.derive([SKU], alone={SKU: moved(told)} if alone else {})
            told = []
    for key, desired in world.deriver.implied(["HAT-M"]).items():
        assert world.store.get([key])[key].body["desired"] == desired
