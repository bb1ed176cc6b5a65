"""Kits: as many as their scarcest component makes, while both are sold."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.flows import keys
from shared.flows.stock_alone import Alone
from shared.model.holds import HoldCard
from shared.model.ids import Entity, Facet
from shared.model.product import Component, Lifecycle
from shared.model.retailer import Retailer
from shared.ports import Put, Table
from tests.domain.world import RETAILER
from tests.factories import make_hold
from tests.flows.world import World, product

SET = {"sku": "SET-M", "components": [{"sku": "HAT-M", "quantity": 2}, {"sku": "CAP-M"}]}


def selling(*kits: Mapping[str, Any], most: int = 100, oversold: str = "accept") -> World:
    """A hat and a cap, sold by themselves and as a set; stock is still to be told."""
    raw = RETAILER.model_dump(mode="json")
    raw["kits"] = {"per_component": most, "defined": list(kits)}
    raw["channels"] = [one | {"orders": {"oversold": oversold}} for one in raw["channels"]]
    world = World(Retailer.model_validate(raw))
    for name in ("HAT", "CAP", "SET", "BOX"):
        described(world, name)
    return world


def described(world: World, name: str, **over: Any) -> None:
    made = product("M", product_id=name)
    variant = made.variants[0].model_copy(update=over)
    told = made.model_copy(update={"variants": (variant,)})
    world.apply(Entity.PRODUCT, world.product_card(told))
    world.price(1000, f"{name}-M")


def quiet(world: World) -> None:
    """Everything that follows, until nothing does."""
    done = 0
    while done < len(world.store.written):
        todo = dict.fromkeys(k.pk for k in world.store.written[done:] if k.table is Table.FACTS)
        done = len(world.store.written)
        world.deriver.derive(todo)


def order(world: World, sku: str, units: int, *, name: str = "shop:77") -> None:
    key = keys.hold(sku)
    row = world.store.get([key]).get(key)
    known = HoldCard.model_validate(row.body) if row else HoldCard(sku=sku)
    holds = {**known.holds, f"{name}/1": make_hold(order_id=name, quantity=units)}
    body = HoldCard(sku=sku, holds=holds).model_dump(mode="json")
    world.store.commit([Put(key, body, row.rev if row else 0)])


def london(world: World, sku: str) -> int:
    desired = world.target(Facet.STOCK, sku).desired
    assert isinstance(desired, dict)
    levels = desired["levels"]
    assert isinstance(levels, dict)
    return int(str(levels["london"]))


def test_a_kit_is_as_many_as_its_scarcest_component_makes() -> None:
    world = selling(SET)
    world.stock(9, "HAT-M")
    world.stock(7, "CAP-M")
    quiet(world)
    assert london(world, "SET-M") == 4
    chain = world.target(Facet.STOCK, "SET-M").why
    assert chain[0].detail == "least of HAT-M 9 / 2, CAP-M 7 / 1 = 4"
    world.stock(3, "CAP-M")
    quiet(world)
    assert london(world, "SET-M") == 3


def test_a_kit_with_a_component_nobody_told_of_is_not_sold() -> None:
    world = selling(SET)
    world.stock(9, "HAT-M")
    quiet(world)
    assert london(world, "SET-M") == 0
    assert "nothing is known of" in world.target(Facet.STOCK, "SET-M").why[0].detail


def test_an_order_of_a_kit_takes_its_components_and_counts_once() -> None:
    world = selling(SET)
    world.stock(9, "HAT-M")
    world.stock(7, "CAP-M")
    quiet(world)
    order(world, "SET-M", 2)
    world.deriver.derive(["sku#SET-M"])
    assert london(world, "SET-M") == 2  # before any component has counted it
    quiet(world)
    assert [london(world, sku) for sku in ("SET-M", "HAT-M", "CAP-M")] == [2, 5, 5]


def test_an_order_of_a_component_takes_it_from_the_kit() -> None:
    world = selling(SET)
    world.stock(9, "HAT-M")
    world.stock(7, "CAP-M")
    quiet(world)
    order(world, "HAT-M", 4)
    quiet(world)
    assert london(world, "SET-M") == 2


def test_a_kit_its_source_tells_of_is_one_too_until_it_no_longer_does() -> None:
    world = selling()
    described(world, "SET", components=(Component(sku="HAT-M", quantity=3),))
    world.stock(9, "HAT-M")
    quiet(world)
    assert london(world, "SET-M") == 3
    described(world, "SET", components=(Component(sku="CAP-M"),))
    world.stock(2, "CAP-M")
    quiet(world)
    assert london(world, "SET-M") == 2
    links = world.store.get([keys.kit_links("HAT-M")])[keys.kit_links("HAT-M")]
    assert links.body["kits"] == {}


def test_a_discontinued_kit_is_not_sold() -> None:
    world = selling(SET)
    world.stock(9, "HAT-M")
    world.stock(9, "CAP-M")
    described(world, "SET", lifecycle=Lifecycle.DISCONTINUED)
    quiet(world)
    assert london(world, "SET-M") == 0


def test_an_article_in_too_many_kits_is_told_of_and_the_last_kit_is_not_sold() -> None:
    box = {"sku": "BOX-M", "components": [{"sku": "HAT-M"}]}
    world = selling(SET, box, most=1)
    world.stock(9, "HAT-M")
    world.stock(9, "CAP-M")
    quiet(world)
    (issue,) = world.open()
    assert (issue.kind, issue.field) == ("kit_blocked", "components")
    assert min(london(world, "SET-M"), london(world, "BOX-M")) == 0


def test_a_kit_of_kits_is_told_of_and_not_sold() -> None:
    box = {"sku": "BOX-M", "components": [{"sku": "SET-M"}]}
    world = selling(SET, box)
    world.stock(9, "HAT-M")
    world.stock(9, "CAP-M")
    quiet(world)
    assert [issue.subject for issue in world.open()] == ["BOX-M/SET-M"]
    assert (london(world, "BOX-M"), london(world, "SET-M")) == (0, 4)


def test_nothing_is_written_when_nothing_changed() -> None:
    world = selling(SET)
    world.stock(9, "HAT-M")
    world.stock(7, "CAP-M")
    quiet(world)
    before = len(world.store.written)
    world.deriver.derive(["sku#HAT-M", "sku#CAP-M", "sku#SET-M"])
    assert len(world.store.written) == before


def test_a_retailer_without_kits_reads_nothing_more() -> None:
    world = World()
    world.know("M")
    everything = Alone(world.retailer, {})
    wanted = world.deriver._fact_keys(["sku#HAT-M"], everything)  # noqa: SLF001 - what it costs
    assert keys.kit_links("HAT-M") not in wanted


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("stock", "order", "derive")),
        st.sampled_from(("HAT-M", "CAP-M", "SET-M")),
        st.integers(0, 12),
    ),
    max_size=12,
)


@given(steps=STEPS)
def test_in_any_order_of_events_kits_end_at_what_their_components_make(
    steps: list[tuple[str, str, int]],
) -> None:
    world = selling(SET)
    stock = {"HAT-M": 6, "CAP-M": 5}
    orders: dict[str, int] = {"HAT-M": 0, "CAP-M": 0, "SET-M": 0}
    for sku, units in stock.items():
        world.stock(units, sku)
    for number, (what, sku, units) in enumerate(steps):
        if what == "derive":
            world.deriver.derive([f"sku#{sku}"])
        elif what == "order" and units:
            order(world, sku, units, name=f"shop:{number}")
            orders[sku] += units
        elif what == "stock" and sku != "SET-M":
            world.clock.advance(seconds=1)
            world.stock(units, sku)
            stock[sku] = units
    quiet(world)
    free = {
        sku: stock[sku] - orders[sku] - orders["SET-M"] * quantity
        for sku, quantity in (("HAT-M", 2), ("CAP-M", 1))
    }
    assert london(world, "HAT-M") == max(0, free["HAT-M"])
    assert london(world, "CAP-M") == max(0, free["CAP-M"])
    assert london(world, "SET-M") == max(0, min(free["HAT-M"] // 2, free["CAP-M"]))
