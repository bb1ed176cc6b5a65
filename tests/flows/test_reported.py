"""Shipments that a warehouse tells beside the ERP: each unit counts once, whoever tells first."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import RejectedError
from shared.flows.despatches import KIND as DIFFERS
from shared.flows.reported import KIND as UNPLACED
from shared.model.case import CaseState
from shared.model.ids import Facet
from tests.flows.order_world import held
from tests.flows.shipped_world import BY_WAREHOUSE, COMPARED, ShippedWorld
from tests.flows.world import order


@pytest.fixture
def world() -> ShippedWorld:
    made = ShippedWorld()
    made.order()
    return made


# onto the order, and to the channel


def test_what_the_warehouse_ships_is_told_to_the_channel_once(world: ShippedWorld) -> None:
    for _ in range(3):
        said = world.tell()
        world.tell_channel()
    assert (said["status"], said["order_id"], said["problem"]) == ("placed", "shop:77", None)
    assert world.channel.shipped == ["wms:P1"]
    assert world.case.state is CaseState.SHIPPED
    assert [t.number for t in world.case.shipments[0].tracking] == ["JJD1"]
    assert world.bus.types.count("OrderShipped") == 1


def test_an_order_is_shipped_in_parts_and_in_several_parcels(world: ShippedWorld) -> None:
    parcels = [{"carrier": "DHL", "number": n, "url": f"https://dhl.example/{n}"} for n in "AB"]
    states = []
    for name, sent in (("P1", parcels), ("P2", [])):
        world.tell(1, shipment_id=name, parcels=sent)
        states.append(world.case.state)
    assert states == [CaseState.PARTLY_SHIPPED, CaseState.SHIPPED]
    assert [[t.number for t in s.tracking] for s in world.case.shipments] == [["A", "B"], []]
    assert world.tell_channel() == ["wms:P1", "wms:P2"]


def test_the_order_may_be_named_by_the_erp_s_number_and_a_line_by_its_article(
    world: ShippedWorld,
) -> None:
    lines = [{"sku": "HAT-M", "quantity": 2}]
    said = world.tell(order_id=None, erp_order="5001", location="london", lines=lines)
    assert (said["status"], said["order_id"]) == ("placed", "shop:77")
    assert world.case.shipments[0].lines[0].line_id == "1"


def test_a_number_that_comes_with_a_newer_version_is_told_after_the_goods(
    world: ShippedWorld,
) -> None:
    world.tell(parcels=[])
    world.tell_channel()
    world.tell(version=2)
    assert [t.number for t in world.case.shipments[0].tracking] == ["JJD1"]
    assert world.tell_channel() == ["wms:P1", "wms:P1"]  # the goods, then their number
    assert world.bus.types.count("OrderShipped") == 1


def test_an_older_version_changes_nothing(world: ShippedWorld) -> None:
    world.tell(version=2)
    said = world.tell(1, version=1)
    assert (said["version"], said["status"]) == (2, "placed")
    assert world.case.state is CaseState.SHIPPED


def test_one_version_says_one_thing(world: ShippedWorld) -> None:
    world.tell()
    with pytest.raises(RejectedError) as refused:
        world.tell(1)
    assert (refused.value.code, refused.value.field) == ("key_reused", "shipment_id")
    assert refused.value.remedy == "send it anew as version 2, or choose another id"


def test_a_key_answers_as_the_first_time_and_another_body_is_a_conflict(
    world: ShippedWorld,
) -> None:
    first = world.tell(order_id="shop:78", key="k1")
    assert first["status"] == "waiting"
    world.capture.take(order(external_id="78"))
    world.sender.send("shop:78")
    assert world.tell(order_id="shop:78", key="k1") == first
    with pytest.raises(RejectedError) as refused:
        world.tell(order_id="shop:79", key="k1")
    assert (refused.value.code, refused.value.field) == ("key_reused", "Idempotency-Key")


def test_lines_that_were_told_stay_and_a_version_that_changes_them_is_an_exception(
    world: ShippedWorld,
) -> None:
    world.tell(1)
    said = world.tell(2, version=2, parcels=[{"number": "JJD2"}])
    assert said["problem"]["field"] == "lines"
    assert world.case.state is CaseState.PARTLY_SHIPPED
    assert [t.number for t in world.case.shipments[0].tracking] == ["JJD1", "JJD2"]
    assert world.kinds() == [UNPLACED]


# the ERP's own delivery of the same goods


@pytest.mark.parametrize("erp_first", [True, False])
def test_the_erp_s_delivery_of_the_same_goods_is_compared_and_not_counted(
    world: ShippedWorld, *, erp_first: bool
) -> None:
    steps: list[Callable[[], object]] = [world.deliver, world.tell]
    for step in steps if erp_first else steps[::-1]:
        step()
    assert world.tell_channel() == ["wms:P1"]
    assert [s.shipment_id for s in world.case.heard] == ["80"]
    assert world.case.state is CaseState.SHIPPED
    world.later(120)
    assert world.kinds() == []


@pytest.mark.parametrize("erp_first", [True, False])
def test_who_is_not_believed_is_only_compared(*, erp_first: bool) -> None:
    world = ShippedWorld(COMPARED)
    world.order()
    steps: list[Callable[[], object]] = [world.deliver, world.tell]
    for step in steps if erp_first else steps[::-1]:
        step()
    assert world.tell()["status"] == "compared"
    assert world.tell_channel() == ["80"]
    assert [s.shipment_id for s in world.case.heard] == ["wms:P1"]
    world.later(120)
    assert world.kinds() == []


def test_goods_the_erp_ships_from_elsewhere_are_not_counted_twice(world: ShippedWorld) -> None:
    """Its delivery names a place of its own, where it is believed: more than was ordered."""
    world.tell()
    world.deliver(place="leeds")
    assert world.tell_channel() == ["wms:P1"]
    assert [s.shipment_id for s in world.case.heard] == ["80"]


def test_parts_of_an_order_leave_two_places_each_believed_for_its_own(
    world: ShippedWorld,
) -> None:
    world.tell(1)
    world.deliver(1, place="leeds")
    assert world.tell_channel() == ["wms:P1", "80"]
    assert (world.case.state, world.case.heard) == (CaseState.SHIPPED, ())


def test_the_erp_takes_the_units_off_its_stock_and_until_then_they_are_held(
    world: ShippedWorld,
) -> None:
    world.tell()
    assert held(world) == 2
    world.deliver()
    assert held(world) == 0
    world.settle()
    assert world.target(Facet.STOCK).desired == {"levels": {"london": 8, "leeds": 0}}


def test_units_the_erp_has_delivered_are_not_taken_off_twice(world: ShippedWorld) -> None:
    world.deliver()
    assert held(world) == 0
    world.tell(1)
    assert held(world) == 0
    world.tell(1, shipment_id="P2")
    assert held(world) == 0


def test_where_the_warehouse_tells_the_stock_its_shipment_frees_the_hold() -> None:
    world = ShippedWorld(BY_WAREHOUSE)
    world.order()
    world.deliver()
    assert held(world) == 2
    world.tell(1)
    assert held(world) == 1
    world.tell(1, shipment_id="P2")
    assert held(world) == 0


def test_what_the_two_tell_differently_is_one_exception_once_it_has_lasted(
    world: ShippedWorld,
) -> None:
    world.tell()
    world.deliver(1)
    world.later(59)
    assert world.kinds() == []
    for _ in range(3):
        world.later(1)
    [issue] = world.open()
    assert (issue.kind, issue.subject, issue.count) == (DIFFERS, "shop:77", 1)
    assert issue.value == "HAT-M (line 1): 2 counted, 1 compared"
    world.deliver(1, "81")
    assert world.kinds() == []


def test_what_agrees_in_time_is_never_told(world: ShippedWorld) -> None:
    world.deliver()
    world.later(30)
    world.tell()
    world.later(60)
    assert world.kinds() == []
    assert world.bus.types.count("IssueRaised") == 0


# what does not fit waits

Over = dict[str, Any]


@pytest.mark.parametrize(
    ("over", "field", "value"),
    [
        ({"order_id": "shop:99"}, "order_id", "shop:99"),
        ({"order_id": None, "erp_order": "9"}, "erp_order", "9"),
        ({"location": "moon"}, "location", "moon"),
        ({"lines": [{"line_id": "9", "quantity": 1}]}, "lines.0.line_id", "9"),
        ({"lines": [{"sku": "CAP", "quantity": 1}]}, "lines.0.sku", "CAP"),
        ({"lines": [{"line_id": "1", "sku": "CAP", "quantity": 1}]}, "lines.0.sku", "CAP"),
        ({"lines": [{"line_id": "1", "quantity": 3}]}, "lines.0.quantity", "3"),
        ({"lines": [{"line_id": "1", "quantity": n} for n in (1, 2)]}, "lines.1.quantity", "2"),
    ],
)
def test_what_fits_no_order_is_one_exception_and_is_kept(
    world: ShippedWorld, over: Over, field: str, value: str
) -> None:
    said = world.tell(**over)
    assert (said["status"], said["problem"]["field"]) == ("waiting", field)
    world.later(5)
    [issue] = world.open()
    assert (issue.kind, issue.field, issue.value, issue.count) == (UNPLACED, field, value, 1)
    assert issue.replay == {
        "queue": "erp-read",
        "read": "shipment",
        "key": "reported:wms/P1",
    }
    world.tell(version=2)
    assert world.kinds() == []
    assert world.case.state is CaseState.SHIPPED


def test_an_article_on_two_lines_has_to_be_named_by_its_line() -> None:
    world = ShippedWorld()
    world.order(("HAT-M", 1), ("HAT-M", 1))
    said = world.tell(lines=[{"sku": "HAT-M", "quantity": 1}])
    assert said["problem"]["remedy"] == "name the line by its line_id"


def test_the_warehouse_may_tell_before_the_order_is_known() -> None:
    world = ShippedWorld()
    world.tell()
    assert world.kinds() == [UNPLACED]
    world.order()
    world.later(1)
    assert world.kinds() == []
    assert world.tell_channel() == ["wms:P1"]


def test_an_order_on_its_way_into_the_erp_is_waited_for_without_a_word() -> None:
    world = ShippedWorld()
    world.capture.take(order())
    assert world.tell()["status"] == "waiting"
    assert world.kinds() == []
    world.sender.send("shop:77")
    world.later(1)
    assert world.case.state is CaseState.SHIPPED


def test_a_person_s_replay_puts_it_on_its_order(world: ShippedWorld) -> None:
    world.tell(order_id="shop:78")
    world.capture.take(order(external_id="78"))
    world.sender.send("shop:78")
    world.reported.again("wms/P1")
    world.reported.again("wms/unknown")
    assert world.kinds() == []


def test_what_a_person_closes_is_tried_no_more(world: ShippedWorld) -> None:
    world.tell(order_id="shop:78")
    world.issues.solve(UNPLACED, "wms/P1", by="ann", why="not ours")
    world.later(1)
    assert world.tell(order_id="shop:78")["status"] == "closed"
    assert world.kinds() == []


def test_units_cancelled_in_the_erp_cannot_leave_any_more(world: ShippedWorld) -> None:
    world.capture.take(order(cancelled_at=world.clock.now()))
    world.amender.amend("shop:77")
    said = world.tell()
    assert said["problem"]["field"] == "lines.0.quantity"
    assert world.case.shipments == ()


def test_units_that_left_before_the_erp_let_go_of_them_are_too_late(world: ShippedWorld) -> None:
    world.capture.take(order(cancelled_at=world.clock.now()))
    world.tell()
    assert world.case.late == {"1": 2}
    assert world.kinds() == ["cancelled_too_late"]


# what is no shipment


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"line_id": "1", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"quantity": 1}]}, "body"),
        ({"erp_order": "5001"}, "body"),
        ({"shipped_at": "today"}, "shipped_at"),
        ({"parcels": [{"number": "1", "url": "javascript:alert(1)"}]}, "parcels.0.url"),
        ({"shipment_id": "a#b"}, "shipment_id"),
        ({"source": "erp"}, "source"),
    ],
)
def test_what_is_no_shipment_is_refused_by_field(
    world: ShippedWorld, over: Over, field: str
) -> None:
    with pytest.raises(RejectedError) as refused:
        world.tell(**over)
    assert refused.value.field == field
    assert refused.value.remedy
    assert world.case.shipments == ()
