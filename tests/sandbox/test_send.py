"""What `send` puts on the wire is what the vendor's own door lets in."""

import json
from pathlib import Path

import pytest

from sandbox.failures import CannotRunError
from sandbox.send import delivery, queue_like, signed
from sandbox.simulators import Standing
from shared.connectors.sap import webhook as sap
from shared.connectors.shopify import webhook as shopify
from shared.ports import Door

EVENTS = Path(__file__).resolve().parents[2] / "events"
SECRET = "made-up"
BODY = json.dumps({"id": 7}).encode()


def standing(system: str) -> Standing:
    return Standing(
        connection="c", system=system, host="h", port=1, secret={"webhook_secrets": [SECRET]}
    )


@pytest.mark.parametrize(("system", "door"), [("shopify", shopify), ("sap-s4hana", sap)])
def test_a_signed_delivery_passes_the_door_and_no_other_secret_does(
    system: str, door: Door
) -> None:
    headers = signed(standing(system), {}, BODY)
    assert door.verify(headers, BODY, [SECRET])
    assert not door.verify(headers, BODY, ["another"])


def test_a_recorded_signature_is_replaced_and_the_rest_of_the_headers_kept() -> None:
    recorded = {
        "X-Shopify-Hmac-Sha256": "old",
        "X-Shopify-Topic": "refunds/create",
        "X-Shopify-Webhook-Id": "w1",
        "Host": "recorded.example",
        "Content-Length": "999",
    }
    headers = signed(standing("shopify"), recorded, BODY)
    assert shopify.verify(headers, BODY, [SECRET])
    assert shopify.delivery_id(headers, BODY) == "refunds/create:w1"
    assert not {"host", "content-length"} & headers.keys()


def test_two_bodies_sent_without_an_id_are_two_deliveries() -> None:
    names = {shopify.delivery_id(signed(standing("shopify"), {}, BODY), BODY) for _ in range(2)}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("recorded", "queue"),
    [
        ("shelfwire-other-prod-shop-write", "shop-write"),
        ("shop-write", "shop-write"),
        ("shelfwire-x-dev-shop-write-dead", "shop-write-dead"),
        ("shelfwire-x-dev-big-shop-write", "big-shop-write"),
    ],
)
def test_a_recorded_queue_is_found_by_the_end_of_its_name(recorded: str, queue: str) -> None:
    known = ("shop-write", "shop-write-dead", "big-shop-write")
    assert queue_like(recorded, known) == queue


def test_a_queue_like_none_of_ours_is_named() -> None:
    with pytest.raises(CannotRunError, match="no queue here is like 'orders'; known: shop-write"):
        queue_like("orders", ("shop-write",))


def test_a_webhook_is_taken_from_its_event_as_it_came() -> None:
    event = json.loads((EVENTS / "ingest.webhook" / "order-created-base64.json").read_bytes())
    connection, headers, body = delivery(event)
    assert (connection, headers["X-Shopify-Topic"]) == ("shop", "orders/create")
    assert json.loads(body) == {"id": 450789469}


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("ops.api/map-code.json", "PUT /v1/links/{connection}/{code}"),
        ("orders.api/place.json", "POST /v1/orders"),
        ("ingest.webhook/options.json", "OPTIONS /hooks/{connection}"),
    ],
)
def test_an_event_of_another_route_is_no_webhook(name: str, route: str) -> None:
    with pytest.raises(CannotRunError) as raised:
        delivery(json.loads((EVENTS / name).read_bytes()))
    assert raised.value.problem.startswith(f"the event is of {route}, ")
