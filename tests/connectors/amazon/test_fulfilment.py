"""Shipments are looked up before they are confirmed, and confirmed once."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.vendors.amazon.simulator import Doubts
from shared.connectors.amazon.fulfilment import reference
from shared.errors import InDoubtError
from shared.model.order import Order, Shipment, ShipmentLine, Tracking
from shared.model.target import Verdict
from tests.connectors.amazon.world import NOW, World, world

NUMBER = "JD014600006281230701"


def sold(**how: object) -> tuple[World, Order]:
    there = world(**how)  # type: ignore[arg-type]
    there.listed("HAT-M", "HAT-S")
    placed = there.ordered(lines=[{"sku": "HAT-M", "quantity": 3}, {"sku": "HAT-S"}])
    order = there.read(placed)
    lines = tuple(line.model_copy(update={"sku": line.channel_sku}) for line in order.lines)
    return there, order.model_copy(update={"lines": lines})


def shipment(
    units: int = 3, *, sku: str = "HAT-M", shipment_id: str = "80000001", **over: object
) -> Shipment:
    fields = {
        "shipment_id": shipment_id,
        "erp_order": "5001",
        "shipped_at": NOW,
        "lines": (ShipmentLine(erp_item="10", sku=sku, quantity=units),),
        "tracking": (Tracking(carrier="DHL", number=NUMBER),),
    }
    return Shipment.model_validate(fields | over)


def packages(there: World) -> list[object]:
    found = there.control("orders")
    assert isinstance(found, list)
    [order] = found
    assert isinstance(order, dict)
    packages = order["packages"]
    assert isinstance(packages, list)
    return list(packages)


def confirmations(there: World) -> int:
    return sum(path.endswith("shipmentConfirmation") for path in there.wire.paths())


def test_a_shipment_is_one_package_with_its_number() -> None:
    there, order = sold(carriers={"DHL": "DHL"}, shipping_method="Standard")
    assert there.market.ship(order, shipment()).verdict is Verdict.APPLIED
    item = order.lines[0].line_id
    assert packages(there) == [
        {"reference": "80000001", "number": NUMBER, "carrier": "DHL", "items": {item: 3}}
    ]


def test_the_parts_of_an_order_are_packages_of_their_own() -> None:
    there, order = sold()
    for i, (sku, units) in enumerate([("HAT-M", 1), ("HAT-M", 2), ("HAT-S", 1)]):
        told = there.market.ship(order, shipment(units, sku=sku, shipment_id=f"8000000{i}"))
        assert told.verdict is Verdict.APPLIED
    assert len(packages(there)) == 3
    assert next(iter(there.simulator.seller.orders.values())).status == "SHIPPED"


def test_a_repeat_finds_the_package_and_confirms_nothing() -> None:
    there, order = sold()
    there.market.ship(order, shipment())
    assert there.market.ship(order, shipment()).verdict is Verdict.APPLIED
    assert confirmations(there) == 1


def test_a_lost_answer_is_followed_by_looking() -> None:
    there, order = sold()
    there.control("timeout_after_commit")
    with pytest.raises(InDoubtError):
        there.market.ship(order, shipment())
    assert there.market.ship(order, shipment()).verdict is Verdict.APPLIED
    assert (confirmations(there), len(packages(there))) == (1, 1)


@pytest.mark.parametrize(("repeated", "verdict"), [("refused", "retry"), ("replaced", "applied")])
def test_a_package_reads_do_not_show_yet_is_never_shipped_twice(
    repeated: str, verdict: str
) -> None:
    there, order = sold(doubts=Doubts(repeated_package=repeated))  # type: ignore[arg-type]
    there.clock.advance(hours=1)
    there.control("stale_reads", seconds=300)
    there.market.ship(order, shipment())
    assert there.market.ship(order, shipment()).verdict == verdict
    assert len(packages(there)) == 1
    there.clock.advance(minutes=6)
    assert there.market.ship(order, shipment()).verdict is Verdict.APPLIED
    assert len(packages(there)) == 1


def test_two_shipments_may_share_a_parcel() -> None:
    there, order = sold()
    there.market.ship(order, shipment(1, shipment_id="1"))
    there.market.ship(order, shipment(1, sku="HAT-S", shipment_id="2"))
    assert len(packages(there)) == 2


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (shipment(4), "over_quantity"),
        (shipment(1, sku="NO-SUCH"), "unknown_line"),
    ],
)
def test_what_the_order_does_not_hold_is_refused_without_confirming(
    sent: Shipment, code: str
) -> None:
    there, order = sold()
    outcome = there.market.ship(order, sent)
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, code)
    assert confirmations(there) == 0


def test_a_cancelled_order_takes_no_shipment() -> None:
    there, order = sold()
    there.control("cancel", order=order.external_id)
    outcome = there.market.ship(order, shipment())
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "cancelled")


def test_what_amazon_refuses_is_rejected_with_its_words() -> None:
    there, order = sold()
    said = {"errors": [{"code": "InvalidInput", "message": "not today"}]}
    there.wire.next = [None, httpx.Response(400, json=said)]
    outcome = there.market.ship(order, shipment())
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "InvalidInput")
    assert "not today" in outcome.message


def test_without_a_number_or_a_known_carrier_there_is_still_what_amazon_demands() -> None:
    there, order = sold()
    assert there.market.ship(order, shipment(tracking=())).verdict is Verdict.APPLIED
    detail = json.loads(there.wire.sent[-1].content)["packageDetail"]
    told = {name: detail[name] for name in ("carrierCode", "carrierName", "trackingNumber")}
    assert told == {"carrierCode": "Other", "carrierName": "Other", "trackingNumber": "80000001"}


@given(st.text(min_size=1, max_size=40))
def test_every_shipment_has_a_positive_number_that_never_changes(shipment_id: str) -> None:
    name = reference(shipment(shipment_id=shipment_id))
    assert int(name) > 0
    assert len(name) <= 10
    assert reference(shipment(shipment_id=shipment_id)) == name


PARCELS = tuple(Tracking(carrier="DHL", number=f"JD{i}") for i in range(3))


def parcelled(units: int = 3, parcels: int = 3) -> Shipment:
    return shipment(units, tracking=PARCELS[:parcels])


def contents(there: World) -> list[tuple[object, int]]:
    found = []
    for one in packages(there):
        assert isinstance(one, dict)
        items = one["items"]
        assert isinstance(items, dict)
        found.append((one["number"], sum(int(str(units)) for units in items.values())))
    return found


@pytest.mark.parametrize(
    ("units", "parcels", "told"),
    [
        (3, 1, [("JD0", 3)]),
        (3, 2, [("JD0", 2), ("JD1", 1)]),
        (3, 3, [("JD0", 1), ("JD1", 1), ("JD2", 1)]),
        (1, 3, [("JD0", 1)]),
    ],
)
def test_units_are_divided_over_parcels_where_that_is_set(
    units: int, parcels: int, told: list[tuple[str, int]]
) -> None:
    there, order = sold(parcels="split")
    for _ in range(2):
        assert there.market.ship(order, parcelled(units, parcels)).verdict is Verdict.APPLIED
    assert contents(there) == told


def test_several_parcels_are_told_by_their_first_otherwise() -> None:
    there, order = sold()
    there.market.ship(order, parcelled())
    assert contents(there) == [("JD0", 3)]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_of_parcels_whose_answer_is_lost_each_is_told_once(lost: int) -> None:
    there, order = sold(parcels="split")
    confirmed = 0

    def losing(request: httpx.Request) -> None:
        nonlocal confirmed
        confirmed += request.url.path.endswith("shipmentConfirmation")
        if confirmed == lost and request.url.path.endswith("shipmentConfirmation"):
            there.control("timeout_after_commit")

    there.wire.before = losing
    with pytest.raises(InDoubtError):
        there.market.ship(order, parcelled())
    there.wire.before = lambda _: None
    assert there.market.ship(order, parcelled()).verdict is Verdict.APPLIED
    assert contents(there) == [("JD0", 1), ("JD1", 1), ("JD2", 1)]
    assert confirmations(there) == 3


def test_parcels_in_another_order_are_the_same_parcels() -> None:
    there, order = sold(parcels="split")
    there.market.ship(order, parcelled())
    turned = shipment(3, tracking=(PARCELS[2], PARCELS[1], PARCELS[0]))
    assert there.market.ship(order, turned).verdict is Verdict.APPLIED
    assert confirmations(there) == 3


def test_a_number_that_comes_later_is_confirmed_once_for_the_same_package() -> None:
    there, order = sold(doubts=Doubts(repeated_package="replaced"), carriers={"DHL": "DHL"})
    there.market.ship(order, shipment(tracking=()))
    for _ in range(2):
        assert there.market.ship(order, shipment()).verdict is Verdict.APPLIED
    item = order.lines[0].line_id
    assert packages(there) == [
        {"reference": "80000001", "number": NUMBER, "carrier": "DHL", "items": {item: 3}}
    ]
    assert confirmations(there) == 2


def test_a_package_whose_number_amazon_keeps_is_told_of() -> None:
    there, order = sold(doubts=Doubts(repeated_package="refused"))
    there.market.ship(order, shipment(tracking=()))
    outcome = there.market.ship(order, shipment())
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "late_tracking")
    assert [row["number"] for row in packages(there)] == ["80000001"]  # type: ignore[index]


def test_a_retailer_may_leave_a_package_with_the_number_it_was_told_under() -> None:
    there, order = sold(late_tracking="leave")
    there.market.ship(order, shipment(tracking=()))
    assert there.market.ship(order, shipment()).verdict is Verdict.APPLIED
    assert confirmations(there) == 1


def test_a_number_of_another_kind_at_amazon_stays() -> None:
    there, order = sold(doubts=Doubts(repeated_package="replaced"))
    there.market.ship(order, shipment())
    more = (Tracking(carrier="DHL", number="AA"), Tracking(carrier="DHL", number=NUMBER))
    assert there.market.ship(order, shipment(tracking=more)).verdict is Verdict.APPLIED
    assert [row["number"] for row in packages(there)] == [NUMBER]  # type: ignore[index]
