"""/v1/orders and the description of the API, through their handlers: on moto, by `events/`."""

import json
from typing import Any

import boto3
import pytest

from functions.ingest import import_file
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


ROWS = (
    "order_id,placed_at,currency,taxes_included,total,line_id,sku,title,quantity,unit_price\n"
    "F1,2026-11-27T08:00:00Z,GBP,true,59.97,1,HAT-M,Hat,1,19.99\n"
    "F1,2026-11-27T08:00:00Z,GBP,true,59.97,2,HAT-S,Hat,2,19.99\n"
    "F2,2026-11-27T08:00:00Z,GBP,true,20.00,1,HAT-M,Hat,1,19.99\n"
)


def test_a_dropped_file_of_orders_is_captured_and_sent_to_the_erp(stocked: Deployment) -> None:
    name = "drop/shop/order/today.csv"
    stored = boto3.client("s3").put_object(Bucket="files", Key=name, Body=ROWS.encode())
    version = stored["ETag"].strip('"')
    message = {"file": name, "version": version, "at": "2026-11-27T08:30:00+00:00"}
    fine: dict[str, Any] = {"batchItemFailures": []}
    for body in (message, message):
        assert stocked.invoke(import_file.handler, sqs_event("import", body)) == fine
        for going in stocked.messages("import"):
            assert stocked.invoke(import_file.handler, sqs_event("import", going)) == fine
    (case,) = stocked.rows(Table.ORDERS)
    assert (case["order"]["external_id"], case["state"]) == ("F1", "released")
    assert [body for body in stocked.messages("erp-write") if "case" in body] == [
        {"case": "shop:F1"}
    ]
    kinds = [issue["kind"] for issue in stocked.rows(Table.ISSUES)]
    assert kinds == ["bad_file"]
