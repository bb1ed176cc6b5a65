"""A shop drops a webhook subscription: made anew, told of, and what was missed is read."""

import json
import time
from typing import Any

import pytest

from sandbox.world import World
from tests.e2e.conftest import ECHO, HOOKS_URL
from tests.e2e.story import LOOPBACK, PATIENCE_S, PLACE, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
TOPIC = "orders/create"


def looked(story: Story) -> None:
    url = story.world.deployed.queues["shop-read"]
    story.world.deployed.aws.sqs.send_message(
        QueueUrl=url, MessageBody=json.dumps({"hooks": "now"})
    )
    story.settle()


def solved(story: Story) -> list[dict[str, Any]]:
    listed: list[Any] = story.world.api.exceptions(state="solved")
    return [one for one in listed if one["kind"] == "webhook_lost"]


def test_a_subscription_that_vanishes_is_made_anew_told_of_and_what_it_missed_is_read(
    world: World,
) -> None:
    story = Story(world)
    looked(story)
    assert [one["summary"] for one in story.issues("webhook_lost")] == []
    assert story.control("shop", "unsubscribe", topics=[TOPIC]) == [TOPIC]
    missed = story.order(("HAT-M", 1))
    looked(story)
    there = story.control("shop", "subscriptions")
    assert isinstance(there, dict)
    assert there[TOPIC] == HOOKS_URL
    until = time.monotonic() + PATIENCE_S
    while not (told := solved(story)) and time.monotonic() < until:
        looked(story)  # as the sweep does within the minute
    (lost,) = told
    assert (lost["field"], lost["value"]) == ("topics", TOPIC)
    assert "made anew" in lost["summary"]
    assert len(story.in_erp(missed)) == 1


def test_what_is_made_anew_is_heard(world: World) -> None:
    story = Story(world)
    placed = story.order(("HAT-M", 1))
    story.settle()
    assert len(story.in_erp(placed)) == 1


def test_the_echo_of_a_level_we_set_leads_to_nothing(world: World) -> None:
    story = Story(world)
    story.article("ECHO")
    story.settle()
    written, heard = writes(story), echoes(story)
    story.control("erp", "move_stock", sku="ECHO", **PLACE, quantity="7")
    story.settle()
    assert echoes(story) > heard
    assert writes(story) == written + 1
    assert story.issues("bad_message") == []


def writes(story: Story) -> int:
    counters: Any = story.control("shop", "counters")
    return int(counters.get("StockSet", 0))


def echoes(story: Story) -> int:
    return sum(ECHO in item["headers"].values() for item in story.rows("inbox"))
