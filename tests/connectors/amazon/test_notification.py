"""Which notification it is, and what it is about."""

import json
from typing import Any

import pytest

from sandbox.vendors.amazon.notifications import ACCOUNT
from shared.connectors.amazon import hints, notification
from shared.connectors.catalog import CATALOG
from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading
from tests.connectors.amazon.contract import amazon_specs, document_complaints
from tests.connectors.amazon.world import world
from tests.specs import needs_specs


def change(order: object = "903-1", fulfilment: str = "MFN") -> dict[str, Any]:
    told = {"AmazonOrderId": order, "Summary": {"FulfillmentType": fulfilment}}
    return {
        "NotificationType": "ORDER_CHANGE",
        "Payload": {"OrderChangeNotification": told},
        "NotificationMetadata": {"NotificationId": "n-1"},
    }


def lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {k[:1].lower() + k[1:]: lowered(v) for k, v in value.items()}
    return value


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("body", [change(), lowered(change())])
def test_an_order_is_read_whatever_the_casing(body: dict[str, Any]) -> None:
    assert hints.readings({}, raw(body)) == [Reading(Entity.ORDER, "903-1")]
    assert notification.delivery_id({}, raw(body)) == "n-1"


def test_an_order_amazon_ships_is_not_read() -> None:
    assert hints.readings({}, raw(change(fulfilment="AFN"))) == []


@pytest.mark.parametrize("kind", sorted(hints.NO_USE))
def test_what_the_publisher_reads_back_anyway_leads_to_nothing(kind: str) -> None:
    assert hints.readings({}, raw({"notificationType": kind, "payload": {}})) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"<xml/>", "body"),
        (b"[]", "body"),
        (raw({"NotificationType": "BRANDED_ITEM_CONTENT_CHANGE"}), "notificationType"),
        (b"[" * 100_000, "body"),
        (raw(change(order=7)), "AmazonOrderId"),
        (raw(change(order="")), "AmazonOrderId"),
        (raw(change(order="9" * 65)), "AmazonOrderId"),
        (raw(change(order="903-1#x")), "AmazonOrderId"),
        (raw({"NotificationType": "ORDER_CHANGE", "Payload": 7}), "AmazonOrderId"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_field(body: bytes, field: str) -> None:
    with pytest.raises(RejectedError) as refused:
        hints.readings({}, body)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_body_without_an_id_is_named_by_what_it_holds() -> None:
    assert notification.delivery_id({}, b"<xml/>") == notification.delivery_id({}, b"<xml/>")
    assert notification.delivery_id({}, b"<xml/>") != notification.delivery_id({}, b"{}")


@pytest.mark.parametrize("name", [7, "", "n" * 129, "a#b", "a b", "\ud800", None])
def test_an_id_that_is_no_name_is_not_taken_for_one(name: object) -> None:
    body = raw({"NotificationMetadata": {"NotificationId": name}})
    assert len(notification.delivery_id({}, body)) == 64


def test_a_body_too_deep_to_read_has_a_name() -> None:
    assert len(notification.delivery_id({}, b"[" * 100_000)) == 64


@needs_specs
def test_amazon_s_own_examples_are_understood() -> None:
    folder = amazon_specs() / "schemas" / "notifications"
    names = ("OrderChangeNotification", "FeedProcessingFinishedNotification")
    for name in names:
        for example in json.loads((folder / f"{name}.json").read_text())["examples"]:
            body = raw(example)
            found = [reading.entity for reading in hints.readings({}, body)]
            assert found == ([Entity.ORDER] if name == names[0] else [])
            assert notification.delivery_id({}, body).startswith("d0e9e693")


QUEUE = "arn:aws:sqs:eu-west-1:123456789012:market-notifications"


def test_the_simulator_tells_as_amazon_does_whoever_subscribed() -> None:
    there = world()
    there.listed("HAT-M")
    there.ordered(lines=[{"sku": "HAT-M"}])
    assert there.simulator.due(there.clock.now()) == []
    there.control("subscribe", queue=QUEUE)
    placed = there.ordered(lines=[{"sku": "HAT-M"}])
    [delivery] = there.simulator.due(there.clock.now())
    name = "notifications/OrderChangeNotification.json"
    assert document_complaints(name, delivery.body) == []
    assert (delivery.queue, delivery.account) == (QUEUE, ACCOUNT)
    [reading] = hints.readings({}, delivery.body)
    assert reading == Reading(Entity.ORDER, str(placed["id"]))


def test_the_queue_lets_in_who_the_simulator_sends_as() -> None:
    assert CATALOG["amazon"].sender == ACCOUNT


def test_notifications_are_lost_doubled_and_repeated_until_somebody_takes_them() -> None:
    there = world()
    there.control("subscribe", queue=QUEUE)
    there.listed("HAT-M", quantity=50)
    there.control("drop_notifications")
    there.ordered(lines=[{"sku": "HAT-M"}])
    there.control("drop_notifications", on=False)
    there.control("duplicate_notifications")
    there.ordered(lines=[{"sku": "HAT-M"}])
    due = there.simulator.due(there.clock.now())
    assert len(due) == 2
    assert len({notification.delivery_id(d.headers, d.body) for d in due}) == 1
    there.simulator.answered(due[0], 200, there.clock.now())
    there.simulator.answered(due[1], None, there.clock.now())
    assert there.simulator.due(there.clock.now()) == []
    there.clock.advance(seconds=30)
    assert len(there.simulator.due(there.clock.now())) == 1
