"""Who may knock, which notification it is, and what it is about."""

import json
from typing import Any

import pytest

from shared.connectors.amazon import hints, webhook
from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading
from tests.connectors.amazon.contract import amazon_specs, document_complaints
from tests.connectors.amazon.world import world
from tests.specs import needs_specs

SECRET = {"x-shelfwire-secret": "forwarded"}


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


@pytest.mark.parametrize(
    "headers", [SECRET, {"authorization": "Bearer forwarded"}], ids=["header", "bearer"]
)
def test_a_notification_enters_with_a_secret_of_the_connection(headers: dict[str, str]) -> None:
    assert webhook.verify(headers, b"{}", ["old", "forwarded"])


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({}, ["forwarded"]),
        ({}, [""]),
        (SECRET, []),
        (SECRET, ["other"]),
        ({"authorization": "Basic forwarded"}, ["forwarded"]),
    ],
)
def test_nobody_else_enters(headers: dict[str, str], secrets: list[str]) -> None:
    assert not webhook.verify(headers, b"{}", secrets)


@pytest.mark.parametrize(
    "body", [change(), lowered(change()), {"detail-type": "x", "detail": change()}]
)
def test_an_order_is_read_whatever_the_casing_and_the_envelope(body: dict[str, Any]) -> None:
    assert hints.readings({}, raw(body)) == [Reading(Entity.ORDER, "903-1")]
    assert webhook.delivery_id({}, raw(body)) == "n-1"


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
        (raw(change(order=7)), "AmazonOrderId"),
        (raw({"NotificationType": "ORDER_CHANGE", "Payload": 7}), "AmazonOrderId"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_field(body: bytes, field: str) -> None:
    with pytest.raises(RejectedError) as refused:
        hints.readings({}, body)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_body_without_an_id_is_named_by_what_it_holds() -> None:
    assert webhook.delivery_id({}, b"<xml/>") == webhook.delivery_id({}, b"<xml/>")
    assert webhook.delivery_id({}, b"<xml/>") != webhook.delivery_id({}, b"{}")


@needs_specs
def test_amazon_s_own_examples_are_understood() -> None:
    folder = amazon_specs() / "schemas" / "notifications"
    names = ("OrderChangeNotification", "FeedProcessingFinishedNotification")
    for name in names:
        for example in json.loads((folder / f"{name}.json").read_text())["examples"]:
            body = raw(example)
            found = [reading.entity for reading in hints.readings({}, body)]
            assert found == ([Entity.ORDER] if name == names[0] else [])
            assert webhook.delivery_id({}, body).startswith("d0e9e693")


def test_the_simulator_tells_as_amazon_does_and_its_door_lets_it_in() -> None:
    there = world()
    there.listed("HAT-M")
    placed = there.ordered(lines=[{"sku": "HAT-M"}])
    [delivery] = there.simulator.due(there.clock.now())
    name = "notifications/OrderChangeNotification.json"
    assert document_complaints(name, delivery.body) == []
    assert webhook.verify(delivery.headers, delivery.body, ["forwarded"])
    [reading] = hints.readings(delivery.headers, delivery.body)
    assert reading == Reading(Entity.ORDER, str(placed["id"]))


def test_notifications_are_lost_doubled_and_repeated_until_somebody_takes_them() -> None:
    there = world()
    there.listed("HAT-M", quantity=50)
    there.control("drop_notifications")
    there.ordered(lines=[{"sku": "HAT-M"}])
    there.control("drop_notifications", on=False)
    there.control("duplicate_notifications")
    there.ordered(lines=[{"sku": "HAT-M"}])
    due = there.simulator.due(there.clock.now())
    assert len(due) == 2
    assert len({webhook.delivery_id(d.headers, d.body) for d in due}) == 1
    there.simulator.answered(due[0], 202, there.clock.now())
    there.simulator.answered(due[1], None, there.clock.now())
    assert there.simulator.due(there.clock.now()) == []
    there.clock.advance(seconds=30)
    assert len(there.simulator.due(there.clock.now())) == 1
