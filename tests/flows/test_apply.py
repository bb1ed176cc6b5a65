from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.flows import keys
from shared.model.facts import StockCard
from shared.model.ids import Entity
from tests.domain.world import NOW
from tests.flows.world import World, product, stock_card


def test_a_card_that_says_nothing_new_writes_nothing() -> None:
    world = World()
    world.stock(10)
    written = len(world.store.written)
    world.clock.advance(minutes=5)
    assert world.stock(10).unchanged == 1
    assert len(world.store.written) == written


def test_an_older_telling_never_replaces_a_newer_one() -> None:
    world = World()
    world.apply(Entity.STOCK, stock_card(7, at=NOW))
    late = world.apply(Entity.STOCK, stock_card(99, at=NOW - timedelta(seconds=1)))
    assert late.superseded == 1
    assert units(world) == "7"


def test_of_two_cards_for_one_sku_in_one_page_the_newer_is_kept() -> None:
    world = World()
    world.apply(Entity.STOCK, stock_card(5, at=NOW), stock_card(4, at=NOW - timedelta(seconds=9)))
    assert units(world) == "5"


def test_a_product_is_kept_whole_and_each_variant_by_its_sku() -> None:
    world = World()
    world.apply(Entity.PRODUCT, world.product_card(product("S", "M")))
    found = world.store.get([keys.product("HAT", "erp"), keys.item("HAT-S", "erp")])
    assert len(found) == 2


def test_a_variant_that_left_its_product_is_discontinued_not_forgotten() -> None:
    world = World()
    world.apply(Entity.PRODUCT, world.product_card(product("S", "M")))
    world.clock.advance(minutes=1)
    world.apply(Entity.PRODUCT, world.product_card(product("M")))
    gone = keys.item("HAT-S", "erp")
    variant = world.store.get([gone])[gone].body["variant"]
    assert isinstance(variant, dict)
    assert variant["lifecycle"] == "discontinued"


def test_what_a_connection_does_not_own_becomes_a_finding() -> None:
    world = World()
    foreign = stock_card(5).model_copy(update={"source": "shop"})
    assert world.apply(Entity.STOCK, foreign).changed == 0
    assert world.kinds() == ["not_the_owner"]
    assert world.open()[0].remedy.startswith("stop shop sending them")


@given(order=st.permutations(range(5)))
def test_the_newest_telling_wins_in_whatever_order_they_arrive(order: list[int]) -> None:
    world = World()
    for age in order:
        world.apply(Entity.STOCK, stock_card(age, at=NOW - timedelta(minutes=age)))
    assert units(world) == "0"


def units(world: World) -> str:
    key = keys.stock("HAT-M", "erp")
    card = StockCard.model_validate(world.store.get([key])[key].body)
    return str(card.positions[0].on_hand)
