"""Every payload of `events/` through its handler, and one article and one order all the way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions import bootstrap
from functions.derive import clock, targets
from functions.ingest import normalize, read_channel, read_erp
from functions.ops import api as ops_api
from functions.ops import dead_letters, sweep
from functions.orders import send
from functions.publish import channel
from functions.read import api as read_api
from shared.aws.inbox import Inbox
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.cases import CaseRow, Cases
from shared.flows.drainers import Drainers
from shared.kit.clock import WallClock
from shared.model.base import Json
from shared.model.case import Case
from shared.ports import Put, Table
from tests.functions.world import Deployment, deployment, loaded, sqs_event, stocked, stream_event

__all__ = ["deployment"]


def run(deployment: Deployment, queue: str, handler: Any) -> None:
    """Let a function handle everything in its queue, also what it sends to itself."""
    while bodies := deployment.messages(queue):
        answer = deployment.invoke(handler, sqs_event(queue, *bodies))
        assert answer == {"batchItemFailures": []}


def publish_everything(deployment: Deployment) -> None:
    stocked(deployment)
    for entity in ("product", "price", "stock"):
        event = sqs_event("erp-read", {"poll": entity})
        assert deployment.invoke(read_erp.handler, event) == {"batchItemFailures": []}
        run(deployment, "erp-read", read_erp.handler)
        skus = [("sku#HAT-M", "item#erp"), ("sku#HAT-S", "item#erp"), ("product#HAT", "p")]
        deployment.invoke(targets.handler, stream_event(*skus))
    deployment.act_as("shop")
    bodies = deployment.messages("shop-write")
    assert {"look": "targets"} in bodies
    deployment.invoke(channel.handler, sqs_event("shop-write", {"look": "targets"}))


def test_an_article_goes_from_the_erp_to_the_shop(deployment: Deployment) -> None:
    publish_everything(deployment)
    prices = deployment.shop.control("read_prices")
    assert prices == {
        "HAT-M": {"price": 1999, "compare_at": None},
        "HAT-S": {"price": 1999, "compare_at": None},
    }
    answer = deployment.invoke(read_api.handler, loaded("read.api/trace-sku"))
    assert answer["statusCode"] == 200
    assert "19.99 GBP each" in answer["body"]


def test_an_order_goes_from_the_shop_to_the_erp_and_its_goods_back(deployment: Deployment) -> None:
    publish_everything(deployment)
    lines: Any = [{"sku": "HAT-M", "quantity": 2}]
    placed: Any = deployment.shop.control("place_order", lines=lines)
    event = sqs_event("shop-read", {"read": "order", "key": str(placed["id"])})
    assert deployment.invoke(read_channel.handler, event) == {"batchItemFailures": []}
    deployment.act_as("erp")
    run(deployment, "erp-write", send.handler)
    orders: Any = deployment.sap.control("orders")
    assert [(o["reference"], o["total"]) for o in orders] == [(f"SHOP-{placed['id']}", "39.98")]
    number = deployment.sap.control("deliver", order=orders[0]["number"], tracking="JJD1")
    event = sqs_event("erp-read", {"read": "shipment", "key": str(number)})
    assert deployment.invoke(read_erp.handler, event) == {"batchItemFailures": []}
    deployment.act_as("shop")
    run(deployment, "shop-write", channel.handler)
    shown: Any = deployment.shop.control("orders")
    assert shown[0]["open"] == 0


def rested(deployment: Deployment, placed: int) -> None:
    """Orders that the ERP could not be reached for."""
    lines: Any = [{"sku": "HAT-M", "quantity": 1}]
    for _ in range(placed):
        order: Any = deployment.shop.control("place_order", lines=lines)
        event = sqs_event("shop-read", {"read": "order", "key": str(order["id"])})
        deployment.invoke(read_channel.handler, event)
    deployment.messages("erp-write")
    deployment.act_as("erp")
    cases = Cases(bootstrap.store(), WallClock(), bootstrap.retailer())
    rows = bootstrap.store().due(Table.ORDERS, keys.case_lane("erp"))
    cases.rest(CaseRow(Case.model_validate(row.body), row.rev) for row in rows)


def woken() -> list[dict[str, str]]:
    drainers = Drainers(bootstrap.store(), WallClock(), bootstrap.retailer())
    return [dict(message.body) for message in drainers.woken("erp")]


def test_orders_that_rest_reach_the_erp_by_a_drainer_s_message(deployment: Deployment) -> None:
    publish_everything(deployment)
    rested(deployment, 2)
    event = sqs_event("erp-write", *woken())
    assert deployment.invoke(send.handler, event) == {"batchItemFailures": []}
    orders: Any = deployment.sap.control("orders")
    assert len(orders) == 2
    assert deployment.messages("erp-write") == []


def test_each_drainer_of_a_batch_gets_a_function_of_its_own(deployment: Deployment) -> None:
    publish_everything(deployment)
    rested(deployment, 6)
    first, second = woken()
    nonsense = loaded("ingest.read_erp/nonsense")["Records"][0]
    event = sqs_event("erp-write", first, second)
    answer = deployment.invoke(send.handler, {"Records": [nonsense, *event["Records"]]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": nonsense["messageId"]}]}
    assert second in deployment.messages("erp-write")
    orders: Any = deployment.sap.control("orders")
    assert len(orders) == 6


def kept(deployment: Deployment, body: bytes) -> None:
    dynamo: Any = boto3.client("dynamodb")
    s3: Any = boto3.client("s3")
    inbox = Inbox(
        dynamo,
        lambda: s3,
        table=deployment.tables[Table.INBOX],
        bucket="archive",
    )
    headers = {"x-shopify-topic": "orders/create"}
    assert inbox.keep("shop", "orders/create:w1", headers, body, now=WallClock().now())


def test_a_delivery_becomes_a_reading(deployment: Deployment) -> None:
    kept(deployment, b'{"id":450789469}')
    deployment.invoke(normalize.handler, stream_event(("shop#orders/create:w1", "-")))
    assert deployment.messages("shop-read") == [{"read": "order", "key": "450789469"}]
    answer = deployment.invoke(ops_api.handler, loaded("ops.api/replay-delivery"))
    assert answer["statusCode"] == 202
    deployment.invoke(normalize.handler, stream_event(("shop#orders/create:w1", "-")))
    assert deployment.messages("shop-read") == [{"read": "order", "key": "450789469"}]


def test_the_log_names_deliveries_that_could_not_be_taken_in(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person replays them by these names, should their stream be given up."""
    kept(deployment, b'{"id":450789469}')
    boto3.client("sqs").delete_queue(QueueUrl=deployment.queues["shop-read"])
    said: list[tuple[str, list[str]]] = []
    log = bootstrap.logger
    monkeypatch.setattr(log, "exception", lambda what, deliveries: said.append((what, deliveries)))
    with pytest.raises(RejectedError, match="NonExistentQueue"):
        deployment.invoke(normalize.handler, stream_event(("shop#orders/create:w1", "-")))
    assert said == [("deliveries not taken in", ["shop/orders/create:w1"])]


def test_a_message_that_is_nonsense_fails_alone(deployment: Deployment) -> None:
    stocked(deployment)
    event = sqs_event("erp-read", {"read": "stock", "key": "HAT-M"})
    nonsense = loaded("ingest.read_erp/nonsense")["Records"][0]
    answer = deployment.invoke(read_erp.handler, {"Records": [nonsense, *event["Records"]]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": nonsense["messageId"]}]}
    assert any(row.get("kind") == "stock" for row in deployment.rows(Table.FACTS))


def test_a_vendor_that_is_out_delays_a_message_and_loses_none(deployment: Deployment) -> None:
    deployment.sap.control("throttle", seconds=60)
    event = sqs_event("erp-read", {"read": "stock", "key": "HAT-M"})
    assert deployment.invoke(read_erp.handler, event) == {"batchItemFailures": []}
    waiting = boto3.client("sqs").get_queue_attributes(
        QueueUrl=deployment.queues["erp-read"], AttributeNames=["All"]
    )["Attributes"]
    assert waiting["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_message_that_cannot_be_put_off_fails_alone(deployment: Deployment) -> None:
    deployment.sap.control("throttle", seconds=60)
    boto3.client("sqs").delete_queue(QueueUrl=deployment.queues["erp-read"])
    throttled = sqs_event("erp-read", {"read": "stock", "key": "HAT-M"})
    poll = sqs_event("erp-read", {"poll": "stock", "run": "of long ago"})
    poll["Records"][0]["messageId"] = "other"
    both = {"Records": [*throttled["Records"], *poll["Records"]]}
    name = throttled["Records"][0]["messageId"]
    assert deployment.invoke(read_erp.handler, both) == {
        "batchItemFailures": [{"itemIdentifier": name}]
    }


def test_dead_letters_become_exceptions_that_are_listed_and_replayed(
    deployment: Deployment,
) -> None:
    for name in ("case", "unreadable"):
        answer = deployment.invoke(dead_letters.handler, loaded(f"ops.dead_letters/{name}"))
        assert answer == {"batchItemFailures": []}
    listed = deployment.invoke(read_api.handler, loaded("read.api/exceptions"))
    assert listed["body"].count("dead_letter") >= 2
    replayed = deployment.invoke(ops_api.handler, loaded("ops.api/replay-exception"))
    assert replayed["statusCode"] == 202
    assert deployment.messages("erp-write") == [{"case": "shop:77"}]


def test_what_was_solved_is_listed_when_it_is_asked_for(deployment: Deployment) -> None:
    deployment.invoke(dead_letters.handler, loaded("ops.dead_letters/case"))
    deployment.invoke(ops_api.handler, loaded("ops.api/replay-exception"))
    assert _states(deployment, None) == set()
    assert _states(deployment, "solved") == _states(deployment, "all") == {"solved"}
    asked = loaded("read.api/exceptions") | {"queryStringParameters": {"state": "shut"}}
    refused = deployment.invoke(read_api.handler, asked)
    assert refused["statusCode"] == 400
    assert '"field":"state"' in refused["body"]


def test_what_is_settled_is_closed_with_a_reason(deployment: Deployment) -> None:
    ask = loaded("ops.api/close-exception")
    assert deployment.invoke(ops_api.handler, ask)["statusCode"] == 404
    deployment.invoke(dead_letters.handler, loaded("ops.dead_letters/case"))
    for body, field in (("{}", "why"), ('{"why": " "}', "why"), ("no", "body")):
        refused = deployment.invoke(ops_api.handler, ask | {"body": body})
        assert refused["statusCode"] == 400
        assert f'"field":"{field}"' in refused["body"]
    again = deployment.invoke(ops_api.handler, ask | {"body": '{"why": "seen", "count": 2}'})
    assert (again["statusCode"], '"field":"count"' in again["body"]) == (409, True)
    closed = json.loads(deployment.invoke(ops_api.handler, ask)["body"])["closed"]
    assert (closed["by"], closed["why"]) == ("operator-client", "entered in the ERP as 5000017")
    assert _states(deployment, None) == set()
    assert deployment.messages("erp-write") == []


def _states(deployment: Deployment, state: str | None) -> set[str]:
    said = {"state": state} if state else None
    asked = loaded("read.api/exceptions") | {"queryStringParameters": said}
    body = json.loads(deployment.invoke(read_api.handler, asked)["body"])
    return {each["state"] for each in body["exceptions"]}


def test_a_code_is_mapped_only_to_an_article_there_is(deployment: Deployment) -> None:
    refused = deployment.invoke(ops_api.handler, loaded("ops.api/map-code"))
    assert refused["statusCode"] == 409
    publish_everything(deployment)
    assert deployment.invoke(ops_api.handler, loaded("ops.api/map-code"))["statusCode"] == 200
    nothing = deployment.invoke(ops_api.handler, loaded("ops.api/map-nothing"))
    assert nothing["statusCode"] == 400
    assert '"field":"sku"' in nothing["body"]


def test_what_is_not_known_is_said_to_be_so(deployment: Deployment) -> None:
    for name in ("trace-sku", "trace-order"):
        answer = deployment.invoke(read_api.handler, loaded(f"read.api/{name}"))
        assert answer["statusCode"] == 404
    for name in ("replay-exception", "replay-delivery"):
        answer = deployment.invoke(ops_api.handler, loaded(f"ops.api/{name}"))
        assert answer["statusCode"] == 404


def test_a_minute_with_nothing_to_do_does_nothing(deployment: Deployment) -> None:
    deployment.invoke(clock.handler, loaded("schedule/minute"))
    deployment.invoke(sweep.handler, loaded("schedule/minute"))
    assert all(deployment.messages(queue) == [] for queue in deployment.queues)


def test_an_instant_that_has_come_wakes_its_skus_and_one_that_has_not_waits(
    deployment: Deployment,
) -> None:
    store, past = bootstrap.store(), datetime(2025, 11, 28, tzinfo=UTC)
    soon = WallClock().now() + timedelta(minutes=1)
    for sku, at in (("HAT-M", past), ("HAT-S", soon)):
        body: dict[str, Json] = {"at": at.isoformat()}
        store.commit([Put(keys.wake(sku), body, 0, lane=keys.WAKE_LANE, due=at)])
    for event in (loaded("derive.clock/wake"), sqs_event("wake", {"wake": soon.isoformat()})):
        assert deployment.invoke(clock.handler, event) == {"batchItemFailures": []}
    rows = store.get([keys.wake("HAT-M"), keys.wake("HAT-S")])
    assert [row.body["at"] is None for row in rows.values()] == [True, False]
    deployment.invoke(clock.handler, loaded("schedule/minute"))
    waiting = boto3.client("sqs").get_queue_attributes(
        QueueUrl=deployment.queues["wake"], AttributeNames=["All"]
    )["Attributes"]
    assert waiting["ApproximateNumberOfMessagesDelayed"] == "2"
