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
