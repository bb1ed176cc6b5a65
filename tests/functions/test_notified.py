"""What Amazon delivers to a queue is kept once, by itself, and goes the way of a webhook."""

import importlib
import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.ingest import notified, webhook
from shared.aws.store import DynamoStore
from shared.connectors.amazon import hints
from shared.flows import keys
from shared.flows.intake import Normalizer, replay_delivery, unpacked
from shared.flows.issues import open_issues
from shared.model.issue import IssueKind
from shared.ports import Key, Row, Table
from tests.aws.tables import create_tables
from tests.fakes import MemoryBlobs
from tests.flows.world import World

EVENT = Path(__file__).resolve().parents[2] / "events" / "ingest.notified" / "order-change.json"
NAME = "00000000-0000-4000-8000-000000000077"


@pytest.fixture
def tables(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Table, str]]:
    del aws
    made = create_tables()
    monkeypatch.setenv("TABLES", json.dumps({"inbox": made[Table.INBOX]}))
    monkeypatch.setenv("ARCHIVE", "archive")
    monkeypatch.setenv("DOORS", json.dumps({"market": "shared.connectors.amazon.notification"}))
    monkeypatch.setenv("PREFIX", "shelfwire-demo")
    for module in (webhook, notified):
        importlib.reload(module)
    yield made
    for module in (webhook, notified):
        importlib.reload(module)


def batch(*bodies: str | None, queue: str = "market-notifications") -> dict[str, Any]:
    """The recorded notification with these bodies, one message each; None for its own."""
    recorded = json.loads(EVENT.read_text(encoding="utf-8"))["Records"][0]
    recorded["eventSourceARN"] = f"arn:aws:sqs:eu-west-1:123456789012:shelfwire-demo-{queue}"
    records = []
    for number, body in enumerate(bodies):
        record = deepcopy(recorded) | {"messageId": f"m{number}"}
        records.append(record if body is None else record | {"body": body})
    return {"Records": records}


def failed(event: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in notified.handler(event, None)["batchItemFailures"]]


def kept(tables: dict[Table, str], delivery: str = NAME) -> Row | None:
    key = keys.inbox("market", delivery)
    return DynamoStore(boto3.client("dynamodb"), tables).get([key]).get(key)


def listed(tables: dict[Table, str]) -> list[Key]:
    items = boto3.client("dynamodb").scan(TableName=tables[Table.INBOX])["Items"]
    return [Key(Table.INBOX, item["pk"]["S"]) for item in items]


def taken_in(tables: dict[Table, str], world: World, blobs: MemoryBlobs) -> None:
    """What the stream hands over next, through the function that understands it."""
    Normalizer(
        store=DynamoStore(boto3.client("dynamodb"), tables),
        blobs=blobs,
        queues=world.queues,
        issues=world.issues,
        clock=world.clock,
        understand=lambda _, headers, body: hints.readings(headers, body),
    ).handle(listed(tables))


def test_a_notification_is_kept_whole_under_amazon_s_own_id(tables: dict[Table, str]) -> None:
    event = batch(None)
    assert failed(event) == []
    row = kept(tables)
    assert row is not None
    assert row.raw is not None
    assert unpacked(row.raw) == event["Records"][0]["body"].encode()


def test_delivered_twice_it_is_kept_once_and_asks_for_its_order_by_key_alone(
    tables: dict[Table, str],
) -> None:
    world, blobs = World(), MemoryBlobs()
    assert failed(batch(None, None)) == failed(batch(None)) == []
    for _ in range(2):
        taken_in(tables, world, blobs)
    assert len(listed(tables)) == 1
    sent = [dict(message.body) for message in world.queues.take("market-read")]
    assert sent == [{"read": "order", "key": "303-0000000-0000077"}]


def test_one_that_cannot_be_understood_is_one_exception_that_can_be_replayed(
    tables: dict[Table, str],
) -> None:
    world, blobs = World(), MemoryBlobs()
    assert failed(batch("<xml/>", None, "<xml/>")) == []
    taken_in(tables, world, blobs)
    [issue] = open_issues(world.store)
    assert issue.kind is IssueKind.BAD_MESSAGE
    assert (issue.connection, issue.field) == ("market", "body")
    assert issue.replay is not None
    store = DynamoStore(boto3.client("dynamodb"), tables)
    again = partial(replay_delivery, store=store, clock=world.clock)
    assert again(issue.replay["inbox"], issue.replay["delivery"])
    taken_in(tables, world, blobs)
    [told] = open_issues(world.store)
    assert told.count == 2


def test_one_that_cannot_be_kept_fails_alone_and_its_words_are_not_logged(
    tables: dict[Table, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert failed(batch("x" * (webhook.BODY_MAX_BYTES + 1), None)) == ["m0"]
    assert kept(tables) is not None
    assert caplog.messages == ["notification not kept: ValueError"]


def test_a_queue_of_nobody_we_know_fails(tables: dict[Table, str]) -> None:
    assert failed(batch(None, queue="till-notifications")) == ["m0"]
    assert listed(tables) == []


def test_a_queue_is_named_as_the_flows_name_it() -> None:
    assert notified.QUEUE == keys.NOTIFIED
