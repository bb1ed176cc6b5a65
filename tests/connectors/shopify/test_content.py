"""Listings: whole products, ids kept, nothing sold that is not meant to be."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.connectors.shopify import mapping
from shared.connectors.shopify.settings import ShopifySettings
from shared.errors import InDoubtError
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.product import Product, Variant
from shared.model.target import Verdict
from tests.connectors.shopify.world import LEEDS, LONDON, World, jacket, mug, world


def listed(there: World) -> dict[str, Json]:
    """The shop's only product."""
    products = there.simulator.control("products")
    assert isinstance(products, list)
    [product] = products
    assert isinstance(product, dict)
    return product


def skus(there: World) -> list[str]:
    variants = listed(there)["variants"]
    assert isinstance(variants, list)
    return [str(v["sku"]) for v in variants if isinstance(v, dict)]


def test_a_new_product_is_listed_with_every_variant() -> None:
    there = world()
    assert there.list(jacket("M", "L")).verdict is Verdict.APPLIED
    assert skus(there) == ["TJ-M", "TJ-L"]
    assert listed(there)["handle"] == "tj"


def test_the_outcome_links_the_product_and_each_sku() -> None:
    there = world()
    links = there.list(jacket("M", "L")).links
    assert set(links) == {"TJ", "TJ-M", "TJ-L"}
    assert links["TJ-M"]["product"] == links["TJ"]["product"]
    assert links["TJ-M"]["variant"].startswith("gid://shopify/ProductVariant/")
    assert links["TJ-M"]["inventory_item"].startswith("gid://shopify/InventoryItem/")


def test_what_the_shop_lists_is_linked_without_a_write() -> None:
    there = world()
    links = there.list(jacket("M", "L")).links
    there.links.clear()
    before = len(there.wire.sent)
    found = there.shop.listed([there.content(jacket("M", "L")), there.content(mug())])
    assert found == links
    assert {name for name, _ in there.wire.sent[before:]} == {"Product"}


def test_a_product_named_like_its_only_sku_has_all_links_in_one() -> None:
    there = world()
    assert set(there.list(mug()).links["MUG"]) == {"product", "variant", "inventory_item"}


def test_neither_price_nor_stock_is_sent_with_a_listing() -> None:
    there = world()
    there.list(jacket("M"))
    [sent] = [v for name, v in there.wire.sent if name == "ProductSet"]
    assert '"price"' not in str(sent).replace("'", '"')
    assert there.shop_price("TJ-M") == (0, None)
    assert there.level("TJ-M", LONDON) == 0


def test_a_new_variant_is_stocked_with_nothing_at_every_location_of_the_channel() -> None:
    there = world()
    there.list(jacket("M"))
    assert there.level("TJ-M", LONDON) == there.level("TJ-M", LEEDS) == 0


def test_stocking_new_variants_can_be_left_to_the_shop() -> None:
    there = world(stock_new_variants=False)
    there.list(jacket("M"))
    assert there.level("TJ-M", LEEDS) is None


def test_a_repeated_listing_changes_nothing_and_keeps_every_id() -> None:
    there = world()
    before = there.list(jacket("M", "L")).links
    assert there.list(jacket("M", "L")).links == before
    assert len(skus(there)) == 2


def test_a_renamed_option_value_keeps_the_variant_with_its_price_and_stock() -> None:
    there = world()
    there.list(jacket("M"))
    before = there.links["TJ-M"]["variant"]
    there.simulator.control("set_price", sku="TJ-M", price=11900)
    renamed = jacket("M").variants[0].model_copy(update={"option_values": ("Medium",)})
    there.list(jacket("M").model_copy(update={"variants": (renamed,)}))
    assert there.links["TJ-M"]["variant"] == before
    assert there.shop_price("TJ-M") == (11900, None)


def test_a_discontinued_variant_leaves_the_shop() -> None:
    there = world()
    there.list(jacket("M", "L"))
    there.list(jacket("M", "L", gone=["L"]))
    assert skus(there) == ["TJ-M"]


def test_a_product_no_longer_sold_at_all_is_archived_whole() -> None:
    there = world()
    there.list(jacket("M", "L"))
    there.list(jacket("M", "L", gone=["M", "L"]))
    assert listed(there)["status"] == "ARCHIVED"
    assert skus(there) == ["TJ-M", "TJ-L"]


def test_a_product_sold_again_comes_out_of_the_archive() -> None:
    there = world()
    there.list(jacket("M", gone=["M"]))
    there.list(jacket("M"))
    assert listed(there)["status"] == "ACTIVE"


def test_a_product_people_made_a_draft_stays_one() -> None:
    there = world(new_status="DRAFT")
    there.list(jacket("M"))
    there.list(jacket("M", title="Warmer jacket"))
    assert listed(there)["status"] == "DRAFT"
    assert listed(there)["title"] == "Warmer jacket"


def test_a_product_without_options_gets_shopifys_default_one() -> None:
    there = world()
    there.list(mug())
    assert listed(there)["options"] == ["Title"]


def test_a_new_product_is_published_where_the_settings_say() -> None:
    there = world(publications=["gid://shopify/Publication/7"])
    there.list(mug())
    assert listed(there)["publications"] == ["gid://shopify/Publication/7"]


def test_a_listing_whose_publication_was_lost_is_published_on_the_next_try() -> None:
    there = world(publications=["gid://shopify/Publication/7"])
    push = there.content(mug())
    there.wire.next = []
    there.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        there.shop.push(Facet.CONTENT, [push])
    assert there.shop.shown(Facet.CONTENT, [push])["MUG"] != push.desired
    assert there.list(mug()).verdict is Verdict.APPLIED
    assert listed(there)["publications"] == ["gid://shopify/Publication/7"]


def test_more_than_250_variants_are_listed_and_linked() -> None:
    there = world()
    outcome = there.list(jacket(*(f"S{i}" for i in range(300))))
    assert outcome.verdict is Verdict.APPLIED
    assert len(outcome.links) == 301


def test_a_product_deleted_by_people_is_listed_again_under_our_handle() -> None:
    there = world()
    there.list(mug())
    there.links["MUG"]["product"] = "gid://shopify/Product/404"
    assert there.list(mug()).verdict is Verdict.APPLIED
    assert there.links["MUG"]["product"] != "gid://shopify/Product/404"


def test_a_handle_people_changed_is_left_alone() -> None:
    there = world()
    there.list(mug())
    product = next(iter(there.simulator.shop.products.values()))
    product.handle = "best-mug"
    there.simulator.shop.handles = {"best-mug": product.product_id}
    assert there.list(mug()).verdict is Verdict.APPLIED
    assert listed(there)["handle"] == "best-mug"


def test_what_shopify_refuses_is_rejected_with_its_code_and_place() -> None:
    there = world()
    twice = jacket("M", "M2")
    same = tuple(v.model_copy(update={"option_values": ("M",)}) for v in twice.variants)
    outcome = there.list(twice.model_copy(update={"variants": same}))
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "INVALID_VARIANT")
    assert "variants/1" in outcome.message


def test_an_ambiguous_error_is_unknown_rather_than_refused() -> None:
    there = world()
    said = {"code": "JOB_ERROR", "field": None, "message": "unclear"}
    body = {"data": {"productSet": {"product": None, "userErrors": [said]}}}
    probe = {"data": {"product": None}}
    there.wire.next = [httpx.Response(200, json=probe), httpx.Response(200, json=body)]
    assert there.list(mug()).verdict is Verdict.UNKNOWN


def test_a_target_that_is_no_product_is_rejected_by_itself() -> None:
    there = world()
    bad = there.line("X", "X", {"title": "no variants"})
    good = there.content(mug())
    first, second = there.shop.push(Facet.CONTENT, [bad, good])
    assert (first.verdict, first.code) == (Verdict.REJECTED, "bad_target")
    assert second.verdict is Verdict.APPLIED


def test_the_shop_shows_the_desired_value_once_it_shows_all_of_it() -> None:
    there = world()
    there.list(jacket("M", "L"))
    push = there.content(jacket("M", "L"))
    assert there.shop.shown(Facet.CONTENT, [push]) == {"TJ": push.desired}


def test_the_shop_shows_what_differs_when_something_does() -> None:
    there = world()
    there.list(jacket("M", "L"))
    push = there.content(jacket("M", "L", title="Other jacket"))
    shown = there.shop.shown(Facet.CONTENT, [push])["TJ"]
    assert isinstance(shown, dict)
    assert shown["title"] == "Trail jacket"


def test_a_product_the_shop_does_not_have_is_absent_from_what_it_shows() -> None:
    there = world()
    assert there.shop.shown(Facet.CONTENT, [there.content(mug())]) == {}


def test_text_is_escaped_and_html_is_sent_as_it_is() -> None:
    product = Product(
        product_id="A", title="A", description="1 < 2\nok", variants=mug("A").variants
    )
    assert mapping.description(product, ShopifySettings()) == "1 &lt; 2<br>ok"
    as_is = ShopifySettings(description_is_html=True)
    assert mapping.description(product, as_is) == "1 < 2\nok"


@pytest.mark.parametrize(
    ("product_id", "handle"),
    [("TJ-100", "tj-100"), ("000000000000100045", "000000000000100045")],
)
def test_a_plain_id_is_its_own_handle(product_id: str, handle: str) -> None:
    assert mapping.handle(product_id, "") == handle
    assert mapping.handle(product_id, "erp-") == f"erp-{handle}"


IDS = st.text(min_size=1, max_size=64)


@given(one=IDS, other=IDS)
def test_two_products_never_share_a_handle(one: str, other: str) -> None:
    same = mapping.handle(one, "") == mapping.handle(other, "")
    assert same == (one == other)


@given(product_id=IDS)
def test_a_handle_holds_only_what_a_url_may(product_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", mapping.handle(product_id, "erp-"))


def test_a_variant_left_out_of_the_shop_is_not_linked_to_a_stranger() -> None:
    product = mug()
    other = Product(product_id="B", title="B", variants=(Variant(sku="B", base_unit="PC"),))
    there = world()
    there.list(product)
    assert "B" not in there.links
    assert there.list(other).links["B"]["product"] != there.links["MUG"]["product"]
