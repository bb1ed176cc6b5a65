"""A second order in the ERP: told of, repaired by the API, and off the list."""

from typing import Any
from urllib.parse import quote

import pytest

from functions.ingest import read_channel, read_erp
from functions.ops import api as ops_api
from functions.orders import send
from shared.ports import Table
from tests.functions.test_handlers import publish_everything, run
from tests.functions.world import Deployment, deployment, loaded, sqs_event

__all__ = ["deployment"]


def sold(deployment: Deployment) -> str:
    """The id of an order that the ERP holds."""
    publish_everything(deployment)
    lines: Any = [{"sku": "HAT-M", "quantity": 2}]
    placed: Any = deployment.shop.control("place_order", lines=lines)
    read = sqs_event("shop-read", {"read": "order", "key": str(placed["id"])})
    deployment.invoke(read_channel.handler, read)
    deployment.act_as("erp")
    run(deployment, "erp-write", send.handler)
    return str(placed["id"])


def states(deployment: Deployment) -> list[tuple[str, str]]:
    rows = deployment.rows(Table.ISSUES)
    return [(row["kind"], row["state"]) for row in rows if row["kind"] == "duplicate_in_erp"]


def test_an_order_that_landed_twice_is_repaired_by_the_replay_of_its_exception(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.flows.send.too_early", lambda *_: None)
    number = sold(deployment)
    first: Any = deployment.sap.control("orders")
    second = deployment.sap.control("land_again", order=first[0]["number"])
    told = sqs_event("erp-read", {"read": "allocation", "key": str(second)})
    assert deployment.invoke(read_erp.handler, told) == {"batchItemFailures": []}
    run(deployment, "erp-write", send.handler)
    assert states(deployment) == [("duplicate_in_erp", "open")]
    ask = loaded("ops.api/replay-exception")
    ask["pathParameters"] = {"issue_id": quote(f"duplicate_in_erp#shop:{number}")}
    assert deployment.invoke(ops_api.handler, ask)["statusCode"] == 202
    run(deployment, "erp-write", send.handler)
    held: Any = deployment.sap.control("orders")
    gone = [[item["rejected"] for item in order["items"]] for order in held]
    assert gone == [[False], [True]]
    assert states(deployment) == [("duplicate_in_erp", "solved")]
