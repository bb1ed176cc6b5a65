"""Prices in by file and by call, out by lookup: every payload of `events/` through its handler."""

import json
from typing import Any

import boto3
import pytest

from functions.derive import targets
from functions.ingest import import_file, prices
from functions.read import lookup
from shared.ports import Table
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, loaded, sqs_event, stream_event

__all__ = ["deployment"]

NAME = "drop/erp/price/black friday.csv"
FILE = (
    "sku,price_list,kind,amount,currency,tax_basis,unit,valid_from\r\n"
    "HAT-M,retail,base,15.00,GBP,gross,PC,2026-11-01T00:00:00Z\r\n"
    "HAT-S,retail,base,free,GBP,gross,PC,2026-11-01T00:00:00Z\r\n"
)


def asked(deployment: Deployment, name: str, **over: Any) -> tuple[int, dict[str, Any]]:
    answer = deployment.invoke(lookup.handler, loaded(f"read.lookup/{name}") | over)
    return answer["statusCode"], json.loads(answer["body"])


def posted(deployment: Deployment, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = deployment.invoke(prices.handler, event)
    return answer["statusCode"], json.loads(answer["body"])


def derive(deployment: Deployment) -> None:
    skus = [("sku#HAT-M", "price#erp"), ("sku#HAT-S", "price#erp")]
    deployment.invoke(targets.handler, stream_event(*skus))


def dropped(deployment: Deployment) -> dict[str, Any]:
    """Drop the file, and what S3 tells of it."""
    answer = boto3.client("s3").put_object(Bucket="files", Key=NAME, Body=FILE.encode())
    del deployment
    event = loaded("ingest.import_file/dropped")
    body = json.loads(event["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["eTag"] = answer["ETag"].strip('"')
    event["Records"][0]["body"] = json.dumps(body)
    return event


def test_a_dropped_file_is_in_the_cards_and_its_report_beside_it(deployment: Deployment) -> None:
    fine: dict[str, Any] = {"batchItemFailures": []}
    assert deployment.invoke(import_file.handler, dropped(deployment)) == fine
    bodies = deployment.messages("import")
    assert [sorted(body) for body in bodies] == [["file", "run"]]
    assert deployment.invoke(import_file.handler, sqs_event("import", *bodies)) == fine
    (card,) = deployment.rows(Table.FACTS)
    assert card["conditions"][0]["amount"] == {"amount": 1500, "currency": "GBP"}
    (issue,) = deployment.rows(Table.ISSUES)
    under = issue["summary"].rpartition("the report is ")[2].removesuffix("*.ndjson")
    s3 = boto3.client("s3")
    (part,) = s3.list_objects_v2(Bucket="files", Prefix=under)["Contents"]
    line = json.loads(s3.get_object(Bucket="files", Key=part["Key"])["Body"].read())
    assert (line["line"], line["column"], line["value"]) == (3, "amount", "free")


def test_the_store_s_own_test_is_passed_and_what_is_not_understood_is_not(
    deployment: Deployment,
) -> None:
    passed = deployment.invoke(import_file.handler, loaded("ingest.import_file/test-event"))
    assert passed == {"batchItemFailures": []}
    failed = deployment.invoke(import_file.handler, loaded("ingest.import_file/nonsense"))
    assert len(failed["batchItemFailures"]) == 1


def test_posted_lines_are_answered_one_by_one_and_looked_up_again(deployment: Deployment) -> None:
    publish_everything(deployment)
    status, said = posted(deployment, loaded("ingest.prices/two-lines"))
    assert (status, said["accepted"], said["refused"]) == (200, 1, 1)
    accepted, refused = said["lines"]
    assert accepted["status"] == "accepted"
    assert (refused["field"], refused["value"]) == ("currency", "EUR")
    assert refused["remedy"]
    derive(deployment)
    status, shown = asked(deployment, "price")
    assert (status, shown["price"]) == (200, {"amount": 1750, "currency": "GBP"})
    assert "chain" not in shown
    _, explained = asked(deployment, "price-with-chain")
    assert "17.50 GBP each" in json.dumps(explained["chain"])


def test_a_repeat_is_answered_as_the_first_time_and_a_key_is_good_for_one_body(
    deployment: Deployment,
) -> None:
    event = loaded("ingest.prices/two-lines")
    first = deployment.invoke(prices.handler, event)
    assert deployment.invoke(prices.handler, event) == first
    other = json.loads(event["body"])
    other["conditions"].pop()
    status, said = posted(deployment, event | {"body": json.dumps(other)})
    assert (status, said["field"], said["value"]) == (409, "Idempotency-Key", "7d9f-1")


@pytest.mark.parametrize(
    ("name", "status", "field"),
    [
        ("no-key", 400, "Idempotency-Key"),
        ("not-json", 400, "body"),
        ("not-the-owner", 403, "connection"),
    ],
)
def test_a_call_that_cannot_be_taken_says_what_is_wrong_with_it(
    deployment: Deployment, name: str, status: int, field: str
) -> None:
    found, said = posted(deployment, loaded(f"ingest.prices/{name}"))
    assert (found, said["field"]) == (status, field)
    assert said["remedy"]
    assert deployment.rows(Table.FACTS) == []


def test_who_is_refused_is_told_who_owns_prices(deployment: Deployment) -> None:
    _, said = posted(deployment, loaded("ingest.prices/not-the-owner"))
    assert said["remedy"].startswith("prices are told by erp")


def test_availability_is_what_the_channel_may_sell(deployment: Deployment) -> None:
    publish_everything(deployment)
    status, said = asked(deployment, "availability")
    assert (status, said["available"]) == (200, 10)
    assert said["levels"] == {"london": 10, "leeds": 0}


@pytest.mark.parametrize(
    ("name", "what"), [("prices", "prices"), ("availabilities", "availability")]
)
def test_many_are_looked_up_at_once_and_what_is_missing_is_named(
    deployment: Deployment, name: str, what: str
) -> None:
    publish_everything(deployment)
    status, said = asked(deployment, name)
    assert status == 200
    assert [one["sku"] for one in said[what]] == ["HAT-M"]
    assert [(one["field"], one["value"]) for one in said["missing"]] == [("sku", "CAP")]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("unknown-channel", "channel", "till"), ("unknown-sku", "sku", "CAP")],
)
def test_what_is_not_known_is_named(
    deployment: Deployment, name: str, field: str, value: str
) -> None:
    status, said = asked(deployment, name)
    assert (status, said["field"], said["value"]) == (404, field, value)


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"skus":"HAT"}', '{"skus":[1]}', '{"skus":[]}', None]
)
def test_a_list_of_skus_is_asked_for(deployment: Deployment, body: str | None) -> None:
    assert asked(deployment, "prices", body=body)[0] == 400
    assert asked(deployment, "too-many")[0] == 400


@pytest.mark.parametrize("name", ["price", "prices"])
def test_who_has_the_answer_already_is_told_so_until_it_changes(
    deployment: Deployment, name: str
) -> None:
    publish_everything(deployment)
    event = loaded(f"read.lookup/{name}")
    first = deployment.invoke(lookup.handler, event)
    tag = first["headers"]["etag"]
    event["headers"]["if-none-match"] = f'W/"other", {tag}'
    assert deployment.invoke(lookup.handler, event)["statusCode"] == 304
    posted(deployment, loaded("ingest.prices/two-lines"))
    derive(deployment)
    assert deployment.invoke(lookup.handler, event)["statusCode"] == 200
