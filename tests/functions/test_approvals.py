"""Held prices through the handlers: listed, ruled on line by line or all at once, told, sent."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.derive import targets
from functions.ingest import import_file
from functions.ops import approvals, sweep
from functions.publish import channel
from functions.read import api as read_api
from functions.read import lookup
from infra.doors import EVERY_ROUTE
from shared.ports import Table
from tests.functions.test_parity import turn
from tests.functions.test_shadow import published, tell
from tests.functions.world import (
    Context,
    Deployment,
    deployment,
    forget,
    sqs_event,
    stocked,
    stream_event,
)

__all__ = ["deployment"]

LIMITS = '\nguardrails = { max_rise = "40", max_fall = "30" }\n'


@pytest.fixture
def shop(deployment: Deployment) -> Deployment:
    """Two hats at 19.99 that the shop shows, of which one is to cost 1.99 now."""
    file = Path(os.environ["RETAILER_FILE"])
    text = file.read_text(encoding="utf-8").replace("settle_seconds = 60", "settle_seconds = 0")
    file.write_text(text + LIMITS, encoding="utf-8")
    forget()
    stocked(deployment)
    tell(deployment)
    for _ in range(3):
        published(deployment)
    reprice(deployment, "HAT-M", "1.99")
    return deployment


def reprice(deployment: Deployment, sku: str, amount: str) -> None:
    deployment.sap.control("set_price", sku=sku, amount=amount)
    tell(deployment)
    published(deployment)


def ask(route: str, body: object = None, **query: str) -> Any:
    event = {
        "routeKey": route,
        "queryStringParameters": query or None,
        "body": json.dumps(body) if body is not None else None,
        "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "anna"}}}},
    }
    handler = approvals.handler if route.startswith("POST") else read_api.handler
    said = handler(event, Context())  # type: ignore[arg-type]
    return said["statusCode"], json.loads(said["body"])


def waiting(**query: str) -> list[dict[str, Any]]:
    status, body = ask("GET /v1/approvals", **query)
    assert status == 200
    return list(body["waiting"])


def ruled(decision: str, *lines: dict[str, Any]) -> Any:
    named = [{name: one[name] for name in ("channel", "sku", "proposal")} for one in lines]
    return ask("POST /v1/approvals", {"decision": decision, "why": "clearance", "proposals": named})


def shown(deployment: Deployment) -> dict[str, int]:
    prices = deployment.shop.control("read_prices")
    assert isinstance(prices, dict)
    return {sku: price["price"] for sku, price in prices.items()}  # type: ignore[index, call-overload, misc]


def derived(deployment: Deployment) -> None:
    """What the stream of the facts says of the touched article is derived, and published."""
    deployment.invoke(targets.handler, stream_event(("sku#HAT-M", "wake"), ("sku#HAT-S", "wake")))
    deployment.act_as("shop")
    turn(deployment, "shop-write", channel.handler)
    published(deployment)


def test_both_routes_ask_for_their_scope() -> None:
    assert EVERY_ROUTE["GET /v1/approvals"] == "ops.read"
    assert EVERY_ROUTE["POST /v1/approvals"] == "ops.approve"


def test_what_waits_is_listed_and_not_sent(shop: Deployment) -> None:
    (one,) = waiting(channel="shop", rule="max_fall")
    assert (one["sku"], one["proposed"]["price"]["amount"], one["effective"]) == (
        "HAT-M",
        199,
        None,
    )
    assert one["reasons"][0]["detail"] == (
        "19.99 GBP to 1.99 GBP is a fall of 90.0 %, at most 30 % may pass"
    )
    assert one["at_risk"] == {"amount": 18_000, "currency": "GBP"}
    assert waiting(rule="max_rise") == []
    assert shown(shop) == {"HAT-M": 1999, "HAT-S": 1999}


def test_a_lookup_and_a_trace_say_that_a_price_is_held(shop: Deployment) -> None:
    del shop
    event = {
        "routeKey": "GET /v1/prices/{channel}/{sku}",
        "pathParameters": {"channel": "shop", "sku": "HAT-M"},
        "headers": {},
    }
    said = json.loads(lookup.handler(event, Context())["body"])  # type: ignore[arg-type]
    assert (said["price"]["amount"], said["shown"]) == (1999, False)
    assert said["held"]["price"]["amount"] == 199
    assert said["held"]["reasons"][0]["rule"] == "max_fall"
    route = {"routeKey": "GET /v1/trace/sku/{sku}", "pathParameters": {"sku": "HAT-M"}}
    traced = json.loads(read_api.handler(route, Context())["body"])  # type: ignore[arg-type]
    price = traced["channels"][0]["targets"]["price"]
    assert price["in_step"] is False
    assert [step["rule"] for step in price["why"]] == ["guardrail max_fall", "last good price"]
    assert price["guard"]["held"][0]["value"]["price"]["amount"] == 199


def test_an_approved_price_is_sent_and_its_exception_solved(shop: Deployment) -> None:
    (one,) = waiting()
    issues = ask("GET /v1/exceptions")[1]["exceptions"]
    assert [(i["kind"], i["subject"]) for i in issues] == [("price_held", "shop/max_fall")]
    status, body = ruled("approve", one)
    assert (status, body["ruled"], body["lines"][0]["status"]) == (200, 1, "approved")
    derived(shop)
    sweep.handler({}, Context())  # type: ignore[arg-type]
    assert shown(shop)["HAT-M"] == 199
    assert waiting() == []
    assert ask("GET /v1/exceptions")[1]["exceptions"] == []
    (row,) = [
        row for row in shop.rows(Table.TARGETS) if (row["key"], row["facet"]) == ("HAT-M", "price")
    ]
    assert [(r["by"], r["why"], r["told"]) for r in row["guard"]["rulings"]] == [
        ("anna", "clearance", True)
    ]


def test_a_rejected_price_stays_away(shop: Deployment) -> None:
    (one,) = waiting()
    assert ruled("reject", one)[1]["lines"][0]["status"] == "rejected"
    derived(shop)
    assert (shown(shop)["HAT-M"], waiting()) == (1999, [])


def test_all_of_a_channel_are_ruled_on_if_they_are_as_many_as_expected(shop: Deployment) -> None:
    reprice(shop, "HAT-S", "0.99")
    every = {"channel": "shop", "rule": "max_fall"}
    body = {"decision": "approve", "why": "clearance", "all": {**every, "expected": 1}}
    status, said = ask("POST /v1/approvals", body)
    assert (status, said["field"], said["value"]) == (409, "expected", 2)
    body["all"] = {**every, "expected": 2}
    assert ask("POST /v1/approvals", body) == (
        200,
        {"decision": "approve", "ruled": 2, "remaining": 0},
    )
    derived(shop)
    assert shown(shop) == {"HAT-M": 199, "HAT-S": 99}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (None, 400, "body"),
        ({"decision": "perhaps", "why": "x", "proposals": []}, 400, "decision"),
        ({"decision": "approve", "why": "  ", "proposals": []}, 400, "why"),
        ({"decision": "approve", "why": "x"}, 400, "proposals"),
        ({"decision": "approve", "why": "x", "all": {"channel": "shop"}}, 400, "all.expected"),
        (
            {"decision": "approve", "why": "x", "all": {"channel": "nowhere", "expected": 1}},
            404,
            "channel",
        ),
    ],
)
def test_a_call_that_is_not_understood_says_which_field(
    shop: Deployment, body: object, status: int, field: str
) -> None:
    del shop
    answered, said = ask("POST /v1/approvals", body)
    assert (answered, said["field"]) == (status, field)
    assert said["remedy"]


def test_a_question_that_is_not_understood_says_which_field(shop: Deployment) -> None:
    del shop
    assert ask("GET /v1/approvals", channel="nowhere")[0] == 404
    status, said = ask("GET /v1/approvals", rule="beauty")
    assert (status, said["field"]) == (400, "rule")


def test_one_that_waits_no_more_says_so(shop: Deployment) -> None:
    (one,) = waiting()
    reprice(shop, "HAT-M", "18.99")
    assert ruled("approve", one)[1]["lines"][0]["status"] == "withdrawn"
    stranger = {"channel": "shop", "sku": "NOTHING", "proposal": "1"}
    assert ruled("approve", stranger)[1]["lines"][0]["status"] == "unknown"


# files


FILE = "drop/erp/price/new.csv"
HEADER = "sku,price_list,kind,amount,currency,tax_basis,unit,valid_from"


@pytest.fixture
def dropped(deployment: Deployment) -> Deployment:
    """A file of which every row is refused, where one in ten may be."""
    file = Path(os.environ["RETAILER_FILE"])
    limits = 'feeds = { max_refused = "10", rows_from = 2 }\n'
    file.write_text(limits + file.read_text(encoding="utf-8"), encoding="utf-8")
    forget()
    rows = "\n".join(f"HAT-{i},retail,base,free,GBP,gross,PC,2026-01-01T00:00Z" for i in range(3))
    boto3.client("s3").put_object(
        Bucket="files", Key=FILE, Body=f"{HEADER}\n{rows}\nHAT-M,retail,base,18.00,GBP,gross,PC,"
        "2026-01-01T00:00Z\n".encode()
    )  # fmt: skip
    imported(deployment, {"file": FILE})
    return deployment


def imported(deployment: Deployment, *bodies: dict[str, str]) -> None:
    """The import queue is worked until it is empty."""
    waiting = list(bodies) or deployment.messages("import")
    while waiting:
        deployment.invoke(import_file.handler, sqs_event("import", *waiting))
        waiting = deployment.messages("import")


def test_a_file_that_waits_is_listed_with_its_reading_and_applied_once_approved(
    dropped: Deployment,
) -> None:
    assert dropped.rows(Table.FACTS) == []
    (one,) = ask("GET /v1/approvals")[1]["files"]
    assert (one["file"], one["reasons"][0]["rule"]) == (FILE, "max_refused")
    lines = [{"file": one["file"], "run": one["run"]}]
    status, said = ask("POST /v1/approvals", {"decision": "approve", "why": "x", "files": lines})
    assert (status, said["ruled"], said["lines"][0]["status"]) == (200, 1, "approved")
    imported(dropped)
    assert [row["sku"] for row in dropped.rows(Table.FACTS)] == ["HAT-M"]
    assert ask("GET /v1/approvals")[1]["files"] == []
    kinds = [issue["kind"] for issue in ask("GET /v1/exceptions")[1]["exceptions"]]
    assert kinds == ["bad_file"]


def test_a_rejected_file_is_not_applied(dropped: Deployment) -> None:
    (one,) = ask("GET /v1/approvals")[1]["files"]
    lines = [{"file": one["file"], "run": one["run"]}]
    assert ask("POST /v1/approvals", {"decision": "reject", "why": "x", "files": lines})[0] == 200
    imported(dropped, {"file": FILE, "run": one["run"]})
    assert dropped.rows(Table.FACTS) == []
    assert ask("GET /v1/approvals")[1]["files"] == []
