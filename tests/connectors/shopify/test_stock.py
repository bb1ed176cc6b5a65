"""Stock: compare-and-set, one key per change, no row twice, no line lost in a refused call."""

import json
from collections.abc import Mapping

import httpx
import pytest

from sandbox.vendors.shopify.simulator import Account, Doubts
from shared.connectors.shopify import hints
from shared.errors import InDoubtError
from shared.model.ids import Facet
from shared.model.target import Outcome, Push, Verdict
from tests.connectors.shopify.world import LEEDS, LONDON, World, jacket, mug, world


def pushed(there: World, *pushes: Push) -> dict[str, Outcome]:
    batches = there.shop.batches(Facet.STOCK, pushes)
    return {o.key: o for batch in batches for o in there.shop.push(Facet.STOCK, batch)}


def refused(*errors: Mapping[str, object], group: object = None) -> httpx.Response:
    payload = {"inventoryAdjustmentGroup": group, "userErrors": list(errors)}
    return httpx.Response(200, json={"data": {"inventorySetQuantities": payload}})


def sent_rows(there: World) -> list[list[dict[str, object]]]:
    calls = [v["input"] for name, v in there.wire.sent if name == "StockSet"]
    return [c["quantities"] for c in calls if isinstance(c, dict)]


def test_levels_are_set_at_every_location() -> None:
    there = world()
    there.list(mug())
    push = there.stock("MUG", {"london": 5, "leeds": 3})
    assert pushed(there, push)["MUG"].verdict is Verdict.APPLIED
    assert (there.level("MUG", LONDON), there.level("MUG", LEEDS)) == (5, 3)


def test_only_locations_whose_level_changed_are_sent() -> None:
    there = world()
    there.list(mug())
    pushed(there, there.stock("MUG", {"london": 5, "leeds": 3}))
    now = {"london": 4, "leeds": 3}
    pushed(there, there.stock("MUG", now, {"london": 5, "leeds": 3}, version=2))
    assert [row["locationId"] for row in sent_rows(there)[-1]] == [LONDON]


def test_the_level_last_published_is_what_the_shop_must_still_hold() -> None:
    there = world()
    there.list(mug())
    pushed(there, there.stock("MUG", {"london": 5}))
    pushed(there, there.stock("MUG", {"london": 4}, {"london": 5}, version=2))
    assert [row["changeFromQuantity"] for rows in sent_rows(there) for row in rows] == [None, 5]


def test_nothing_to_change_is_applied_without_a_call() -> None:
    there = world()
    there.list(mug())
    before = len(there.wire.sent)
    assert (
        pushed(there, there.stock("MUG", {"london": 5}, {"london": 5}))["MUG"].verdict
        is Verdict.APPLIED
    )
    assert len(there.wire.sent) == before


def test_a_sale_in_between_makes_the_write_stale_and_changes_nothing() -> None:
    there = world()
    there.list(mug())
    pushed(there, there.stock("MUG", {"london": 5}))
    there.ordered(lines=[{"sku": "MUG", "quantity": 2, "price": "9.00"}])
    outcome = pushed(there, there.stock("MUG", {"london": 6}, {"london": 5}, version=2))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.STALE, "CHANGE_FROM_QUANTITY_STALE")
    assert there.level("MUG", LONDON) == 3


def test_one_stale_row_does_not_hold_up_the_others() -> None:
    there = world()
    there.list(jacket("M", "L", "XL"))
    keys = [f"TJ-{size}" for size in ("M", "L", "XL")]
    pushed(there, *(there.stock(key, {"london": 5}) for key in keys))
    there.simulator.control("set_stock", sku="TJ-L", location=LONDON, available=2)
    found = pushed(there, *(there.stock(k, {"london": 9}, {"london": 5}, 2) for k in keys))
    assert [found[key].verdict for key in keys] == [
        Verdict.APPLIED,
        Verdict.STALE,
        Verdict.APPLIED,
    ]
    assert [there.level(key, LONDON) for key in keys] == [9, 2, 9]


def test_a_line_half_applied_is_read_back_before_it_goes_again() -> None:
    there = world()
    there.list(mug())
    levels = {"london": 5, "leeds": 5}
    pushed(there, there.stock("MUG", levels))
    there.simulator.control("set_stock", sku="MUG", location=LEEDS, available=2)
    outcome = pushed(there, there.stock("MUG", {"london": 9, "leeds": 9}, levels, 2))["MUG"]
    assert outcome.verdict is Verdict.STALE
    assert (there.level("MUG", LONDON), there.level("MUG", LEEDS)) == (9, 2)


def test_a_stale_error_that_names_no_row_makes_every_line_stale() -> None:
    there = world()
    there.list(jacket("M", "L"))
    said = {"code": "CHANGE_FROM_QUANTITY_STALE", "field": None, "message": "stale"}
    there.wire.next = [refused(said)]
    found = pushed(there, there.stock("TJ-M", {"london": 1}), there.stock("TJ-L", {"london": 1}))
    assert {o.verdict for o in found.values()} == {Verdict.STALE}


def test_errors_beside_a_change_that_was_made_leave_every_line_unknown() -> None:
    there = world()
    there.list(jacket("M", "L"))
    said = {
        "code": "INVALID_INVENTORY_ITEM",
        "field": ["input", "quantities", "1"],
        "message": "no such item",
    }
    group = {"id": "gid://shopify/InventoryAdjustmentGroup/1"}
    there.wire.next = [refused(said, group=group)]
    found = pushed(there, there.stock("TJ-M", {"london": 1}), there.stock("TJ-L", {"london": 1}))
    assert {o.verdict for o in found.values()} == {Verdict.UNKNOWN}


def test_a_repeat_of_the_same_write_is_done_once_under_the_same_key() -> None:
    there = world()
    there.list(mug())
    push = there.stock("MUG", {"london": 5})
    there.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        there.shop.push(Facet.STOCK, [push])
    there.ordered(lines=[{"sku": "MUG", "price": "9.00"}])
    assert pushed(there, push)["MUG"].verdict is Verdict.APPLIED
    assert there.level("MUG", LONDON) == 4  # the sale stands: the repeat set nothing
    keys = {v["key"] for name, v in there.wire.sent if name == "StockSet"}
    assert len(keys) == 1


def test_going_back_and_forth_is_three_changes_and_not_one_replayed() -> None:
    there = world()
    there.list(mug())
    level = 0
    for version, wanted in enumerate((5, 3, 5, 3), start=1):
        push = there.stock("MUG", {"london": wanted}, {"london": level}, version)
        assert pushed(there, push)["MUG"].verdict is Verdict.APPLIED
        assert there.level("MUG", LONDON) == wanted
        level = wanted


@pytest.mark.parametrize("spent", [True, False])
def test_a_key_spent_on_a_failed_call_does_not_block_the_line(spent: bool) -> None:  # noqa: FBT001
    there = world(doubts=Doubts(failures_spend_keys=spent))
    there.list(mug())
    pushed(there, there.stock("MUG", {"london": 5}))
    push = there.stock("MUG", {"london": 6}, {"london": 4}, version=2)
    assert pushed(there, push)["MUG"].verdict is Verdict.STALE
    there.simulator.control("set_stock", sku="MUG", location=LONDON, available=4)
    assert pushed(there, push)["MUG"].verdict is Verdict.APPLIED
    assert there.level("MUG", LONDON) == 6


@pytest.mark.parametrize("code", ["INVALID_LOCATION", None])
def test_an_item_not_stocked_at_a_location_is_stocked_there_within_the_call(
    code: str | None,
) -> None:
    there = world(doubts=Doubts(not_stocked_code=code), stock_new_variants=False)
    there.list(mug())
    assert there.level("MUG", LEEDS) is None
    assert pushed(there, there.stock("MUG", {"leeds": 3}))["MUG"].verdict is Verdict.APPLIED
    assert there.level("MUG", LEEDS) == 3


@pytest.mark.parametrize(
    ("trouble", "verdict"),
    [
        (httpx.Response(500), Verdict.UNKNOWN),
        (httpx.Response(429), Verdict.RETRY),
        (httpx.Response(400), Verdict.REJECTED),
    ],
)
def test_trouble_in_the_second_call_leaves_what_the_first_settled(
    trouble: httpx.Response, verdict: Verdict
) -> None:
    there = world()
    there.list(jacket("M", "L"))
    pushed(there, there.stock("TJ-M", {"london": 5}))
    there.simulator.control("set_stock", sku="TJ-M", location=LONDON, available=4)
    there.wire.next = [None, trouble]
    stale = there.stock("TJ-M", {"london": 6}, {"london": 5}, version=2)
    found = pushed(there, stale, there.stock("TJ-L", {"london": 1}))
    assert found["TJ-M"].verdict is Verdict.STALE
    assert found["TJ-L"].verdict is verdict


def test_a_line_throttled_while_it_is_being_stocked_goes_on_the_next_time() -> None:
    there = world(stock_new_variants=False)
    there.list(jacket("M", "L"))
    pushes = [there.stock(f"TJ-{size}", {"leeds": 2}) for size in ("M", "L")]
    there.wire.next = [None, None, httpx.Response(429)]
    found = pushed(there, *pushes)
    assert {o.verdict for o in found.values()} == {Verdict.RETRY}
    assert (there.level("TJ-M", LEEDS), there.level("TJ-L", LEEDS)) == (0, None)
    assert {o.verdict for o in pushed(there, *pushes).values()} == {Verdict.APPLIED}


def test_a_location_the_shop_does_not_have_is_rejected() -> None:
    there = world(account=Account(locations=("London",)), stock_new_variants=False)
    there.list(mug())
    outcome = pushed(there, there.stock("MUG", {"london": 1, "leeds": 3}))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "not_stocked")


def test_a_location_nobody_mapped_is_named() -> None:
    there = world()
    there.list(mug())
    outcome = pushed(there, there.stock("MUG", {"york": 3}))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "unmapped_location")
    assert "york" in outcome.message


BOTH = {"london": 5, "leeds": 5}


def test_a_location_nobody_mapped_keeps_no_other_from_its_new_level() -> None:
    there = world()
    there.list(mug())
    pushed(there, there.stock("MUG", BOTH))
    wish = there.stock("MUG", {"leeds": 0, "london": 1, "york": 3}, BOTH, version=2)
    outcome = pushed(there, wish)["MUG"]
    assert (there.level("MUG", LONDON), there.level("MUG", LEEDS)) == (1, 0)
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "unmapped_location")
    assert "york" in outcome.message
    assert "external.shop" in outcome.remedy
    assert outcome.shown == {"levels": {"leeds": 0, "london": 1}}


def test_a_location_the_shop_does_not_stock_keeps_no_other_from_its_new_level() -> None:
    there = world(account=Account(locations=("London",)), stock_new_variants=False)
    there.list(mug())
    outcome = pushed(there, there.stock("MUG", {"leeds": 3, "london": 1, "york": 2}))["MUG"]
    assert there.level("MUG", LONDON) == 1
    assert (outcome.verdict, outcome.shown) == (Verdict.REJECTED, {"levels": {"london": 1}})
    assert "at leeds: " in outcome.message
    assert "'york' has no id" in outcome.message
    assert "stock the article there in Shopify" in outcome.remedy


def test_what_is_refused_for_good_waits_for_what_is_refused_for_now() -> None:
    there = world()
    there.list(mug())
    pushed(there, there.stock("MUG", BOTH))
    there.simulator.control("set_stock", sku="MUG", location=LEEDS, available=2)
    wish = there.stock("MUG", {"leeds": 9, "london": 9, "york": 1}, BOTH, version=2)
    outcome = pushed(there, wish)["MUG"]
    assert (outcome.verdict, outcome.shown) == (Verdict.STALE, None)
    read = {"london": 9, "leeds": 2}
    again = there.stock("MUG", {"leeds": 9, "london": 9, "york": 1}, read, version=3)
    outcome = pushed(there, again)["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "unmapped_location")
    assert (there.level("MUG", LONDON), there.level("MUG", LEEDS)) == (9, 9)


def test_an_article_the_shop_does_not_list_is_rejected_without_a_call() -> None:
    there = world()
    outcome = pushed(there, there.stock("MUG", {"london": 3}))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "not_listed")
    assert there.wire.sent == []


def test_a_quantity_no_shop_may_hold_is_rejected_and_the_rest_is_set() -> None:
    there = world()
    there.list(jacket("M", "L"))
    found = pushed(
        there, there.stock("TJ-M", {"london": 1_000_000_001}), there.stock("TJ-L", {"london": 1})
    )
    assert found["TJ-M"].code == "bad_quantity"
    assert found["TJ-L"].verdict is Verdict.APPLIED


def test_an_item_the_shop_does_not_know_is_rejected_by_the_shop() -> None:
    there = world()
    there.list(jacket("M", "L"))
    there.links["TJ-M"]["inventory_item"] = "gid://shopify/InventoryItem/404"
    found = pushed(there, there.stock("TJ-M", {"london": 1}), there.stock("TJ-L", {"london": 1}))
    assert found["TJ-M"].code == "INVALID_INVENTORY_ITEM"
    assert found["TJ-L"].verdict is Verdict.APPLIED


def test_calls_hold_250_rows_and_a_line_is_never_split() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(130))))
    levels = {"london": 1, "leeds": 2}
    pushes = [there.stock(f"TJ-S{i}", levels) for i in range(130)]
    assert [len(b) for b in there.shop.batches(Facet.STOCK, pushes)] == [125, 5]
    assert {o.verdict for o in pushed(there, *pushes).values()} == {Verdict.APPLIED}


def test_two_lines_of_one_item_never_share_a_call() -> None:
    there = world()
    there.list(jacket("M", "L"))
    there.links["TJ-L"] = there.links["TJ-M"]
    pushes = [there.stock("TJ-M", {"london": 1}), there.stock("TJ-L", {"london": 2})]
    assert [len(b) for b in there.shop.batches(Facet.STOCK, pushes)] == [1, 1]
    first, second = there.shop.push(Facet.STOCK, pushes)
    assert first.verdict is Verdict.APPLIED
    assert second.code == "duplicate_item"


def test_the_shop_shows_the_levels_of_the_locations_asked_about() -> None:
    there = world()
    there.list(jacket("M", "L"))
    push = there.stock("TJ-M", {"london": 5, "leeds": 3})
    pushed(there, push)
    other = there.stock("TJ-L", {"leeds": 0})
    shown = there.shop.shown(Facet.STOCK, [push, other])
    assert shown == {"TJ-M": push.desired, "TJ-L": other.desired}


def test_many_items_are_read_below_the_price_of_a_single_call() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(250))))
    pushes = [there.stock(f"TJ-S{i}", {"london": 0, "leeds": 0}) for i in range(250)]
    assert len(there.shop.shown(Facet.STOCK, pushes)) == 250
    assert max(cost for name, cost in there.wire.stated if name == "Levels") <= 1000


def test_an_item_not_stocked_anywhere_asked_shows_no_level() -> None:
    there = world(stock_new_variants=False)
    there.list(mug())
    shown = there.shop.shown(Facet.STOCK, [there.stock("MUG", {"leeds": 1})])
    assert shown == {"MUG": {"levels": {}}}


def test_nothing_mapped_is_nothing_shown() -> None:
    there = world()
    there.list(mug())
    assert there.shop.shown(Facet.STOCK, [there.stock("MUG", {"york": 1})]) == {}


def test_of_250_lines_with_3_poison_ones_247_are_set_and_3_are_named() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(250))))
    skus = [f"TJ-S{i}" for i in range(250)]
    levels = {sku: {"london": 5} for sku in skus}
    levels["TJ-S10"] = {"london": 5, "york": 3}  # nobody mapped it
    levels["TJ-S100"] = {"london": 1_000_000_001}
    there.links["TJ-S249"]["inventory_item"] = "gid://shopify/InventoryItem/404"
    found = pushed(there, *(there.stock(sku, said) for sku, said in levels.items()))
    refused = {sku: o for sku, o in found.items() if o.verdict is not Verdict.APPLIED}
    assert {sku: (o.verdict, o.code) for sku, o in refused.items()} == {
        "TJ-S10": (Verdict.REJECTED, "unmapped_location"),
        "TJ-S100": (Verdict.REJECTED, "bad_quantity"),
        "TJ-S249": (Verdict.REJECTED, "INVALID_INVENTORY_ITEM"),
    }
    assert "york" in refused["TJ-S10"].message
    shown = [*(sku for sku in skus if sku not in refused), "TJ-S10"]
    assert {there.level(sku, LONDON) for sku in shown} == {5}


def test_the_echo_of_a_level_we_set_is_nothing_to_read() -> None:
    there = world()
    there.list(mug())
    url = "https://api.example/hooks/shop"
    there.simulator.control("subscribe", uri=url, more=["inventory_levels/update"])
    there.simulator.due(there.clock.now())
    pushed(there, there.stock("MUG", {"london": 5, "leeds": 3}))
    echoes = there.simulator.due(there.clock.now())
    assert sorted(json.loads(one.body)["available"] for one in echoes) == [3, 5]
    assert [hints.readings(one.headers, one.body) for one in echoes] == [[], []]
