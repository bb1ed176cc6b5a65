"""Orders of Amazon in canonical form: to the cent, without a name, and not before they are paid."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.vendors.amazon.simulator import Doubts
from shared.connectors.amazon import orders, reader
from shared.connectors.amazon.settings import settings_of
from shared.domain.orders import check_totals
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.order import Order
from tests.connectors.amazon.contract import amazon_specs, promises
from tests.connectors.amazon.world import NOW, World, retailer, world
from tests.specs import needs_specs

TAXES = ("excluded", "included", "withheld")


def shop(tax: str = "included", **how: object) -> World:
    display = "gross" if tax == "included" else "net"
    there = world(ours=retailer(display), doubts=Doubts(tax=tax, **how))  # type: ignore[arg-type]
    there.listed("HAT-M", "HAT-S", price="9.99", quantity=100)
    return there


def adds_up(order: Order) -> bool:
    return check_totals(order, tolerance_minor=0) is None


BASKETS: list[dict[str, Json]] = [
    {"lines": [{"sku": "HAT-M", "quantity": 3}]},
    {"lines": [{"sku": "HAT-M", "quantity": 2, "amounts": {"SHIPPING": "3.50"}}]},
    {
        "lines": [
            {
                "sku": "HAT-M",
                "quantity": 2,
                "amounts": {"SHIPPING": "3.50", "GIFT_WRAP": "2.00"},
                "discounts": {"ITEM": "1.01", "SHIPPING": "3.50"},
            },
            {"sku": "HAT-S", "quantity": 1, "amounts": {"COD_FEE": "0.99"}},
        ],
        "tip": "1.50",
    },
]


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("tax", TAXES)
@pytest.mark.parametrize("basket", BASKETS, ids=["plain", "shipped", "everything"])
def test_the_parts_of_an_order_make_its_total(
    basket: dict[str, Json], tax: str, *, negative: bool
) -> None:
    there = shop(tax, discounts_negative=negative)
    placed = there.ordered(**basket, tax_rate="0.19")
    order = there.read(placed)
    assert order.total.amount == placed["total"]
    assert adds_up(order)
    assert order.taxes_included is (tax == "included")
    assert order.total_tax.amount == (0 if tax == "withheld" else placed["tax"])


quantities = st.integers(1, 7)
pence = st.integers(1, 99_999)
texts = pence.map(lambda amount: f"{amount / 100:.2f}")


@given(
    st.lists(st.tuples(quantities, texts, texts), min_size=1, max_size=4),
    st.sampled_from(["0", "0.05", "0.19", "0.2"]),
    st.sampled_from(TAXES),
)
def test_whatever_is_bought_nothing_is_lost_or_made_on_the_way(
    bought: list[tuple[int, str, str]], rate: str, tax: str
) -> None:
    there = shop(tax)
    lines: list[Json] = [
        {"sku": "HAT-M", "quantity": n, "price": price, "amounts": {"SHIPPING": freight}}
        for n, price, freight in bought
    ]
    placed = there.ordered(lines=lines, tax_rate=rate)
    order = there.read(placed)
    assert order.total.amount == placed["total"]
    assert adds_up(order)


def test_a_sum_that_units_do_not_divide_is_kept_to_the_cent() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M", "quantity": 3}])
    view = there.simulator.seller.orders[str(placed["id"])].items[0]
    view.amounts["ITEM"] = 1000
    there.simulator.checkout.changed(there.simulator.seller.orders[str(placed["id"])])
    order = there.read(placed)
    [line] = order.lines
    assert (line.unit_price.amount, [d.amount.amount for d in line.discounts]) == (334, [2])
    assert adds_up(order)


@pytest.mark.parametrize(("setting", "included"), [("included", True), ("excluded", False)])
def test_the_reading_of_tax_can_be_fixed(setting: str, included: bool) -> None:  # noqa: FBT001
    there = world(tax_in_prices=setting, doubts=Doubts(tax=setting))  # type: ignore[arg-type]
    there.listed("HAT-M", price="10.00", quantity=5)
    order = there.read(there.ordered(lines=[{"sku": "HAT-M"}], tax_rate="0.2"))
    assert order.taxes_included is included
    assert adds_up(order)


def test_nobody_is_named() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M"}], buyer="Maria Silva")
    order = there.read(placed)
    page = there.market.orders_since(NOW - timedelta(days=1), page=None)
    said = order.model_dump_json() + page.items[0].model_dump_json()
    assert "Maria" not in said
    assert (order.customer.email, order.shipping_address, order.billing_address) == ("", None, None)
    asked = [r.url.params["includedData"] for r in there.wire.sent if "orders" in r.url.path]
    assert asked == ["PROCEEDS,FULFILLMENT,CANCELLATION"] * 2


def test_an_order_says_until_when_its_goods_are_to_leave() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M", "quantity": 1}], ship_hours=6)
    assert there.read(placed).ship_by == NOW + timedelta(hours=6)


def test_a_pending_order_is_told_as_such_and_later_as_paid() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M", "quantity": 2}], pending=True)
    order = there.read(placed)
    assert (order.pending, order.total.amount, order.lines[0].quantity) == (True, 0, 2)
    assert adds_up(order)
    there.clock.advance(minutes=30)
    there.control("pay", order=str(placed["id"]))
    order = there.read(placed)
    assert (order.pending, order.total.amount) == (False, 1998)
    assert order.updated_at == NOW + timedelta(minutes=30)


@pytest.mark.parametrize("units", ["kept", "zero"])
@pytest.mark.parametrize("by", ["BUYER", "MERCHANT", "AMAZON"])
def test_a_cancelled_order_says_when_whoever_cancelled_it(units: str, by: str) -> None:
    there = shop(cancelled_units=units)
    placed = there.ordered(lines=[{"sku": "HAT-M", "quantity": 2}])
    there.clock.advance(minutes=5)
    there.control("cancel", order=str(placed["id"]), by=by)
    order = there.read(placed)
    assert order.cancelled_at == NOW + timedelta(minutes=5)
    assert [line.channel_sku for line in order.lines] == ["HAT-M"]


@pytest.mark.parametrize("units", ["kept", "zero"])
def test_an_item_cancelled_by_itself_is_no_part_of_the_order_any_more(units: str) -> None:
    there = shop(cancelled_units=units)
    lines: list[Json] = [{"sku": "HAT-M"}, {"sku": "HAT-S", "quantity": 2}]
    placed = there.ordered(lines=lines, tax_rate="0.2")
    there.control("cancel_item", order=str(placed["id"]), sku="HAT-M")
    order = there.read(placed)
    assert [(line.channel_sku, line.quantity) for line in order.lines] == [("HAT-S", 2)]
    assert order.cancelled_at is None
    assert adds_up(order)


def test_an_order_whose_buyer_only_asks_to_cancel_stands_and_says_so() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M"}, {"sku": "HAT-S"}])
    there.control("request_cancel", order=str(placed["id"]), sku="HAT-M")
    order = there.read(placed)
    assert (order.cancelled_at, order.pending, len(order.lines)) == (None, False, 2)
    assert order.asked_back == (order.lines[0].line_id,)


@pytest.mark.parametrize("decided", ["cancelled", "shipped", "whole"])
def test_a_request_to_cancel_that_is_decided_is_none_any_more(decided: str) -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M"}, {"sku": "HAT-S"}])
    name = str(placed["id"])
    there.control("request_cancel", order=name, sku="HAT-M")
    match decided:
        case "cancelled":
            there.control("cancel_item", order=name, sku="HAT-M")
        case "shipped":
            there.control("ship_by_hand", order=name, sku="HAT-M", units=1)
        case _:
            there.control("cancel", order=name)
    assert there.read(placed).asked_back == ()


def test_units_that_left_are_told_by_item() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M", "quantity": 3}, {"sku": "HAT-S"}])
    assert there.read(placed).left == {}
    there.control("ship_by_hand", order=str(placed["id"]), sku="HAT-M", units=2)
    order = there.read(placed)
    assert order.left == {order.lines[0].line_id: 2}


def test_what_amazon_cannot_fulfil_counts_as_cancelled() -> None:
    there = world(fulfilled_by=["AMAZON"])
    there.listed("HAT-M")
    placed = there.ordered(lines=[{"sku": "HAT-M"}], fulfilled_by="AMAZON")
    there.control("unfulfillable", order=str(placed["id"]))
    assert there.read(placed).cancelled_at == NOW


@needs_specs
def test_every_status_amazon_has_is_one_of_the_life_of_an_order() -> None:
    path = amazon_specs() / "models" / "orders_2026-01-01.json"
    defined = json.loads(path.read_text(encoding="utf-8"))["definitions"]
    assert set(defined["FulfillmentStatus"]["enum"]) == orders.PENDING | orders.OPEN | orders.ENDED
    for status in defined["FulfillmentStatus"]["enum"]:
        node = plain(fulfillment={"fulfillmentStatus": status, "fulfilledBy": "MERCHANT"})
        ours = retailer()
        settings = settings_of(ours.connection("market"))
        channel = ours.channel("amazon-uk")
        order = orders.to_order(reader.parsed(node), channel=channel, settings=settings)
        assert order.pending is (status in orders.PENDING)
        assert (order.cancelled_at is not None) is (status in orders.ENDED)


def test_pages_tell_every_order_once() -> None:
    there = shop()
    ids = []
    for _ in range(230):
        ids.append(there.ordered(lines=[{"sku": "HAT-M"}], oversell=True)["id"])
        there.clock.at += timedelta(milliseconds=10)
    found, page = [], None
    for _ in range(3):
        answer = there.market.orders_since(NOW, page=page)
        found += [order.external_id for order in answer.items]
        page = answer.next
    assert page is None
    assert sorted(found) == sorted(str(name) for name in ids)


def test_a_first_poll_looks_back_as_far_as_is_set_and_its_pages_as_far() -> None:
    there = world(first_poll_days=7)
    there.listed("HAT-M", quantity=500)
    for _ in range(101):
        there.ordered(lines=[{"sku": "HAT-M"}])
    first = there.market.orders_since(None, page=None)
    there.clock.advance(minutes=3)
    assert len(there.market.orders_since(None, page=first.next).items) == 1
    asked = {r.url.params["lastUpdatedAfter"] for r in there.wire.sent if "orders" in r.url.path}
    assert asked == {"2026-11-16T09:00:00Z"}


def test_orders_amazon_ships_are_left_out_unless_asked_for() -> None:
    there = shop()
    placed = there.ordered(lines=[{"sku": "HAT-M"}], fulfilled_by="AMAZON")
    assert there.market.orders_since(NOW, page=None).items == []
    with pytest.raises(RejectedError) as refused:
        there.market.read_order(str(placed["id"]))
    assert refused.value.field == "fulfillment.fulfilledBy"
    both = world(fulfilled_by=["MERCHANT", "AMAZON"])
    both.listed("HAT-M")
    placed = both.ordered(lines=[{"sku": "HAT-M"}], fulfilled_by="AMAZON")
    assert both.read(placed).external_id == placed["id"]


def test_an_order_amazon_does_not_have_is_none() -> None:
    assert shop().market.read_order("404-0000000-0000000") is None


def test_an_order_that_cannot_be_read_does_not_hide_the_others() -> None:
    there = shop()
    bad = there.ordered(lines=[{"sku": "HAT-M"}])
    good = there.ordered(lines=[{"sku": "HAT-S"}])
    told = there.simulator.seller.orders[str(bad["id"])].told
    view = told.at(there.clock.now())
    assert view is not None
    told.set(there.clock.now(), {name: said for name, said in view.items() if name != "proceeds"})
    page = there.market.orders_since(NOW, page=None)
    assert [order.external_id for order in page.items] == [good["id"]]
    [refusal] = page.refused
    assert (refusal.subject, refusal.field) == (bad["id"], "proceeds.grandTotal")


def plain(**over: object) -> Mapping[str, object]:
    money = {"amount": "10.00", "currencyCode": "GBP"}
    order: dict[str, object] = {
        "orderId": "1",
        "createdTime": "2026-11-23T09:00:00Z",
        "lastUpdatedTime": "2026-11-23T09:00:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1F83G8C2ARO7P"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
        "proceeds": {"grandTotal": money},
        "orderItems": [
            {
                "orderItemId": "2",
                "quantityOrdered": 1,
                "product": {"sellerSku": "HAT-M", "title": "Hat"},
                "proceeds": {"breakdowns": [{"type": "ITEM", "subtotal": money}]},
            }
        ],
    }
    return order | over


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"salesChannel": {"marketplaceId": "ELSEWHERE"}}, "salesChannel.marketplaceId"),
        ({"proceeds": {}}, "proceeds.grandTotal"),
        (
            {"proceeds": {"grandTotal": {"amount": "1", "currencyCode": "EUR"}}},
            "proceeds.grandTotal",
        ),
        (
            {"proceeds": {"grandTotal": {"amount": "1.001", "currencyCode": "GBP"}}},
            "proceeds.grandTotal",
        ),
        ({"orderItems": []}, "lines"),
        ({"createdTime": "yesterday"}, "createdTime"),
        ({"fulfillment": {}}, "fulfillment.fulfillmentStatus"),
        ({"fulfillment": {"fulfillmentStatus": "LOST"}}, "fulfillment.fulfillmentStatus"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_field(
    over: dict[str, object], field: str
) -> None:
    ours = retailer()
    settings = settings_of(ours.connection("market"))

    def understand() -> Order:
        theirs = reader.parsed(plain(**over))
        return orders.to_order(theirs, channel=ours.channel("amazon-uk"), settings=settings)

    with pytest.raises(RejectedError) as refused:
        understand()
    assert refused.value.field == field


def examples() -> list[tuple[str, dict[str, object]]]:
    """Every order Amazon's own model shows as an answer."""
    found: list[tuple[str, dict[str, object]]] = []
    for promise in promises():
        if promise.model != "orders_2026-01-01":
            continue
        ok = promise.described["responses"]["200"]
        answers = [pair["response"] for pair in ok["x-amzn-api-sandbox"]["static"]]
        answers += list(ok.get("examples", {}).values())
        for answer in answers:
            for order in answer.get("orders", [answer.get("order")]):
                found.append((json.dumps(order["salesChannel"]), order))  # noqa: PERF401
    return found


@needs_specs
def test_every_order_amazon_shows_is_understood() -> None:
    shown = examples()
    assert len(shown) > 4
    for _, node in shown:
        theirs = reader.parsed(node)
        total = theirs.proceeds.grand_total if theirs.proceeds else None
        assert total is not None
        ours = retailer()
        channel = ours.channel("amazon-uk").model_copy(update={"currency": total.currency_code})
        settings = settings_of(ours.connection("market")).model_copy(
            update={
                "marketplace_id": theirs.sales_channel.marketplace_id,
                "fulfilled_by": ("MERCHANT", "AMAZON"),
            }
        )
        order = orders.to_order(theirs, channel=channel, settings=settings)
        assert order.total.text() in {total.amount, f"{total.amount}.00"}
        assert order.pending is (theirs.fulfillment.fulfillment_status in orders.PENDING)
