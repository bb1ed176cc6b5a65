"""What nobody told of: the comparison of all stock names it, takes it, and is content."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import poll
from tests.e2e.story import LOOPBACK, PLACE, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
SKU = "TEAPOT"


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    made = Story(world)
    made.article(SKU, units=5)
    made.settle()
    poll(world, "erp", "stock")
    return made


def compared(story: Story) -> dict[str, Any]:
    url = story.world.deployed.queues["erp-read"]
    body = json.dumps({"compare": "all-stock"})
    story.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    story.settle()
    (found,) = story.world.api.accuracy()
    return found


def offered(story: Story) -> int:
    shown: Any = story.control("shop", "read_stock")
    place = str(story.world.retailer.external_location("shop", "london"))
    return int(shown[SKU][place]["available"])


def test_what_was_never_told_is_named_by_its_cause_taken_and_offered(story: Story) -> None:
    compared(story)  # whatever else was never told
    stock: dict[str, Json] = {"sku": SKU, **PLACE, "quantity": "8"}
    story.control("erp", "load", stock=[stock])  # and no event
    assert offered(story) == 5
    found = compared(story)
    (example,) = found["examples"]
    assert sum(found["differing"].values()) == 1
    assert (example["sku"], example["location"], example["cause"]) == (SKU, "london", "missed")
    assert offered(story) == int(Decimal(example["said"]))
    again = compared(story)
    assert (again["differing"], again["equal"]) == ({}, again["compared"])


def test_what_the_erp_lists_no_more_is_named_as_gone_and_off_sale(story: Story) -> None:
    compared(story)
    assert offered(story) > 0
    story.control("erp", "archive_stock", sku=SKU)
    found = compared(story)
    (example,) = found["examples"]
    assert found["differing"] == {"gone": 1}
    assert (example["sku"], example["location"], example["said"]) == (SKU, "london", None)
    assert offered(story) == 0
    again = compared(story)
    assert (again["differing"], again["equal"]) == ({}, again["compared"])
