"""The simulated shop sells, sends and tells as Shopify does."""

import json
from datetime import timedelta

import pytest

from shared.connectors.shopify import queries, webhook
from shared.model.base import Json
from tests.connectors.shopify.raw import SHOP, asked
from tests.connectors.shopify.world import LONDON, NOW, World, mug, world


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
