from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import Known, held_at, offered, pooled, withheld
from shared.domain.doubt import Doubted
from shared.domain.stock_rules import StockRules
from shared.model.holds import Hold, HoldCard
from shared.model.product import Lifecycle, Variant
from shared.model.retailer import Channel
from shared.model.stock import StockPosition
from shared.model.stock_rules import Unknown
from tests.domain.stock_worlds import all_offers, levels, pool_of, position, retailer
from tests.domain.world import CHANNEL, NOW, RETAILER

VARIANT = Variant(sku="HAT-M", base_unit="PC")
UNITS = st.integers(-50, 1000)
ONE = {"shop": ("london", "leeds")}


def held(units: int, location: str = "london") -> HoldCard:
    hold = Hold(order_id="shop:1", line_id="1", location=location, quantity=units, since=NOW)
    return HoldCard(sku="HAT-M", holds={"shop:1/1": hold})


def available(
    positions: list[StockPosition],
    holds: HoldCard | None = None,
    *,
    variant: Variant = VARIANT,
    channel: Channel = CHANNEL,
) -> dict[str, int]:
    ours = RETAILER.model_copy(update={"channels": (channel,)})
    rules = StockRules(ours).of(variant.sku, None, None)
    pool = pooled(Known(variant, positions, held_at(holds)), rules, now=NOW)
    return offered(pool, channel, rules).value.levels


def london(positions: list[StockPosition], holds: HoldCard | None = None) -> int:
    return available(positions, holds)["london"]


def test_everything_that_cannot_be_sold_is_taken_off_on_hand() -> None:
    found = position(
        on_hand=20, reserved=3, quality_inspection=1, quarantine=2, damaged=3, blocked=1
    )
    assert london([found], held(4)) == 6


def test_what_is_in_transit_is_not_sold_and_not_taken_off() -> None:
    assert london([position(on_hand=5, in_transit=9)]) == 5


def test_safety_stock_of_a_channel_is_kept_back_at_every_location() -> None:
    channel = CHANNEL.model_copy(update={"safety_stock": 5})
    assert available([position(on_hand=7)], channel=channel) == {"london": 2, "leeds": 0}


def test_a_hold_counts_where_it_is_as_long_as_its_units_are_there() -> None:
    goods = [position("london", 7), position("leeds", 3)]
    assert available(goods, held(3, "leeds")) == {"london": 7, "leeds": 0}


def test_a_location_without_a_position_sells_nothing() -> None:
    assert london([]) == 0


def test_negative_stock_is_shown_as_none() -> None:
    assert london([position(on_hand=-4)]) == 0


def test_a_discontinued_article_is_not_sold() -> None:
    gone = VARIANT.model_copy(update={"lifecycle": Lifecycle.DISCONTINUED})
    assert not any(available([position(on_hand=9)], variant=gone).values())


def test_a_position_in_another_unit_is_not_guessed_at() -> None:
    crates = position(on_hand=9).model_copy(update={"unit": "CR"})
    found = all_offers(retailer(pools=ONE), [crates])["shop"]
    assert found.value.levels["london"] == 0
    assert "position in CR" in found.chain[0].detail


def test_the_chain_shows_the_sum() -> None:
    ours = retailer([{"safety_stock": 1}], pools=ONE)
    found = all_offers(ours, [position(on_hand=9, reserved=2)], promised={"london": 3})["shop"]
    assert found.chain[0].detail == "on hand 9 - reserved 2 - holds 3 - safety stock 1 = 3"


@given(on_hand=UNITS, reserved=st.integers(0, 99), quarantine=st.integers(0, 99),
       units=st.integers(1, 99))  # fmt: skip
def test_never_more_than_is_physically_free(
    on_hand: int, reserved: int, quarantine: int, units: int
) -> None:
    found = [position(on_hand=on_hand, reserved=reserved, quarantine=quarantine)]
    assert 0 <= london(found, held(units)) <= max(0, on_hand - reserved - quarantine - units)


@pytest.mark.parametrize("fraction", ["0.5", "2.999"])
def test_parts_of_a_unit_are_not_sold(fraction: str) -> None:
    part = position().model_copy(update={"on_hand": Decimal(fraction)})
    assert london([part]) == int(Decimal(fraction))


def test_what_is_not_on_sale_has_no_level_and_the_chain_says_why() -> None:
    found = withheld(all_offers(retailer(pools=ONE), [position()])["shop"], "no price is known")
    assert not any(found.value.levels.values())
    assert found.chain[-1].detail == "no price is known = 0"


# rules


def test_a_rule_may_sell_what_is_otherwise_set_aside() -> None:
    ours = retailer([{"also_sells": ["damaged"], "locations": ["leeds"]}])
    goods = [position("london", 5, damaged=2), position("leeds", 5, damaged=2)]
    assert levels(ours, *goods) == {"london": 3, "leeds": 5, "york": 0}


def test_the_sources_safety_stock_goes_before_that_of_the_file() -> None:
    ours = retailer([{"safety_stock": 4}], pools=ONE)
    told = VARIANT.model_copy(update={"safety_stock": {"london": 1}})
    rules = StockRules(ours).of("HAT-M", None, None)
    places = (position("london", 9), position("leeds", 9))
    pool = pooled(Known(told, places), rules, now=NOW)
    assert {name: place.free for name, place in pool.places.items()} == {"london": 8, "leeds": 5}


def test_a_buffer_in_percent_is_rounded_up() -> None:
    ours = retailer([{"buffer_percent": 10}], pools=ONE)
    assert levels(ours, position(on_hand=11))["london"] == 9


def test_a_cap_is_filled_by_the_channels_first_locations() -> None:
    ours = retailer([{"cap": 20}])
    goods = [position("london", 15), position("leeds", 15), position("york", 15)]
    found = all_offers(ours, goods)["shop"]
    assert found.value.levels == {"london": 15, "leeds": 5, "york": 0}
    assert found.chain[-1].detail == "at most 20 of 45 (london 15, leeds 5, york 0) = 20"


def test_below_its_threshold_a_channel_shows_none() -> None:
    ours = retailer([{"threshold": 5, "channels": ["market"]}])
    goods = [position("london", 2), position("leeds", 2)]
    found = all_offers(ours, goods)
    assert found["shop"].value.levels == {"london": 2, "leeds": 2, "york": 0}
    assert not any(found["market"].value.levels.values())


def test_an_article_may_be_suppressed_at_one_location_of_one_channel() -> None:
    rule = {"suppress": True, "channels": ["market"], "locations": ["leeds"], "skus": ["HAT-M"]}
    goods = [position("london", 2), position("leeds", 2)]
    assert levels(retailer([rule]), *goods, channel="market") == {
        "london": 2,
        "leeds": 0,
        "york": 0,
    }
    assert levels(retailer([rule]), *goods)["leeds"] == 2


def test_few_units_are_as_urgent_as_none() -> None:
    ours = retailer([{"running_low": 3}], pools=ONE)
    assert all_offers(ours, [position(on_hand=3)])["shop"].low
    assert not all_offers(ours, [position(on_hand=4)])["shop"].low


# sold before it is there

BACKORDER: dict[str, object] = {
    "later": {"kind": "backorder", "units": 10, "lead_days": 7},
    "locations": ["london"],
}
SUPPLY = NOW + timedelta(days=3)
PREORDER = {
    "later": {"kind": "preorder", "units": 30, "available_from": SUPPLY.isoformat()},
    "locations": ["london"],
}


def test_a_backorder_is_sold_beyond_what_is_free_and_used_up_by_orders() -> None:
    ours = retailer([BACKORDER], pools=ONE)
    found = all_offers(ours, [position(on_hand=2)], promised={"london": 5})["shop"]
    assert found.value.levels["london"] == 7
    assert found.terms is not None
    assert found.terms.later["london"].units == 7
    assert found.terms.later["london"].lead_days == 7


def test_a_backorder_needs_no_position() -> None:
    assert levels(retailer([BACKORDER], pools=ONE), promised={"london": 4})["london"] == 6


def test_a_backorder_may_be_limited_to_what_is_on_its_way() -> None:
    rule = {"later": {"kind": "backorder", "units": 10, "in_transit": True}}
    ours = retailer([rule], pools=ONE)
    assert levels(ours, position(on_hand=1, in_transit=4))["london"] == 5


def test_what_arrives_early_for_a_preorder_is_not_sold_twice() -> None:
    ours = retailer([PREORDER], pools=ONE)
    assert levels(ours, position(on_hand=0))["london"] == 30
    assert levels(ours, position(on_hand=12))["london"] == 30
    found = all_offers(ours, [position(on_hand=12)])["shop"]
    assert found.terms is not None
    assert found.terms.later["london"].units == 18


def test_a_preorder_ends_when_the_goods_can_be_delivered() -> None:
    ours = retailer([PREORDER], pools=ONE)
    assert pool_of(ours, [position(on_hand=1)]).next_change == SUPPLY
    rules = StockRules(ours).of("HAT-M", None, None)
    after = pooled(Known(VARIANT, [position(on_hand=1)]), rules, now=SUPPLY)
    assert offered(after, ours.channel("shop"), rules).value.levels["london"] == 1


def test_a_channel_may_leave_out_what_is_sold_later() -> None:
    rules: list[dict[str, object]] = [BACKORDER, {"sells_later": False, "channels": ["market"]}]
    found = all_offers(retailer(rules), [position(on_hand=2)])
    assert found["shop"].value.levels["london"] == 12
    assert found["market"].value.levels["london"] == 2
    assert found["market"].terms is None


# doubt


def doubted(**policy: object) -> dict[str, tuple[Doubted, ...]]:
    since = NOW - timedelta(minutes=31)
    return {"london": (Doubted("null", since, Unknown.model_validate(policy)),)}


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        ({"then": "keep"}, 10),
        ({"then": "floor", "units": 2, "every_minutes": 15}, 4),
        ({"then": "suppress"}, 0),
    ],
)
def test_of_a_doubted_level_is_shown_what_the_policy_leaves(
    policy: dict[str, object], shown: int
) -> None:
    ours = retailer(pools=ONE)
    found = all_offers(ours, [position(on_hand=10)], doubts=doubted(**policy))["shop"]
    assert found.value.levels["london"] == shown
    assert found.terms is not None
    assert found.terms.unknown["london"].startswith("null since 2026-11-27T08:29")


def test_a_floor_grows_by_the_clock() -> None:
    growing = doubted(then="floor", every_minutes=15)
    pool = pool_of(retailer(pools=ONE), [position()], doubts=growing)
    assert pool.next_change == NOW + timedelta(minutes=14)


def test_what_is_suppressed_is_not_sold_later_either() -> None:
    ours = retailer([BACKORDER], pools=ONE)
    assert levels(ours, position(), doubts=doubted(then="suppress"))["london"] == 0
