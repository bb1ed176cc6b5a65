"""Shipments: told once, per location, never more than is open."""

from datetime import timedelta

import pytest

from shared.errors import InDoubtError
from shared.model.base import Json
from shared.model.order import Order, Shipment, ShipmentLine, Tracking
from shared.model.target import Verdict
from tests.connectors.shopify.world import NOW, World, jacket, world


def sold(there: World, london: int, leeds: int = 0, *, quantity: int = 2) -> Order:
    """An order of two articles, from where there is stock."""
    there.list(jacket("M", "L"))
    for sku in ("TJ-M", "TJ-L"):
        for place, units in ((1, london), (2, leeds)):
            location = f"gid://shopify/Location/{place}"
            there.simulator.control("set_stock", sku=sku, location=location, available=units)
    lines: list[Json] = [
        {"sku": sku, "quantity": quantity, "price": "9.00"} for sku in ("TJ-M", "TJ-L")
    ]
    order = there.read(there.ordered(lines=lines))
    mapped = (line.model_copy(update={"sku": line.channel_sku}) for line in order.lines)
    return order.model_copy(update={"lines": tuple(mapped)})


def shipment(order: Order, *quantities: int, name: str = "80000001", **more: object) -> Shipment:
    """Units of the order's lines, in their order; DHL carries them as JJD-<name>."""
    found: dict[str, object] = {
        "shipment_id": name,
        "erp_order": "1",
        "shipped_at": NOW,
        "lines": tuple(
            ShipmentLine(erp_item=str(i), sku=line.sku or "X", quantity=q, line_id=line.line_id)
            for i, (line, q) in enumerate(zip(order.lines, quantities, strict=False))
            if q
        ),
        "tracking": (Tracking(carrier="DHL", number=f"JJD-{name}", url="https://t.example/1"),),
    }
    return Shipment.model_validate(found | more)


def told(there: World) -> list[dict[str, Json]]:
    """The fulfilments of the shop's only order."""
    orders = there.simulator.control("orders")
    assert isinstance(orders, list)
    [order] = orders
    assert isinstance(order, dict)
    found = order["fulfilments"]
    assert isinstance(found, list)
    return [row for row in found if isinstance(row, dict)]


def test_a_whole_order_leaves_in_one_fulfilment() -> None:
    there = world()
    order = sold(there, london=5)
    assert there.shop.ship(order, shipment(order, 2, 2)).verdict is Verdict.APPLIED
    [found] = told(there)
    assert found["numbers"] == ["JJD-80000001"]
    assert found["lines"] == {line.line_id: 2 for line in order.lines}


def test_goods_that_left_are_no_longer_committed() -> None:
    there = world()
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 2, 2))
    london = "gid://shopify/Location/1"
    assert there.level("TJ-M", london) == 3
    assert there.level("TJ-M", london, "committed") == 0
    assert there.level("TJ-M", london, "on_hand") == 3


def test_a_repeat_sends_nothing() -> None:
    there = world()
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 2, 2))
    assert there.shop.ship(order, shipment(order, 2, 2)).verdict is Verdict.APPLIED
    assert there.wire.operations().count("Fulfil") == 1


def test_after_a_lost_answer_the_shipment_is_found_and_not_sent_again() -> None:
    there = world()
    order = sold(there, london=5)
    there.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        there.shop.ship(order, shipment(order, 1, 0))
    assert there.shop.ship(order, shipment(order, 1, 0)).verdict is Verdict.APPLIED
    assert [row["lines"] for row in told(there)] == [{order.lines[0].line_id: 1}]


def test_a_part_can_leave_first_and_the_rest_later() -> None:
    there = world()
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 1, 0, name="A"))
    there.shop.ship(order, shipment(order, 1, 2, name="B"))
    assert [row["numbers"] for row in told(there)] == [["JJD-A"], ["JJD-B"]]


def test_an_order_sent_in_many_parts_is_still_told_each_part_once() -> None:
    there = world()
    order = sold(there, london=9, quantity=7)
    for _ in range(2):
        for i in range(7):
            parcel = shipment(order, 1, 1, name=f"P{i}")
            assert there.shop.ship(order, parcel).verdict is Verdict.APPLIED
    assert [row["numbers"] for row in told(there)] == [[f"JJD-P{i}"] for i in range(7)]


def test_goods_from_two_locations_are_two_fulfilments() -> None:
    there = world()
    order = sold(there, london=1, leeds=1)
    assert there.shop.ship(order, shipment(order, 2, 2)).verdict is Verdict.APPLIED
    assert [row["location"] for row in told(there)] == [
        "gid://shopify/Location/1",
        "gid://shopify/Location/2",
    ]


def test_what_was_lost_between_two_locations_is_made_up_and_nothing_more() -> None:
    there = world()
    order = sold(there, london=1, leeds=1)
    there.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        there.shop.ship(order, shipment(order, 2, 2))
    assert len(told(there)) == 1
    assert there.shop.ship(order, shipment(order, 2, 2)).verdict is Verdict.APPLIED
    shipped = [row["lines"] for row in told(there)]
    assert shipped == [{line.line_id: 1 for line in order.lines}] * 2


def test_more_than_is_open_is_refused_with_both_figures_and_nothing_is_sent() -> None:
    there = world()
    order = sold(there, london=5)
    outcome = there.shop.ship(order, shipment(order, 3, 1))
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "over_quantity")
    assert "3 to ship, 2 open" in outcome.message
    assert told(there) == []


def test_goods_already_sent_under_another_number_are_not_sent_twice() -> None:
    there = world()
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 2, 2, name="A"))
    assert there.shop.ship(order, shipment(order, 2, 2, name="B")).code == "over_quantity"


def test_an_order_on_hold_says_so() -> None:
    there = world()
    order = sold(there, london=5)
    there.simulator.control("hold", order=order.external_id)
    assert there.shop.ship(order, shipment(order, 1, 0)).code == "on_hold"
    there.simulator.control("hold", order=order.external_id, on=False)
    assert there.shop.ship(order, shipment(order, 1, 0)).verdict is Verdict.APPLIED


def test_a_cancelled_order_takes_no_shipment() -> None:
    there = world()
    order = sold(there, london=5)
    there.simulator.control("cancel", order=order.external_id)
    assert there.shop.ship(order, shipment(order, 1, 0)).code == "over_quantity"


def test_an_order_the_shop_does_not_have_is_refused() -> None:
    there = world()
    order = sold(there, london=5)
    other = order.model_copy(update={"external_id": "404"})
    assert there.shop.ship(other, shipment(order, 1, 0)).code == "no_order"


def test_a_shipment_without_a_number_is_known_by_its_own_id() -> None:
    there = world()
    order = sold(there, london=5)
    for _ in range(2):
        there.shop.ship(order, shipment(order, 1, 0, tracking=()))
    assert [row["numbers"] for row in told(there)] == [["80000001"]]


def test_several_parcels_are_several_numbers_of_one_fulfilment() -> None:
    there = world()
    order = sold(there, london=5)
    parcels = (Tracking(carrier="DHL", number="A"), Tracking(carrier="DHL", number="B"))
    for _ in range(2):
        there.shop.ship(order, shipment(order, 2, 2, tracking=parcels))
    assert [row["numbers"] for row in told(there)] == [["A", "B"]]


def test_a_line_without_its_channel_id_is_found_by_its_only_sku() -> None:
    there = world()
    order = sold(there, london=5)
    line = ShipmentLine(erp_item="10", sku="TJ-L", quantity=1)
    assert there.shop.ship(order, shipment(order, lines=(line,))).verdict is Verdict.APPLIED
    assert told(there)[0]["lines"] == {order.lines[1].line_id: 1}


def test_a_line_of_no_order_line_is_refused() -> None:
    there = world()
    order = sold(there, london=5)
    line = ShipmentLine(erp_item="10", sku="OTHER", quantity=1)
    assert there.shop.ship(order, shipment(order, lines=(line,))).code == "unknown_line"


@pytest.mark.parametrize("notify", [True, False])
def test_the_customer_is_told_as_the_settings_say(notify: bool) -> None:  # noqa: FBT001
    there = world(notify_customer=notify)
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 1, 0))
    [sent] = [v["fulfillment"] for name, v in there.wire.sent if name == "Fulfil"]
    assert isinstance(sent, dict)
    assert sent["notifyCustomer"] is notify


def test_a_shipment_of_650_lines_goes_out_in_calls_shopify_takes() -> None:
    there = world()
    lines: Json = [{"title": f"Line {i}", "price": "1.00"} for i in range(650)]
    order = there.read(there.ordered(lines=lines))
    whole = shipment(order, *([1] * 650))
    assert there.shop.ship(order, whole).verdict is Verdict.APPLIED
    assert [len(row["lines"]) for row in told(there) if isinstance(row["lines"], dict)] == [
        512,
        138,
    ]
    there.clock.at += timedelta(minutes=1)
    assert there.shop.ship(order, whole).verdict is Verdict.APPLIED
    assert there.wire.operations().count("Fulfil") == 2


def test_a_number_that_comes_later_takes_the_place_of_the_shipment_s_id() -> None:
    there = world()
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 1, 0, tracking=()))
    for _ in range(2):
        assert there.shop.ship(order, shipment(order, 1, 0)).verdict is Verdict.APPLIED
    [found] = told(there)
    assert (found["numbers"], found["lines"]) == (["JJD-80000001"], {order.lines[0].line_id: 1})
    assert there.wire.operations().count("Track") == 1


def test_a_number_that_is_added_erases_none_that_the_shop_has() -> None:
    there = world()
    order = sold(there, london=5)
    by_hand = Tracking(carrier="DHL", number="BY-HAND", url="https://t.example/2")
    ours = shipment(order, 2, 2).tracking[0]
    there.shop.ship(order, shipment(order, 2, 2, tracking=(ours, by_hand)))
    more = Tracking(carrier="DHL", number="JJD-2")
    there.shop.ship(order, shipment(order, 2, 2, tracking=(ours, more)))
    assert [row["numbers"] for row in told(there)] == [["JJD-80000001", "JJD-2", "BY-HAND"]]


def test_a_number_is_added_at_each_location_of_its_shipment_and_at_no_other() -> None:
    there = world()
    order = sold(there, london=1, leeds=1)
    there.shop.ship(order, shipment(order, 1, 1, name="A", tracking=()))
    there.shop.ship(order, shipment(order, 1, 1, name="B", tracking=()))
    there.shop.ship(order, shipment(order, 1, 1, name="A"))
    assert [row["numbers"] for row in told(there)] == [["JJD-A"], ["B"]]


def test_after_a_lost_answer_a_number_is_found_and_not_sent_again() -> None:
    there = world()
    order = sold(there, london=5)
    there.shop.ship(order, shipment(order, 1, 0, tracking=()))
    there.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        there.shop.ship(order, shipment(order, 1, 0))
    assert there.shop.ship(order, shipment(order, 1, 0)).verdict is Verdict.APPLIED
    assert there.wire.operations().count("Track") == 1
