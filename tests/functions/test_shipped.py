"""/v1/shipments through its handler: on moto, with the ERP's own delivery of the same goods."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.ingest import read_erp
from functions.ops import sweep
from functions.orders import api, send, shipments
from tests.flows.shipped_world import SHIPPED_TOML
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, forget, loaded, sqs_event

__all__ = ["deployment"]

REPLAYED = {"read": "shipment", "key": "reported:wms/P-1"}


@pytest.fixture(autouse=True)
def _with_a_warehouse(deployment: Deployment, tmp_path: Path) -> None:
    del deployment
    (tmp_path / "retailer.toml").write_text(SHIPPED_TOML, encoding="utf-8")
    forget()


def post(deployment: Deployment, **over: Any) -> tuple[int, dict[str, Any]]:
    deployment.act_as("")
    event = loaded("orders.shipments/post")
    event["body"] = json.dumps(json.loads(event["body"]) | over)
    answer = deployment.invoke(shipments.handler, event)
    return answer["statusCode"], json.loads(answer["body"])


def place(deployment: Deployment) -> str:
    """An order of two hats, in the ERP; its number there."""
    deployment.act_as("erp")
    publish_everything(deployment)
    deployment.act_as("")
    deployment.invoke(api.handler, loaded("orders.api/place"))
    deployment.act_as("erp")
    for body in deployment.messages("erp-write"):
        deployment.invoke(send.handler, sqs_event("erp-write", body))
    (order,) = deployment.sap.control("orders")  # type: ignore[misc, str-unpack]
    return str(order["number"])  # type: ignore[index, call-overload]


def read(deployment: Deployment, body: dict[str, str]) -> None:
    deployment.act_as("erp")
    deployment.invoke(read_erp.handler, sqs_event("erp-read", body))
    deployment.act_as("")


def found(deployment: Deployment) -> dict[str, Any]:
    deployment.act_as("")
    answer = deployment.invoke(api.handler, loaded("orders.api/find"))
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def test_both_tell_of_the_same_goods_and_they_count_once(deployment: Deployment) -> None:
    number = place(deployment)
    assert post(deployment)[1]["status"] == "placed"
    assert found(deployment)["state"] == "partly_shipped"
    delivery = deployment.sap.control("deliver", order=number)
    read(deployment, {"read": "shipment", "key": str(delivery)})
    assert found(deployment)["state"] == "partly_shipped"
    status, said = post(deployment, shipment_id="P-2")
    assert (status, said["status"], said["order_id"]) == (201, "placed", "shop:W-1")
    order = found(deployment)
    assert (order["state"], [s["shipment_id"] for s in order["compared"]]) == (
        "shipped",
        [str(delivery)],
    )
    assert {"ship": "shop:W-1"} in deployment.messages("shop-write")


def test_what_came_before_its_order_is_replayed_or_tried_again(deployment: Deployment) -> None:
    status, said = post(deployment)
    assert (status, said["status"], said["problem"]["field"]) == (201, "waiting", "order_id")
    assert post(deployment) == (status, said)
    place(deployment)
    read(deployment, REPLAYED)
    assert found(deployment)["state"] == "partly_shipped"
    assert post(deployment)[1]["status"] == "placed"
    deployment.invoke(sweep.handler, loaded("schedule/minute"))


def test_other_content_under_the_same_version_is_a_conflict(deployment: Deployment) -> None:
    post(deployment)
    status, refused = post(deployment, location="london")
    assert (status, refused["field"], refused["value"]) == (409, "shipment_id", "P-1")


def test_who_is_no_source_and_what_is_no_shipment_are_refused(deployment: Deployment) -> None:
    assert post(deployment, source="erp")[0] == 403
    status, refused = post(deployment, lines=[])
    assert (status, refused["field"]) == (400, "lines")
