"""The simulated shop refuses what Shopify refuses, and does what Shopify does."""

from datetime import timedelta

import httpx
import pytest

from sandbox.vendors.shopify.simulator import Account, Doubts, Plan, ShopifySimulator
from shared.connectors.shopify import queries
from shared.model.base import Json
from tests.connectors.shopify.raw import SHOP, asked, code, codes, token
from tests.connectors.shopify.world import LEEDS, LONDON, NOW, World, jacket, mug, world
from tests.fakes import SetClock


def plain() -> ShopifySimulator:
    plan = Plan(points_per_second=100, bucket=2000)
    return ShopifySimulator(SetClock(NOW), Account(locations=("London", "Leeds")), plan=plan)


def quantities(there: World, *rows: dict[str, Json], key: str | None = "k") -> dict[str, object]:
    """Set quantities; the payload, or {"code": ...} when the call is refused whole."""
    directive = f'@idempotent(key: "{key}")' if key else ""
    query = f"""mutation S($input: InventorySetQuantitiesInput!) {{
      inventorySetQuantities(input: $input) {directive} {{
        inventoryAdjustmentGroup {{ id }} userErrors {{ code field message }}
      }} }}"""
    sent: Json = {"name": "available", "reason": "correction", "quantities": list(rows)}
    body = asked(there.simulator, query, input=sent)
    if "errors" in body:
        return {"code": code(body)}
    payload = body["data"]["inventorySetQuantities"]
    assert isinstance(payload, dict)
    return payload


def row(there: World, quantity: int, before: int | None, place: str = LONDON) -> dict[str, Json]:
    item = there.links["MUG"]["inventory_item"]
    return {
        "inventoryItemId": item,
        "locationId": place,
        "quantity": quantity,
        "changeFromQuantity": before,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ order(id: 1) { weather } }", "undefinedField"),
        ("{ weather }", "undefinedField"),
        ("{ order(id: 1, colour: 2) { id } }", "argumentNotAccepted"),
        ("{ order { id } }", "missingRequiredArguments"),
    ],
)
def test_what_the_api_does_not_know_is_an_error_of_its_kind(query: str, expected: str) -> None:
    assert code(asked(plain(), query)) == expected


def test_an_unknown_member_of_an_input_is_refused() -> None:
    body = asked(
        plain(), queries.prices_set(1).document, product="p", variants=[{"id": "v", "colour": 1}]
    )
    assert code(body) == "INVALID_VARIABLE"


def test_a_price_that_is_no_number_is_refused() -> None:
    body = asked(
        plain(), queries.prices_set(1).document, product="p", variants=[{"id": "v", "price": "x"}]
    )
    assert code(body) == "INVALID_VARIABLE"


def test_a_listing_with_a_price_is_refused_because_we_never_send_one() -> None:
    variant: Json = {"optionValues": [], "price": "1.00"}
    body = asked(
        plain(),
        queries.product_set(1).document,
        identifier={"handle": "a"},
        input={"title": "A", "variants": [variant]},
        first=1,
    )
    assert code(body) == "INVALID_VARIABLE"


def test_a_query_over_a_thousand_points_is_refused_before_it_runs() -> None:
    body = asked(plain(), "{ orders(first: 250) { nodes { customer { id } lineItems(first: 2) "
                 "{ nodes { id } } } } }")  # fmt: skip
    assert code(body) == "MAX_COST_EXCEEDED"


def test_an_empty_bucket_throttles_and_refills_at_the_rate_of_the_plan() -> None:
    clock = SetClock(NOW)
    simulator = ShopifySimulator(clock, plan=Plan(points_per_second=100, bucket=500))
    query = "{ orders(first: 250) { nodes { id } } }"
    assert "errors" not in asked(simulator, query)  # two points: there are no orders
    simulator.control("place_order", lines=[{"title": "A", "price": "1.00"}])
    for _ in range(83):
        assert "errors" not in asked(simulator, query)  # three points each
    body = asked(simulator, query)
    cost = body["extensions"]["cost"]
    assert isinstance(cost, dict)
    assert code(body) == "THROTTLED"
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (252, None)
    assert cost["throttleStatus"]["currentlyAvailable"] == 249
    clock.at += timedelta(milliseconds=30)
    assert "errors" not in asked(simulator, query)


def test_a_token_lives_for_a_day() -> None:
    clock = SetClock(NOW)
    simulator = ShopifySimulator(clock)
    request = httpx.Request(
        "POST",
        f"{SHOP}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": token(simulator)},
        json={"query": "{ order(id: 1) { id } }"},
    )
    assert simulator.handle(request).status_code == 200
    clock.advance(hours=24)
    assert simulator.handle(request).status_code == 401


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "password"}, 400),
        ({"grant_type": "client_credentials", "client_id": "client"}, 401),
    ],
)
def test_a_grant_needs_the_apps_own_credentials(form: dict[str, str], status: int) -> None:
    request = httpx.Request("POST", f"{SHOP}/admin/oauth/access_token", data=form)
    assert plain().handle(request).status_code == status


@pytest.mark.parametrize("path", ["/", "/admin/api/2020-01/graphql.json"])
def test_another_path_is_not_found(path: str) -> None:
    assert plain().handle(httpx.Request("POST", f"{SHOP}{path}")).status_code == 404


def test_a_body_that_is_no_request_is_refused() -> None:
    simulator = plain()
    request = httpx.Request(
        "POST",
        f"{SHOP}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": token(simulator)},
        content=b"{",
    )
    assert simulator.handle(request).status_code == 400


def test_an_outage_ends() -> None:
    clock = SetClock(NOW)
    simulator = ShopifySimulator(clock)
    simulator.control("outage", seconds=60)
    request = httpx.Request("POST", f"{SHOP}/admin/oauth/access_token", data={})
    assert simulator.handle(request).status_code == 502
    clock.advance(seconds=60)
    assert simulator.handle(request).status_code == 400


def test_251_prices_in_one_call_are_too_many() -> None:
    variants: Json = [{"id": str(i)} for i in range(251)]
    body = asked(plain(), queries.prices_set(1).document, product="p", variants=variants)
    assert code(body) == "MAX_INPUT_SIZE_EXCEEDED"


def priced(there: World, *variants: Json, partial: bool) -> dict[str, object]:
    query = """mutation P($product: ID!, $variants: [ProductVariantsBulkInput!]!, $p: Boolean) {
      productVariantsBulkUpdate(
        productId: $product, variants: $variants, allowPartialUpdates: $p
      ) { productVariants { id } userErrors { code field } } }"""
    product = there.links["TJ"]["product"]
    body = asked(there.simulator, query, product=product, variants=list(variants), p=partial)
    payload = body["data"]["productVariantsBulkUpdate"]
    assert isinstance(payload, dict)
    return payload


@pytest.mark.parametrize(("partial", "price"), [(True, 500), (False, 0)])
def test_a_bad_row_spoils_the_others_unless_partial_updates_are_allowed(
    partial: bool,  # noqa: FBT001
    price: int,
) -> None:
    there = world()
    there.list(jacket("M", "L"))
    good: Json = {"id": there.links["TJ-M"]["variant"], "price": "5.00"}
    bad: Json = {"id": there.links["TJ-L"]["variant"], "price": "-1.00"}
    payload = priced(there, good, bad, partial=partial)
    assert codes(payload) == ["NEGATIVE_PRICE_VALUE"]
    assert there.shop_price("TJ-M") == (price, None)


def test_a_variant_of_another_product_is_refused_by_its_place() -> None:
    there = world()
    there.list(jacket("M"))
    there.list(mug())
    payload = priced(there, {"id": there.links["MUG"]["variant"], "price": "1.00"}, partial=True)
    errors = payload["userErrors"]
    assert errors == [{"code": "PRODUCT_VARIANT_DOES_NOT_EXIST", "field": ["variants", "0", "id"]}]


def test_quantities_need_an_idempotency_key() -> None:
    there = world()
    there.list(mug())
    assert quantities(there, row(there, 1, None), key=None) == {"code": "BAD_REQUEST"}


def test_quantities_must_say_what_they_change_from() -> None:
    there = world()
    there.list(mug())
    silent = row(there, 1, None)
    del silent["changeFromQuantity"]
    assert quantities(there, silent) == {"code": "BAD_REQUEST"}


def test_a_used_key_with_another_input_is_refused() -> None:
    there = world()
    there.list(mug())
    quantities(there, row(there, 1, None))
    payload = quantities(there, row(there, 2, None))
    assert codes(payload) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_a_key_is_forgotten_after_a_day() -> None:
    there = world()
    there.list(mug())
    quantities(there, row(there, 1, None))
    there.clock.advance(hours=24)
    assert codes(quantities(there, row(there, 2, None))) == []
    assert there.level("MUG", LONDON) == 2


def test_one_stale_row_stops_the_whole_call() -> None:
    there = world()
    there.list(mug())
    payload = quantities(there, row(there, 5, None), row(there, 5, 4, LEEDS))
    assert codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert payload["inventoryAdjustmentGroup"] is None
    assert there.level("MUG", LONDON) == 0


def test_a_row_that_occurs_twice_is_refused() -> None:
    there = world()
    there.list(mug())
    payload = quantities(there, row(there, 5, None), row(there, 6, None))
    assert codes(payload) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (1_000_000_001, "INVALID_QUANTITY_TOO_HIGH"),
        (-1_000_000_001, "INVALID_QUANTITY_TOO_LOW"),
    ],
)
def test_a_quantity_out_of_range_is_refused(quantity: int, expected: str) -> None:
    there = world()
    there.list(mug())
    assert codes(quantities(there, row(there, quantity, None))) == [expected]


@pytest.mark.parametrize(("stocked_at", "leeds"), [("primary", None), ("all", 0)])
def test_where_a_new_variant_is_stocked_can_be_tried_both_ways(
    stocked_at: str, leeds: int | None
) -> None:
    doubts = Doubts(stocked_at="all" if stocked_at == "all" else "primary")
    there = world(doubts=doubts, stock_new_variants=False)
    there.list(mug())
    assert there.level("MUG", LEEDS) == leeds


def set_product(there: World, given: Json) -> list[str]:
    variables: dict[str, Json] = {
        "identifier": {"handle": "b"},
        "input": given,
        "first": 1,
    }
    body = asked(there.simulator, queries.product_set(1).document, **variables)
    payload = body["data"]["productSet"]
    assert isinstance(payload, dict)
    return codes(payload)


def options(*names: str) -> Json:
    return [{"name": name, "values": [{"name": "x"}, {"name": "y"}]} for name in names]


def variant(**chosen: str) -> Json:
    return {"optionValues": [{"optionName": n, "name": v} for n, v in chosen.items()]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "INVALID_INPUT"),
        ({"title": "B", "handle": "mug"}, "HANDLE_NOT_UNIQUE"),
        ({"title": "B", "variants": [variant(a="x")]}, "PRODUCT_OPTIONS_INPUT_MISSING"),
        ({"title": "B", "variants": [], "productOptions": []}, "VARIANTS_INPUT_MISSING"),
        (
            {"title": "B", "variants": [variant(a="x")], "productOptions": options(*"abcd")},
            "OPTIONS_OVER_LIMIT",
        ),
        (
            {"title": "B", "variants": [variant(b="x")], "productOptions": options("a")},
            "OPTION_DOES_NOT_EXIST",
        ),
        (
            {"title": "B", "variants": [variant(a="z")], "productOptions": options("a")},
            "OPTION_VALUE_DOES_NOT_EXIST",
        ),
        (
            {
                "title": "B",
                "variants": [variant(a="x"), variant(a="x")],
                "productOptions": options("a"),
            },
            "INVALID_VARIANT",
        ),
        (
            {
                "title": "B",
                "variants": [variant(a="x")],
                "productOptions": [{"name": "a", "values": [{"name": "x"}, {"name": "x"}]}],
            },
            "DUPLICATED_OPTION_VALUE",
        ),
        (
            {
                "title": "B",
                "variants": [{"id": "gid://shopify/ProductVariant/1", **variant(a="x")}],  # type: ignore[dict-item]
                "productOptions": options("a"),
            },
            "PRODUCT_VARIANT_DOES_NOT_EXIST",
        ),
    ],
)
def test_a_product_that_breaks_a_rule_is_refused_and_not_made(
    given: dict[str, Json], expected: str
) -> None:
    there = world()
    there.list(mug())
    assert set_product(there, given) == [expected]
    assert len(there.simulator.shop.products) == 1


def test_putting_goods_on_sale_without_a_price_is_counted() -> None:
    there = world()
    there.list(mug())
    quantities(there, row(there, 1, None))
    assert there.counter("put on sale without a price") == 1


def test_the_least_points_for_all_prices_follow_from_the_grouping() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(251))))
    there.list(mug())
    assert there.simulator.control("minimum_points") == 0
    for sku in there.simulator.shop.skus:
        there.simulator.control("set_price", sku=sku, price=100)
    # two calls and 251 variants, one call and one variant: 30 and 50.4 points
    assert there.simulator.control("minimum_points") == 81


def test_an_unknown_command_names_those_there_are() -> None:
    with pytest.raises(LookupError, match="place_order"):
        plain().control("dance")
