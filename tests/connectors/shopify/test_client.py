"""The corners: answers that are incomplete, odd or late, and what becomes of each."""

from datetime import timedelta

import httpx
import pytest

from sandbox.vendors.shopify.simulator import Account
from shared.connectors.shopify.client import connect
from shared.errors import RejectedError, RetryableError, ThrottledError
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.order import Order, Shipment, ShipmentLine
from shared.model.target import Verdict
from shared.ports import LaterPublisher, OrderSource
from tests.connectors.shopify.world import NOW, SECRET, World, jacket, mug, retailer, world
from tests.fakes import FreePacer, SetClock

PAGE: Json = {"hasNextPage": False, "endCursor": None}


def answer(**data: object) -> httpx.Response:
    return httpx.Response(200, json={"data": data})


def sale(there: World, lines: int = 1, **more: Json) -> Order:
    wished: Json = [{"title": f"Line {i}", "price": "1.00"} for i in range(lines)]
    return there.read(there.ordered(lines=wished, **more))


def shipment(order: Order) -> Shipment:
    line = ShipmentLine(erp_item="10", sku="X", quantity=1, line_id=order.lines[0].line_id)
    return Shipment(shipment_id="8", erp_order="1", shipped_at=NOW, lines=(line,))


def test_a_shop_is_a_channel_that_shows_and_sells() -> None:
    shop = world().shop
    publisher: LaterPublisher = shop
    source: OrderSource = shop
    assert list(publisher.batches(Facet.PRICE, [])) == []
    assert source.read_order("404") is None


def test_a_shop_no_channel_uses_is_a_mistake_of_the_configuration() -> None:
    ours = retailer().model_copy(update={"channels": ()})
    with pytest.raises(RejectedError) as caught:
        connect(ours.connection("shop"), ours, SECRET, pacer=FreePacer(), clock=SetClock(NOW))
    assert (caught.value.code, caught.value.field) == ("no_channel", "channels")


def test_listings_go_one_product_at_a_time() -> None:
    there = world()
    pushes = [there.content(mug()), there.content(jacket("M"))]
    assert [len(batch) for batch in there.shop.batches(Facet.CONTENT, pushes)] == [1, 1]


def test_a_listing_answered_without_a_product_is_unknown() -> None:
    there = world()
    nothing: Json = {"product": None, "userErrors": []}
    there.wire.next = [answer(product=None), answer(productSet=nothing)]
    assert there.list(mug()).verdict is Verdict.UNKNOWN


def test_a_refused_publication_is_the_outcome_of_the_listing() -> None:
    there = world(publications=["gid://shopify/Publication/7"])
    set_answer: Json = {
        "product": {
            "id": "gid://shopify/Product/1",
            "variants": {"nodes": [], "pageInfo": PAGE},
        },
        "userErrors": [],
    }
    refusal: Json = {"userErrors": [{"field": ["input", "0"], "message": "no such publication"}]}
    there.wire.next = [
        answer(product=None),
        answer(productSet=set_answer),
        answer(publishablePublish=refusal),
    ]
    outcome = there.list(mug())
    assert (outcome.verdict, outcome.links) == (Verdict.REJECTED, {})
    assert "no such publication" in outcome.message


def test_a_linked_product_that_is_gone_is_made_anew_even_if_it_goes_while_we_look() -> None:
    there = world()
    there.list(mug())
    gone: Json = {
        "product": None,
        "userErrors": [{"code": "PRODUCT_DOES_NOT_EXIST", "field": ["identifier"], "message": ""}],
    }
    there.clock.advance(seconds=1)
    read = {
        "id": there.links["MUG"]["product"],
        "handle": "mug",
        "title": "Mug",
        "descriptionHtml": "",
        "vendor": "",
        "productType": "",
        "status": "ACTIVE",
        "options": [],
        "variants": {"nodes": [], "pageInfo": PAGE},
    }
    there.wire.next = [answer(product=read), answer(productSet=gone)]
    assert there.list(mug()).verdict is Verdict.APPLIED


def test_a_stock_target_that_is_none_is_rejected_by_itself() -> None:
    there = world()
    there.list(jacket("M", "L"))
    bad = there.line("TJ-M", "TJ", {"levels": {"london": "many"}})
    [batch] = there.shop.batches(Facet.STOCK, [bad, there.stock("TJ-L", {"london": 1})])
    first, second = there.shop.push(Facet.STOCK, batch)
    assert first.code == "bad_target"
    assert second.verdict is Verdict.APPLIED


def test_rows_refused_over_and_over_are_left_for_the_next_run() -> None:
    there = world()
    there.list(jacket("M", "L"))
    said: Json = {"code": "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "field": None, "message": "no"}
    payload: Json = {"inventoryAdjustmentGroup": None, "userErrors": [said]}
    there.wire.next = [answer(inventorySetQuantities=payload) for _ in range(4)]
    [outcome] = there.shop.push(Facet.STOCK, [there.stock("TJ-M", {"london": 1})])
    assert outcome.verdict is Verdict.RETRY
    keys = [v["key"] for name, v in there.wire.sent if name == "StockSet"]
    assert len(set(keys)) == 4


def test_an_item_that_is_gone_shows_no_stock() -> None:
    there = world()
    there.list(mug())
    there.links["MUG"]["inventory_item"] = "gid://shopify/InventoryItem/404"
    assert there.shop.shown(Facet.STOCK, [there.stock("MUG", {"london": 1})]) == {}


def test_an_order_of_an_unexpected_shape_is_a_refusal_that_names_the_member() -> None:
    there = world()
    node: Json = {"id": "gid://shopify/Order/7", "legacyResourceId": "7", "name": "#1"}
    there.wire.next = [answer(orders={"nodes": [node], "pageInfo": PAGE})]
    page = there.shop.orders_since(None, page=None)
    [refusal] = page.refused
    assert (refusal.subject, refusal.field) == ("7", "test")
    assert page.items == []


def test_a_shop_in_another_currency_has_its_orders_refused() -> None:
    there = world(account=Account(currency="USD"))
    there.ordered(lines=[{"title": "A", "price": "1.00"}])
    [refusal] = there.shop.orders_since(None, page=None).refused
    assert (refusal.field, refusal.value) == ("currencyCode", "USD")


def test_an_order_with_several_shipping_lines_is_read_whole() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "A", "price": "1.00"}], shipping={"price": "1.00"})
    there.simulator.shop.orders[int(str(placed["id"]))].freight *= 4
    order = there.read(placed)
    assert (len(order.shipping), order.freight().amount) == (4, 400)


def test_an_order_with_more_freight_than_can_be_read_is_refused() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "A", "price": "1.00"}], shipping={"price": "1.00"})
    there.simulator.shop.orders[int(str(placed["id"]))].freight *= 21
    with pytest.raises(RejectedError) as caught:
        there.read(placed)
    assert caught.value.field == "shippingLines"


class Stopping(FreePacer):
    """Lets one page of lines through and no more, until it is opened."""

    pages = 1

    def take(self, cost: int) -> None:
        if 200 <= cost < 900:
            if not self.pages:
                raise ThrottledError("used up", after=timedelta(seconds=1))
            self.pages -= 1
        super().take(cost)


def test_a_poll_that_was_throttled_goes_on_where_it_stopped() -> None:
    there = world(pacer=(pacer := Stopping()))
    wished: Json = [{"title": f"Line {i}", "price": "1.00"} for i in range(100)]
    there.ordered(lines=wished)
    with pytest.raises(ThrottledError):
        there.shop.orders_since(None, page=None)
    pacer.pages = 100
    [order] = there.shop.orders_since(None, page=None).items
    assert len(order.lines) == 100
    assert there.wire.operations().count("OrderLines") == 3


def test_an_order_changed_after_its_last_page_is_read_again() -> None:
    there = world(pacer=(pacer := FreePacer(left=100_000)))
    placed = there.ordered(lines=[{"title": "A", "price": "1.00", "quantity": 3}])
    lines: Json = [{"line": placed["lines"][0]["id"]}]  # type: ignore[index, call-overload]
    there.simulator.control("refund", order=placed["id"], lines=lines)
    pacer.left = 132
    with pytest.raises(ThrottledError):
        there.read(placed)
    there.clock.advance(seconds=1)
    there.simulator.control("refund", order=placed["id"], lines=lines)
    pacer.left = 100_000
    assert len(there.read(placed).refunds) == 2


def test_only_so_many_unfinished_orders_are_remembered() -> None:
    there = world(pacer=(pacer := FreePacer(left=100_000)))
    wished: Json = [{"title": f"Line {i}", "price": "1.00"} for i in range(20)]
    placed = [there.ordered(lines=wished) for _ in range(65)]
    for one in placed:
        pacer.left = 134
        with pytest.raises(ThrottledError):
            there.read(one)
    pacer.left = 100_000
    before = there.wire.operations().count("OrderRead")
    for one in reversed(placed):
        there.read(one)
    assert there.wire.operations().count("OrderRead") - before == 1


def test_a_refund_that_is_not_there_yet_is_to_be_asked_for_again() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "A", "price": "1.00"}])
    lines: Json = [{"line": placed["lines"][0]["id"]}]  # type: ignore[index, call-overload]
    there.simulator.control("refund", order=placed["id"], lines=lines)
    there.simulator.shop.refunds.clear()
    with pytest.raises(RetryableError, match="refund"):
        there.read(placed)


def test_more_fulfilments_than_can_be_looked_through_stop_a_shipment() -> None:
    there = world()
    order = sale(there)
    done = {"id": "gid://shopify/Fulfillment/1", "status": "SUCCESS", "trackingInfo": []}
    there.wire.next = [answer(order={"fulfillments": [done] * n}) for n in (5, 80)]
    assert there.shop.ship(order, shipment(order)).code == "too_many"


def test_a_fulfilment_that_failed_does_not_count_as_sent() -> None:
    there = world()
    order = sale(there)
    there.shop.ship(order, shipment(order))
    held = next(iter(there.simulator.shop.orders.values()))
    held.fulfilments[0].status = "CANCELLED"
    held.placements[0].lines[0].remaining = 1
    held.placements[0].status = "OPEN"
    assert there.shop.ship(order, shipment(order)).verdict is Verdict.APPLIED
    assert len(held.fulfilments) == 2


def test_a_shipment_the_shop_refuses_is_rejected_with_its_words() -> None:
    there = world()
    order = sale(there)
    said: Json = {"field": ["fulfillment"], "message": "not today"}
    refusal: Json = {"fulfillment": None, "userErrors": [said]}
    there.wire.next = [None, None, answer(fulfillmentCreate=refusal)]
    outcome = there.shop.ship(order, shipment(order))
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "fulfilment_refused")
    assert "not today" in outcome.message
