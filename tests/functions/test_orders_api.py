"""/v1/orders and the description of the API, through their handlers: on moto, by `events/`."""

import json
from typing import Any

import pytest

from functions.orders import api, send
from functions.read import api as read_api
from shared.ports import Table
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, loaded, sqs_event

__all__ = ["deployment"]


def said(deployment: Deployment, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = deployment.invoke(api.handler, event)
    return answer["statusCode"], json.loads(answer["body"])


def place(deployment: Deployment, **over: Any) -> tuple[int, dict[str, Any]]:
    event = loaded("orders.api/place")
    event["body"] = json.dumps(json.loads(event["body"]) | over)
    return said(deployment, event)


@pytest.fixture
def stocked(deployment: Deployment) -> Deployment:
    publish_everything(deployment)
    deployment.act_as("")
    return deployment


def test_an_order_is_placed_sent_to_the_erp_and_told_of(stocked: Deployment) -> None:
    status, made = place(stocked)
    assert (status, made["state"], made["total"]) == (201, "released", "40.95")
    assert place(stocked) == (201, made)
    stocked.act_as("erp")
    for body in stocked.messages("erp-write"):
        stocked.invoke(send.handler, sqs_event("erp-write", body))
    (order,) = stocked.sap.control("orders")  # type: ignore[misc, str-unpack]
    assert (order["reference"], order["total"]) == ("SHOP-W-1", "40.95")  # type: ignore[index, call-overload]
    stocked.act_as("")
    status, found = said(stocked, loaded("orders.api/find"))
    assert (status, found["state"], found["standing"]["payment"]) == (200, "accepted", "captured")
    assert [hop["what"] for hop in found["timeline"]] == [
        "captured",
        "released",
        "sent to ERP",
        "accepted by ERP",
    ]
    assert "Hush" not in json.dumps(found)


def test_the_same_key_with_another_body_is_a_conflict(stocked: Deployment) -> None:
    place(stocked)
    status, refused = place(stocked, total="41.00")
    assert (status, refused["field"]) == (409, "Idempotency-Key")
    assert len([row for row in stocked.rows(Table.ORDERS) if "order" in row]) == 1


def test_totals_that_differ_are_answered_with_the_line_at_fault(stocked: Deployment) -> None:
    status, held = place(stocked, total="39.95")
    assert (status, held["holds"]) == (201, ["totals_differ"])
    assert held["totals"] == {"stated": "39.95", "computed": "40.95", "line": None}


def test_what_is_wrong_is_named(deployment: Deployment) -> None:
    status, refused = place(deployment, currency="pounds")
    assert (status, refused["field"], refused["value"]) == (400, "currency", "pounds")
    event = loaded("orders.api/place") | {"body": "{"}
    assert said(deployment, event)[0] == 400
    del event["headers"]["idempotency-key"]
    event["body"] = loaded("orders.api/place")["body"]
    assert said(deployment, event)[1]["field"] == "Idempotency-Key"


def test_an_order_nobody_knows_is_not_found(deployment: Deployment) -> None:
    status, refused = said(deployment, loaded("orders.api/find"))
    assert (status, refused["field"]) == (404, "order_id")
    event = loaded("orders.api/find") | {"pathParameters": {"order_id": "x" * 3000}}
    assert said(deployment, event)[0] == 404


def test_the_description_is_served_and_not_sent_twice(deployment: Deployment) -> None:
    event = loaded("orders.api/find") | {"routeKey": "GET /v1/openapi.json", "pathParameters": {}}
    answer = deployment.invoke(read_api.handler, event)
    assert json.loads(answer["body"])["openapi"] == "3.1.0"
    event["headers"] = {"if-none-match": answer["headers"]["etag"]}
    assert deployment.invoke(read_api.handler, event)["statusCode"] == 304
