"""Amazon tells of an order through its queue; a subscription that vanished is made anew.

In a sandbox of its own, since a marketplace more changes what every other channel may sell.
"""

import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.home import ROOT, Home
from sandbox.queue_post import lets_in
from sandbox.toml_text import written
from sandbox.vendors.amazon.notifications import ACCOUNT
from sandbox.world import DEFAULT_RETAILER, World
from sandbox.world import sandbox as begun
from shared.model.base import Json
from tests.e2e.conftest import article, poll
from tests.e2e.story import LOOPBACK, PATIENCE_S, PLACE, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
SKU, TOPIC = "MUG", "ORDER_CHANGE"
MARKET = {
    "name": "market",
    "system": "amazon",
    "base_url": "https://sellingpartnerapi-eu.amazon.com",
    "secret": "market",
    "settle_seconds": 3,
    "limits": {"points_per_second": 5, "bucket": 10},
    "settings": {"seller_id": "A3SELLER", "marketplace_id": "A1F83G8C2ARO7P", "feed_facets": []},
}


def _file(folder: Path) -> Path:
    raw = tomllib.loads((ROOT / DEFAULT_RETAILER).read_text(encoding="utf-8"))
    raw["connections"].append(MARKET)
    raw["locations"][0]["external"]["market"] = "all"
    channel = {"name": "market", "connection": "market", "locations": ["london"]}
    kept = ("erp", "currency", "tax_display", "price_lists")
    raw["channels"].append(channel | {name: raw["channels"][0][name] for name in kept})
    path = folder / "market.toml"
    path.write_text(written(raw), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def selling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("selling")
    with begun(Home(ROOT, folder), retailer=_file(folder)) as up:
        story = Story(up)
        story.control("market", "slow_changes", seconds=1)
        story.control("market", "list_item", sku=SKU)
        stock: Json = {"sku": SKU, **PLACE, "quantity": "50"}
        price: Json = {"sku": SKU, "amount": "19.99", "currency": "GBP"}
        story.control("erp", "load", materials=[article(SKU)], prices=[price], stock=[stock])
        for entity in ("product", "price", "stock"):
            poll(up, "erp", entity)
        yield story


def looked(story: Story) -> None:
    sent(story, "market-read", json.dumps({"hooks": "now"}))


def sent(story: Story, queue: str, body: str) -> None:
    deployed = story.world.deployed
    deployed.aws.sqs.send_message(QueueUrl=deployed.queues[queue], MessageBody=body)
    story.settle()


def arn(world: World) -> str:
    said = world.deployed.aws.sqs.get_queue_attributes(
        QueueUrl=world.deployed.queues["market-notifications"], AttributeNames=["QueueArn"]
    )
    return said["Attributes"]["QueueArn"]


def ordered(story: Story) -> str:
    """The id of an order a shopper has just placed."""
    line: Json = {"sku": SKU, "quantity": 1, "price": "19.99"}
    placed: Any = story.control("market", "place_order", lines=[line], oversell=True)
    return str(placed["id"])


def in_erp(story: Story, order: str) -> int:
    found: Any = story.control("erp", "orders")
    return sum(order in row["reference"] for row in found)


def kept(story: Story) -> int:
    items = story.world.deployed.aws.dynamodb.scan(
        TableName=story.world.deployed.tables["inbox"],
        FilterExpression="begins_with(pk, :market)",
        ExpressionAttributeValues={":market": {"S": "market#"}},
    )["Items"]
    return len(items)


def test_an_order_arrives_through_the_queue_once_though_it_is_told_twice(selling: Story) -> None:
    looked(selling)
    assert selling.control("market", "subscriptions") == {TOPIC: arn(selling.world)}
    before = kept(selling)
    selling.control("market", "duplicate_notifications")
    order = ordered(selling)
    selling.settle()
    assert in_erp(selling, order) == 1
    assert kept(selling) == before + 1
    assert selling.issues("bad_message") == []


def test_a_subscription_that_vanished_is_made_anew_told_of_and_what_it_missed_is_read(
    selling: Story,
) -> None:
    looked(selling)
    looked(selling)
    assert selling.control("market", "unsubscribe", destinations=True) == [TOPIC]
    missed = ordered(selling)
    looked(selling)
    assert selling.control("market", "subscriptions") == {TOPIC: arn(selling.world)}
    until = time.monotonic() + PATIENCE_S
    told: list[Any] = []
    while not told and time.monotonic() < until:
        looked(selling)  # as the sweep does within the minute
        listed: list[Any] = selling.world.api.exceptions(state="solved")
        told = [one for one in listed if one["kind"] == "webhook_lost"]
    (lost,) = told
    assert (lost["connection"], lost["value"]) == ("market", TOPIC)
    assert in_erp(selling, missed) == 1


def test_what_cannot_be_understood_is_one_exception_that_can_be_replayed(selling: Story) -> None:
    for _ in range(2):
        sent(selling, "market-notifications", "<xml/>")
    (issue,) = selling.issues("bad_message")
    assert (issue["connection"], issue["field"], issue["count"]) == ("market", "body", 1)
    selling.world.api.replay(issue["issue_id"])
    selling.settle()
    (again,) = selling.issues("bad_message")
    assert again["count"] == 2


def test_the_deployed_queue_lets_in_amazon_and_nobody_else(selling: Story) -> None:
    said = selling.world.deployed.aws.sqs.get_queue_attributes(
        QueueUrl=selling.world.deployed.queues["market-notifications"], AttributeNames=["Policy"]
    )
    policy, queue = said["Attributes"]["Policy"], arn(selling.world)
    assert lets_in(policy, ACCOUNT, queue)
    assert not lets_in(policy, "111122223333", queue)
