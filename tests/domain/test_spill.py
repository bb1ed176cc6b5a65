"""Units held where they are not come off what the other locations of the channel offer."""

import pytest

from shared.domain.kits import kit_pool
from shared.domain.spill import Spill, spilled
from shared.domain.stock_rules import StockRules
from shared.model.kits import KitPart
from shared.model.product import Component
from tests.domain.stock_worlds import PLACES, VARIANT, all_offers, levels, position, retailer
from tests.factories import NOW

BOTH = {"shop": ("london", "leeds")}
GOODS = (position("london", 2), position("leeds", 5))
BACKORDER = {"later": {"kind": "backorder", "units": 10}, "locations": ["london"]}


def test_what_is_sold_without_a_location_is_not_offered_again_at_another() -> None:
    found = all_offers(retailer(pools=BOTH), GOODS, promised={"london": 4})["shop"]
    assert found.value.levels == {"london": 0, "leeds": 3}


def test_the_chain_says_what_is_held_beyond_what_is_there() -> None:
    found = all_offers(retailer(pools=BOTH), GOODS, promised={"london": 4})["shop"]
    step = found.chain[-1]
    assert step.rule == "short elsewhere at leeds"
    assert step.detail == "5 - 2 held beyond what is at london = 3"


def test_the_channels_first_locations_give_first() -> None:
    goods = (*GOODS[:1], position("leeds", 1), position("york", 5))
    assert levels(retailer(), *goods, promised={"london": 5}) == {
        "london": 0,
        "leeds": 0,
        "york": 3,
    }


def test_what_was_assigned_to_a_later_location_and_is_not_there_comes_off_the_first() -> None:
    assert levels(retailer(pools=BOTH), *GOODS, promised={"leeds": 6}) == {"london": 1, "leeds": 0}


def test_what_one_channel_sold_comes_off_every_channel_of_these_locations() -> None:
    found = all_offers(retailer(), GOODS, promised={"london": 4})
    assert {shop: one.levels["leeds"] for shop, one in found.items()} == {
        "shop": 3,
        "market": 3,
        "outlet": 3,
    }


def test_a_channel_that_does_not_sell_where_it_is_held_loses_it_all_the_same() -> None:
    ours = retailer(pools={"shop": ("york", "leeds"), "market": ("leeds",)})
    assert levels(ours, *GOODS, channel="market", promised={"york": 4}) == {"leeds": 1}


def test_channels_with_nothing_in_common_lose_nothing() -> None:
    ours = retailer(pools={"shop": ("london",), "market": ("leeds",)})
    assert levels(ours, *GOODS, channel="market", promised={"london": 4}) == {"leeds": 5}


def test_what_two_channels_would_take_comes_off_once() -> None:
    pools = (("york", "london", "leeds"), ("york", "leeds"))
    free = {"york": 0, "london": 2, "leeds": 5}
    found = spilled(free, {"york": 4, "london": 0, "leeds": 0}, pools)
    assert found == {"london": Spill(2, "york"), "leeds": Spill(4, "york")}


def test_a_count_below_nothing_eats_no_other_locations_stock() -> None:
    goods = (position("london", -4), position("leeds", 5))
    assert levels(retailer(pools=BOTH), *goods)["leeds"] == 5
    assert levels(retailer(pools=BOTH), *goods, promised={"london": 3})["leeds"] == 2


def test_safety_stock_is_kept_back_from_others_too_and_lacks_nowhere() -> None:
    goods = (position("london", 4), position("leeds", 5))
    ours = retailer([{"safety_stock": 3}], pools=BOTH)
    assert levels(ours, *goods, promised={"london": 4})["leeds"] == 2
    assert levels(ours, *goods, promised={"london": 5})["leeds"] == 1


def test_a_buffer_is_left_of_what_is_left() -> None:
    ours = retailer([{"channels": ["shop"], "buffer": 2}], pools=BOTH)
    assert levels(ours, *GOODS, promised={"london": 4})["leeds"] == 1


def test_channels_divide_what_is_left() -> None:
    parts = [{"channel": "shop", "weight": 3}, {"channel": "market", "weight": 2}]
    deal = {"name": "both", "by": "share", "parts": parts}
    ours = retailer((), [deal], {"shop": PLACES, "market": PLACES})
    found = all_offers(ours, GOODS, promised={"london": 4})
    assert [found[shop].levels["leeds"] for shop in ("shop", "market")] == [2, 1]


@pytest.mark.parametrize("lost", ["unit", "none"])
def test_where_nothing_can_be_counted_all_that_is_held_is_lacking(lost: str) -> None:
    crates = [position("london", 9).model_copy(update={"unit": "CR"})] if lost == "unit" else []
    goods = (*crates, GOODS[1])
    assert levels(retailer(pools=BOTH), *goods, promised={"london": 4})["leeds"] == 1


def test_a_backorder_serves_who_waits_there_for_a_channel_that_sells_it() -> None:
    ours = retailer([BACKORDER, {"sells_later": False, "channels": ["market"]}])
    found = all_offers(ours, GOODS, promised={"london": 6})
    assert found["shop"].levels == {"london": 6, "leeds": 5, "york": 0}
    assert found["market"].levels == {"london": 0, "leeds": 1, "york": 0}


# kits

HAT = Component(sku="HAT-M", quantity=2)


def hats(counted: int = 0, **free: int) -> dict[str, KitPart]:
    told = {"london": counted} if counted else {}
    return {"HAT-M": KitPart(sku="HAT-M", free=free, counted=told, source="erp", as_of=NOW)}


def kit_levels(parts: dict[str, KitPart], sold: int) -> dict[str, int]:
    rules = StockRules(retailer(pools=BOTH)).of("SET-M", None, None)
    pool = kit_pool(VARIANT, [HAT], parts, {"london": sold}, rules)
    return {name: place.left for name, place in pool.places.items()}


def test_kits_sold_beyond_what_one_location_makes_come_off_the_others() -> None:
    assert kit_levels(hats(london=2, leeds=9), sold=3) == {"london": 0, "leeds": 2}


def test_what_a_component_has_counted_it_takes_off_its_other_locations_itself() -> None:
    assert kit_levels(hats(3, london=-4, leeds=5), sold=3) == {"london": 0, "leeds": 2}


def test_a_cancelled_kit_lacks_nowhere() -> None:
    assert kit_levels(hats(3, london=-4, leeds=5), sold=0) == {"london": 1, "leeds": 2}
