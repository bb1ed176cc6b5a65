"""The simulated shop refuses what Shopify refuses, and does what Shopify does."""

import json
from datetime import timedelta

import httpx
import pytest

from sandbox.vendors.shopify.simulator import Account, Doubts, Plan, ShopifySimulator
from shared.connectors.shopify import queries, webhook
from shared.model.base import Json
from tests.connectors.shopify.world import LEEDS, LONDON, NOW, World, jacket, mug, world
from tests.fakes import SetClock

SHOP = "https://sandbox.myshopify.com"


def token(simulator: ShopifySimulator) -> str:
    form = {"client_id": "client", "client_secret": "secret", "grant_type": "client_credentials"}
    request = httpx.Request("POST", f"{SHOP}/admin/oauth/access_token", data=form)
    return str(simulator.handle(request).json()["access_token"])


def asked(
    simulator: ShopifySimulator, query: str, **variables: Json
) -> dict[str, dict[str, object]]:
    request = httpx.Request(
        "POST",
        f"{SHOP}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": token(simulator)},
        json={"query": query, "variables": variables},
    )
    body = simulator.handle(request).json()
    assert isinstance(body, dict)
    return body


def code(body: dict[str, dict[str, object]]) -> object:
    error = body["errors"][0]  # type: ignore[index]
    assert isinstance(error, dict)
    return error["extensions"].get("code")


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


def codes(payload: dict[str, object]) -> list[str]:
    errors = payload["userErrors"]
    assert isinstance(errors, list)
    return [error["code"] for error in errors]


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


def set_product(there: World, handle: str, **given: Json) -> list[str]:
    variables: dict[str, Json] = {
        "identifier": {"handle": handle},
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
    assert set_product(there, "b", **given) == [expected]
    assert len(there.simulator.shop.products) == 1


def test_an_order_takes_goods_off_what_may_be_sold() -> None:
    there = world()
    there.list(mug())
    there.simulator.control("set_stock", sku="MUG", location=LONDON, available=5)
    there.ordered(lines=[{"sku": "MUG", "quantity": 2, "price": "9.00"}])
    assert there.level("MUG", LONDON) == 3
    assert there.level("MUG", LONDON, "committed") == 2
    assert there.level("MUG", LONDON, "on_hand") == 5


def test_a_shop_does_not_sell_what_it_has_not() -> None:
    there = world()
    there.list(mug())
    wish: Json = [{"sku": "MUG", "price": "9.00"}]
    assert there.ordered(lines=wish) == {"sold_out": "MUG"}
    assert there.level("MUG", LONDON) == 0
    assert "id" in there.ordered(lines=wish, oversell=True)
    assert there.level("MUG", LONDON) == -1


@pytest.mark.parametrize(("restock", "available"), [(True, 5), (False, 3)])
def test_refunded_goods_are_sold_again_or_written_off(restock: bool, available: int) -> None:  # noqa: FBT001
    there = world()
    there.list(mug())
    there.simulator.control("set_stock", sku="MUG", location=LONDON, available=5)
    placed = there.ordered(lines=[{"sku": "MUG", "quantity": 2, "price": "9.00"}])
    there.simulator.control(
        "refund", order=placed["id"], lines=[{"sku": "MUG", "quantity": 2}], restock=restock
    )
    assert there.level("MUG", LONDON) == available
    assert there.level("MUG", LONDON, "committed") == 0


def test_refunds_of_single_units_give_back_the_whole_to_the_cent() -> None:
    there = world()
    placed = there.ordered(
        lines=[{"title": "A", "price": "3.33", "quantity": 3, "discount": {"amount": "0.01"}}],
        tax_rate="0.19",
    )
    paid = []
    for _ in range(3):
        lines: Json = [{"line": placed["lines"][0]["id"]}]  # type: ignore[index, call-overload]
        refund = there.simulator.control("refund", order=placed["id"], lines=lines)
        assert isinstance(refund, dict)
        paid.append(refund["total"])
    assert sum(int(str(amount)) for amount in paid) == placed["total"]


def test_a_cancelled_order_gives_its_goods_back() -> None:
    there = world()
    there.list(mug())
    there.simulator.control("set_stock", sku="MUG", location=LONDON, available=5)
    placed = there.ordered(lines=[{"sku": "MUG", "quantity": 2, "price": "9.00"}])
    there.simulator.control("cancel", order=placed["id"])
    assert (there.level("MUG", LONDON), there.level("MUG", LONDON, "committed")) == (5, 0)


def fulfilled(there: World, *groups: Json) -> list[dict[str, object]]:
    body = asked(
        there.simulator,
        queries.FULFIL.document,
        fulfillment={"lineItemsByFulfillmentOrder": list(groups)},
    )
    payload = body["data"]["fulfillmentCreate"]
    assert isinstance(payload, dict)
    errors = payload["userErrors"]
    assert isinstance(errors, list)
    return errors


def placement(there: World, index: int) -> str:
    return f"gid://shopify/FulfillmentOrder/{list(there.simulator.shop.placements)[index]}"


def test_goods_of_two_orders_are_two_fulfilments() -> None:
    there = world()
    for _ in range(2):
        there.ordered(lines=[{"title": "A", "price": "1.00"}])
    groups: list[Json] = [{"fulfillmentOrderId": placement(there, i)} for i in range(2)]
    assert fulfilled(there, *groups)
    assert fulfilled(there, groups[0]) == []
    assert fulfilled(there, groups[0])  # nothing is left of it


@pytest.mark.parametrize("quantity", [0, -1, 2])
def test_only_what_remains_can_be_fulfilled(quantity: int) -> None:
    there = world()
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    order = next(iter(there.simulator.shop.orders.values()))
    line = f"gid://shopify/FulfillmentOrderLineItem/{order.placements[0].lines[0].placed_id}"
    [error] = fulfilled(
        there,
        {
            "fulfillmentOrderId": placement(there, 0),
            "fulfillmentOrderLineItems": [{"id": line, "quantity": quantity}],
        },
    )
    assert isinstance(error["field"], list)
    assert error["field"][-1] == "quantity"


def test_an_unknown_fulfilment_order_is_refused() -> None:
    there = world()
    assert fulfilled(there, {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/404"})


def test_an_order_is_told_by_a_webhook_its_door_accepts() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "A", "price": "1.00"}])
    [delivery] = there.simulator.due(there.clock.now())
    assert webhook.verify(delivery.headers, delivery.body, ["secret"])
    assert webhook.shop_domain_matches(delivery.headers, SHOP)
    assert delivery.headers["x-shopify-topic"] == "orders/create"
    assert json.loads(delivery.body)["id"] == placed["id"]


def test_a_delivery_is_handed_out_once_until_it_is_answered() -> None:
    there = world()
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    [delivery] = there.simulator.due(there.clock.now())
    assert there.simulator.due(there.clock.now()) == []
    there.simulator.answered(delivery, 200, there.clock.now())
    there.clock.advance(hours=8)
    assert there.simulator.due(there.clock.now()) == []


@pytest.mark.parametrize("status", [None, 302, 401, 500])
def test_a_refused_delivery_comes_eight_times_again_within_four_hours(status: int | None) -> None:
    there = world()
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    tries = 0
    for _ in range(5 * 60):
        for delivery in there.simulator.due(there.clock.now()):
            there.simulator.answered(delivery, status, there.clock.now())
            tries += 1
            last = there.clock.now()
        there.clock.advance(minutes=1)
    assert tries == 9
    assert last - NOW <= timedelta(hours=4)
    assert there.counter("webhooks given up") == 1


def test_webhooks_can_be_lost_and_doubled() -> None:
    there = world()
    there.simulator.control("drop_webhooks")
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    assert there.simulator.due(there.clock.now()) == []
    there.simulator.control("drop_webhooks", on=False)
    there.simulator.control("duplicate_webhooks", times=1)
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    due = there.simulator.due(there.clock.now())
    names = [webhook.delivery_id(d.headers, d.body) for d in due]
    assert len(names) == 3
    assert len(set(names)) == 2


def test_a_refund_and_a_cancellation_are_told_too() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "A", "price": "1.00", "quantity": 2}])
    lines: Json = [{"line": placed["lines"][0]["id"]}]  # type: ignore[index, call-overload]
    there.simulator.control("refund", order=placed["id"], lines=lines)
    there.simulator.control("cancel", order=placed["name"])
    topics = [d.headers["x-shopify-topic"] for d in there.simulator.due(there.clock.now())]
    assert topics == [
        "orders/create",
        "refunds/create",
        "orders/updated",
        "orders/cancelled",
        "orders/updated",
    ]


def test_putting_goods_on_sale_without_a_price_is_counted() -> None:
    there = world()
    there.list(mug())
    quantities(there, row(there, 1, None))
    assert there.counter("put on sale without a price") == 1


def test_the_least_points_for_all_prices_follow_from_the_grouping() -> None:
    there = world()
    there.list(jacket(*(f"S{i}" for i in range(251))))
    there.list(mug())
    # two calls and 251 variants, one call and one variant: 30 and 50.4 points
    assert there.simulator.control("minimum_points") == 81


def test_an_unknown_command_names_those_there_are() -> None:
    with pytest.raises(LookupError, match="place_order"):
        plain().control("dance")
