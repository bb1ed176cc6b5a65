"""/v1/returns through its handler: on moto, by the payloads of `events/`."""

import json
from typing import Any

import pytest

from functions.ingest import read_erp
from functions.orders import api, returns, send
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, loaded, sqs_event

__all__ = ["deployment"]


def ask(deployment: Deployment, name: str, **over: Any) -> tuple[int, dict[str, Any]]:
    event = loaded(f"orders.returns/{name}")
    if over:
        event["body"] = json.dumps(json.loads(event["body"]) | over)
    answer = deployment.invoke(returns.handler, event)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def shipped(deployment: Deployment) -> Deployment:
    """An order that the ERP has sent."""
    publish_everything(deployment)
    deployment.act_as("")
    deployment.invoke(api.handler, loaded("orders.api/place"))
    deployment.act_as("erp")
    for body in deployment.messages("erp-write"):
        deployment.invoke(send.handler, sqs_event("erp-write", body))
    (order,) = deployment.sap.control("orders")  # type: ignore[misc, str-unpack]
    number = str(order["number"])  # type: ignore[index, call-overload]
    delivery = deployment.sap.control("deliver", order=number)
    body = {"read": "shipment", "key": str(delivery)}
    deployment.invoke(read_erp.handler, sqs_event("erp-read", body))
    deployment.act_as("")
    return deployment


def test_a_return_is_granted_received_and_seen(shipped: Deployment) -> None:
    status, said = ask(shipped, "grant")
    assert (status, said["state"]) == (201, "authorised")
    assert ask(shipped, "grant") == (201, said)
    shipped.act_as("erp")
    for body in shipped.messages("erp-write"):
        shipped.invoke(send.handler, sqs_event("erp-write", body))
    (kept,) = shipped.sap.control("credits")  # type: ignore[misc, str-unpack]
    assert (kept["kind"], kept["reference"]) == ("CustomerReturn", "SHOP-ARMA-1")  # type: ignore[index, call-overload]
    shipped.act_as("")
    status, said = ask(shipped, "receive")
    assert (status, said["state"]) == (201, "received")
    status, seen = ask(shipped, "find")
    assert (status, seen["state"], seen["document"]) == (200, "received", kept["number"])  # type: ignore[index, call-overload]
    order = shipped.invoke(api.handler, loaded("orders.api/find") | {})
    assert json.loads(order["body"])["returns"][0]["state"] == "received"


def test_the_same_key_with_another_body_is_a_conflict(shipped: Deployment) -> None:
    ask(shipped, "grant")
    status, refused = ask(shipped, "grant", return_id="RMA-2")
    assert (status, refused["field"]) == (409, "Idempotency-Key")


def test_what_nobody_knows_is_not_found(deployment: Deployment) -> None:
    deployment.act_as("")
    assert ask(deployment, "find")[0] == 404
    assert ask(deployment, "receive")[0] == 404
    assert ask(deployment, "grant")[0] == 404


HALF = '{"order_id":"shop:\\ud800","return_id":"R","lines":[{"line_id":"1","quantity":1}]}'


@pytest.mark.parametrize("body", ["", "[]", "{", HALF])
def test_a_body_that_is_no_call_is_refused(deployment: Deployment, body: str) -> None:
    deployment.act_as("")
    event = loaded("orders.returns/grant") | {"body": body}
    answer = deployment.invoke(returns.handler, event)
    assert answer["statusCode"] == 400


def test_a_refund_is_recorded_told_to_the_erp_and_seen(shipped: Deployment) -> None:
    status, said = ask(shipped, "refund")
    assert (status, said["state"], said["total"], said["left"]) == (
        201,
        "recorded",
        "22.95",
        "18.00",
    )
    assert ask(shipped, "refund") == (201, said)
    shipped.act_as("erp")
    for body in shipped.messages("erp-write"):
        shipped.invoke(send.handler, sqs_event("erp-write", body))
    (kept,) = shipped.sap.control("credits")  # type: ignore[misc, str-unpack]
    assert kept["reference"] == f"SHOP-R{said['name']}"  # type: ignore[index, call-overload]
    shipped.act_as("")
    order = shipped.invoke(api.handler, loaded("orders.api/find") | {})
    (refund,) = json.loads(order["body"])["refunds"]
    assert (refund["asked"], refund["total"]["amount"]) == (said["name"], 2295)


def test_more_than_is_left_is_a_conflict_and_a_wrong_line_is_named(shipped: Deployment) -> None:
    assert ask(shipped, "refund")[0] == 201
    event = loaded("orders.returns/refund")
    body = json.loads(event["body"]) | {"refund_id": "CS-2", "lines": [], "shipping": None}
    event |= {"headers": event["headers"] | {"idempotency-key": "2"}}
    event["body"] = json.dumps(body | {"appeasement": "18.01"})
    answer = shipped.invoke(returns.handler, event)
    assert (answer["statusCode"], json.loads(answer["body"])["field"]) == (409, "appeasement")
    event["headers"]["idempotency-key"] = "3"
    event["body"] = json.dumps(body | {"order_id": "shop:NONE", "appeasement": "1.00"})
    assert shipped.invoke(returns.handler, event)["statusCode"] == 404
