"""The door, on a moto account, with the real signature check."""

import base64
import hashlib
import hmac
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.ingest import webhook
from shared.aws.store import DynamoStore
from shared.flows import keys
from shared.flows.intake import unpacked
from shared.ports import Row, Table
from tests.aws.tables import create_tables

EVENTS = Path(__file__).resolve().parents[2] / "events" / "ingest.webhook"
SECRET = "hush"


@pytest.fixture
def door(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Table, str]]:
    del aws
    tables = create_tables()
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    secret = boto3.client("secretsmanager").create_secret(
        Name="shop", SecretString=json.dumps({"webhook_secrets": ["older", SECRET]})
    )
    doors = {"shop": {"door": "shared.connectors.shopify.webhook", "secret": secret["ARN"]}}
    monkeypatch.setenv("TABLES", json.dumps({"inbox": tables[Table.INBOX]}))
    monkeypatch.setenv("ARCHIVE", "archive")
    monkeypatch.setenv("DOORS", json.dumps(doors))
    importlib.reload(webhook)
    yield tables
    importlib.reload(webhook)


def event(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def signed(body: bytes, delivery: str = "w1") -> dict[str, Any]:
    made = event("order-created")
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
    made["headers"] |= {
        "X-Shopify-Hmac-Sha256": signature.decode(),
        "X-Shopify-Webhook-Id": delivery,
    }
    return made | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def kept(tables: dict[Table, str], delivery: str) -> Row | None:
    key = keys.inbox("shop", f"orders/create:{delivery}")
    return DynamoStore(boto3.client("dynamodb"), tables).get([key]).get(key)


def status(made: dict[str, Any]) -> int:
    return int(webhook.handler(made, None)["statusCode"])


def test_a_signed_delivery_is_kept_whole_and_a_repeat_is_recognised(
    door: dict[Table, str],
) -> None:
    assert [status(event("order-created")) for _ in range(3)] == [202, 200, 200]
    row = kept(door, event("order-created")["headers"]["X-Shopify-Webhook-Id"])
    assert row is not None
    assert row.raw is not None
    assert unpacked(row.raw) == b'{"id":450789469}'
    assert row.body["state"] == "received"


def test_only_headers_that_say_what_a_delivery_is_are_kept(door: dict[Table, str]) -> None:
    status(event("order-created"))
    row = kept(door, event("order-created")["headers"]["X-Shopify-Webhook-Id"])
    assert row is not None
    assert "x-shopify-hmac-sha256" not in json.dumps(dict(row.body))


@pytest.mark.usefixtures("door")
def test_a_base64_body_is_checked_as_the_bytes_it_stands_for() -> None:
    assert status(event("order-created-base64")) == 202


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("forged", 401), ("unsigned", 401), ("unknown-connection", 404), ("options", 405)],
)
def test_whoever_may_not_enter_is_told_why(name: str, expected: int) -> None:
    answer = webhook.handler(event(name), None)
    assert answer["statusCode"] == expected


@pytest.mark.usefixtures("door")
def test_a_body_over_one_mebibyte_is_refused_before_anything_else() -> None:
    assert status(signed(b"x" * (1024 * 1024 + 1))) == 413
    assert status(signed(b"x" * (1024 * 1024))) == 202


def test_a_body_that_does_not_compress_goes_to_the_archive_first(door: dict[Table, str]) -> None:
    digest, noise = b"", bytearray()
    while len(noise) < 500_000:
        digest = hashlib.sha256(digest).digest()
        noise += digest
    assert status(signed(bytes(noise), "large")) == 202
    row = kept(door, "large")
    assert row is not None
    assert row.raw is None
    stored = boto3.client("s3").get_object(Bucket="archive", Key=str(row.body["blob"]))
    assert unpacked(stored["Body"].read()) == bytes(noise)


@pytest.mark.usefixtures("door")
def test_the_same_delivery_five_times_is_kept_once() -> None:
    """One after the other: two at once are DynamoDB's to tell apart, and moto does not."""
    answers = [status(event("order-created")) for _ in range(5)]
    assert answers == [202, 200, 200, 200, 200]
