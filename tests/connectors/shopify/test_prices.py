"""Prices: grouped by product, an outcome per line, applied only when the shop says so."""

from collections.abc import Mapping

import httpx
import pytest

from shared.connectors.shopify import queries
from shared.errors import InDoubtError
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.target import Outcome, PriceValue, Push, Verdict
from tests.connectors.shopify.world import World, jacket, mug, world


def pushed(there: World, *pushes: Push) -> dict[str, Outcome]:
    batches = there.shop.batches(Facet.PRICE, pushes)
    return {o.key: o for batch in batches for o in there.shop.push(Facet.PRICE, batch)}


def answered(*errors: Mapping[str, object], variants: object = None) -> httpx.Response:
    payload = {"productVariants": variants, "userErrors": list(errors)}
    return httpx.Response(200, json={"data": {"productVariantsBulkUpdate": payload}})


def test_products_go_a_call_each_and_as_many_at_once_as_a_second_pays_for() -> None:
    there = world()
    pushes = []
    for i in range(20):
        there.list(jacket("M", "L", product_id=f"P{i}"))
        pushes += [there.price(f"P{i}-M", 11900), there.price(f"P{i}-L", 12900)]
    batches = list(there.shop.batches(Facet.PRICE, pushes))
    assert [len(batch) for batch in batches] == [16, 16, 8]
    assert {o.verdict for o in pushed(there, *pushes).values()} == {Verdict.APPLIED}
    assert there.counter("PricesSet") == 20


def test_no_call_carries_more_than_250_lines() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(300))))
    pushes = [there.price(f"TJ-S{i}", 100 + i) for i in range(300)]
    assert {o.verdict for o in pushed(there, *pushes).values()} == {Verdict.APPLIED}
    sent = [variables["variants"] for name, variables in there.wire.sent if name == "PricesSet"]
    # The calls go out side by side, in no order.
    assert sorted(len(rows) for rows in sent if isinstance(rows, list)) == [50, 250]
    assert there.shop_price("TJ-S299") == (399, None)


def test_a_line_for_which_a_product_is_refused_unnamed_is_found_and_the_others_are_set() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(32))))
    there.simulator.control("poison", sku="TJ-S11")
    outcomes = pushed(there, *(there.price(f"TJ-S{i}", 100 + i) for i in range(32)))
    refused = {key for key, outcome in outcomes.items() if outcome.verdict is Verdict.REJECTED}
    assert refused == {"TJ-S11"}
    assert sum(o.verdict is Verdict.APPLIED for o in outcomes.values()) == 31
    assert there.counter("PricesSet") <= 1 + 5 + 2


def test_trouble_with_one_product_is_told_of_its_lines_alone() -> None:
    there = world()
    there.list(jacket("M"))
    there.list(mug())
    lines = [there.price("TJ-M", 11900), there.price("MUG", 900)]
    there.wire.next = [httpx.Response(502, text="bad gateway")]
    outcomes = pushed(there, *lines)
    assert sorted(o.verdict for o in outcomes.values()) == [Verdict.APPLIED, Verdict.UNKNOWN]


def test_a_price_and_the_one_struck_through_are_set_and_cleared() -> None:
    there = world()
    there.list(mug())
    assert pushed(there, there.price("MUG", 900, 1200))["MUG"].verdict is Verdict.APPLIED
    assert there.shop_price("MUG") == (900, 1200)
    pushed(there, there.price("MUG", 1200))
    assert there.shop_price("MUG") == (1200, None)


def test_an_article_the_shop_does_not_list_is_rejected_without_a_call() -> None:
    there = world()
    outcome = pushed(there, there.price("MUG", 900))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "not_listed")
    assert there.wire.sent == []


def test_a_price_in_another_currency_is_never_sent() -> None:
    there = world()
    there.list(mug())
    value = PriceValue(price=Money(amount=900, currency="USD")).model_dump(mode="json")
    outcome = pushed(there, there.line("MUG", "MUG", value))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "currency")
    assert there.shop_price("MUG") == (0, None)


def test_a_bad_line_is_rejected_and_the_others_are_applied() -> None:
    there = world()
    there.list(jacket("M", "L", "XL"))
    there.links["TJ-L"]["variant"] = "gid://shopify/ProductVariant/404"
    keys = ("TJ-M", "TJ-L", "TJ-XL")
    found = pushed(there, *(there.price(key, 11900) for key in keys))
    assert [found[key].verdict for key in keys] == [
        Verdict.APPLIED,
        Verdict.REJECTED,
        Verdict.APPLIED,
    ]
    assert found["TJ-L"].code == "PRODUCT_VARIANT_DOES_NOT_EXIST"
    assert there.shop_price("TJ-XL") == (11900, None)


def test_a_line_refused_by_its_place_that_shows_what_was_sent_is_read_back() -> None:
    there = world()
    there.list(jacket("M", "L"))
    said = {"code": "INVALID", "field": ["variants", "1", "price"], "message": "of another line"}
    rows = [{"id": there.links["TJ-L"]["variant"], "price": "1.00", "compareAtPrice": None}]
    there.wire.next = [answered(said, variants=rows)]
    found = pushed(there, there.price("TJ-M", 100), there.price("TJ-L", 100))
    assert {o.verdict for o in found.values()} == {Verdict.UNKNOWN}
    assert found["TJ-L"].code == "another_line"


def test_a_product_that_is_gone_rejects_every_line() -> None:
    there = world()
    there.list(jacket("M", "L"))
    for sku in ("TJ-M", "TJ-L"):
        there.links[sku]["product"] = "gid://shopify/Product/404"
    found = pushed(there, there.price("TJ-M", 1), there.price("TJ-L", 2))
    assert {o.code for o in found.values()} == {"PRODUCT_DOES_NOT_EXIST"}


def test_an_error_that_names_no_line_leaves_no_line_applied() -> None:
    there = world()
    there.list(jacket("M", "L"))
    said = {"code": None, "field": None, "message": "something went wrong"}
    rows = [
        {"id": there.links[f"TJ-{size}"]["variant"], "price": "1.00", "compareAtPrice": None}
        for size in ("M", "L")
    ]
    there.wire.next = [answered(said, variants=rows)]
    found = pushed(there, there.price("TJ-M", 100), there.price("TJ-L", 100))
    assert {o.verdict for o in found.values()} == {Verdict.UNKNOWN}


def test_a_line_is_matched_by_its_id_and_not_by_its_place() -> None:
    there = world()
    there.list(jacket("M", "L"))
    rows = [
        {"id": there.links["TJ-L"]["variant"], "price": "2.00", "compareAtPrice": None},
        {"id": there.links["TJ-M"]["variant"], "price": "1.00", "compareAtPrice": None},
    ]
    there.wire.next = [answered(variants=rows)]
    found = pushed(there, there.price("TJ-M", 100), there.price("TJ-L", 200))
    assert {o.verdict for o in found.values()} == {Verdict.APPLIED}


def test_a_line_the_answer_leaves_out_is_unknown() -> None:
    there = world()
    there.list(mug())
    there.wire.next = [answered(variants=[])]
    assert pushed(there, there.price("MUG", 100))["MUG"].verdict is Verdict.UNKNOWN


def test_a_line_answered_with_another_price_is_unknown() -> None:
    there = world()
    there.list(mug())
    row = {"id": there.links["MUG"]["variant"], "price": "3.00", "compareAtPrice": None}
    there.wire.next = [answered(variants=[row])]
    outcome = pushed(there, there.price("MUG", 100))["MUG"]
    assert (outcome.verdict, outcome.code) == (Verdict.UNKNOWN, "other_price")


def test_a_busy_product_is_to_be_tried_again() -> None:
    there = world()
    there.list(mug())
    said = {"code": "OPERATION_IN_PROGRESS", "field": ["productId"], "message": "busy"}
    there.wire.next = [answered(said)]
    assert pushed(there, there.price("MUG", 100))["MUG"].verdict is Verdict.RETRY


def test_a_lost_answer_leaves_a_doubt_that_reading_back_resolves() -> None:
    there = world()
    there.list(mug())
    push = there.price("MUG", 900)
    there.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        there.shop.push(Facet.PRICE, [push])
    assert there.shop.shown(Facet.PRICE, [push]) == {"MUG": push.desired}


def test_prices_are_read_back_250_at_a_time_and_absent_where_the_variant_is_gone() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(251))))
    there.list(mug())
    there.links["MUG"]["variant"] = "gid://shopify/ProductVariant/404"
    pushes = [there.price(f"TJ-S{i}", 0) for i in range(251)] + [there.price("MUG", 1)]
    shown = there.shop.shown(Facet.PRICE, pushes)
    assert "MUG" not in shown
    assert shown["TJ-S250"] == pushes[250].desired
    assert there.wire.operations().count("Prices") == 2


def test_a_price_update_costs_ten_points_and_a_fifth_per_variant() -> None:
    there = world()
    sizes = [f"S{i}" for i in range(7)]
    there.list(jacket(*sizes))
    before = there.simulator.points
    pushed(there, *(there.price(f"TJ-{size}", 100) for size in sizes))
    assert there.simulator.points - before == queries.prices_set(7).points == 11_400
