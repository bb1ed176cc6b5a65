"""Staff edit the shop; a comparison finds it, names it, repairs it, and then finds nothing."""

import json
import time
from typing import Any

import pytest

from sandbox.world import World
from tests.e2e.story import LOOPBACK, PATIENCE_S, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
SKU = "SCARF"


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """An article that has been quiet for so long that it can be judged."""
    made = Story(world)
    made.article(SKU, units=50)
    made.settle()
    compare_at_rest(made)  # what has just been written is under way, and edits of it are no finding
    return made


def compare(story: Story) -> dict[str, dict[str, Any]]:
    url = story.world.deployed.queues["shop-read"]
    for facet in ("price", "stock"):
        body = json.dumps({"compare": facet})
        story.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    story.settle()
    return {str(one["facet"]): one for one in story.world.api.parity()}


def compare_at_rest(story: Story) -> dict[str, dict[str, Any]]:
    """A comparison that finds nothing too fresh to be judged, as what was just written is."""
    until = time.monotonic() + PATIENCE_S
    found = compare(story)
    while any(one["moving"] for one in found.values()) and time.monotonic() < until:
        found = compare(story)
    return found


def place(story: Story) -> str:
    return str(story.world.retailer.external_location("shop", "london"))


def level(story: Story) -> int:
    stock: Any = story.control("shop", "read_stock")
    return int(stock[SKU][place(story)]["available"])


def price(story: Story) -> int:
    prices: Any = story.control("shop", "read_prices")
    return int(prices[SKU]["price"])


def writes(story: Story) -> tuple[int, int]:
    counters: Any = story.control("shop", "counters")
    return int(counters.get("PricesSet", 0)), int(counters.get("StockSet", 0))


def test_what_staff_edited_is_found_named_overwritten_and_not_found_again(story: Story) -> None:
    assert (price(story), level(story)) == (1999, 50)
    story.control("shop", "set_price", sku=SKU, price=1)
    story.control("shop", "set_stock", sku=SKU, location=place(story), available=99)
    found = compare(story)
    for facet in ("price", "stock"):
        assert found[facet]["differing"] == {"edited": 1}
        (example,) = found[facet]["examples"]
        assert (example["key"], example["repair"]) == (SKU, "overwrite")
        assert example["evidence"].startswith("none of the last")
    assert (price(story), level(story)) == (1999, 50)
    before = writes(story)
    again = compare_at_rest(story)
    for facet in ("price", "stock"):
        assert again[facet]["differing"] == {}
        assert again[facet]["equal"] == again[facet]["compared"] == found[facet]["compared"]
        assert again[facet]["share_equal"] == "1.000000"
    assert writes(story) == before
    assert not story.issues("edited_on_channel")


def test_a_sale_the_shop_has_not_told_of_is_no_edit(story: Story) -> None:
    story.order((SKU, 3), told=False)
    found = compare(story)
    assert found["stock"]["differing"] == {}
    assert level(story) == 47
    (target,) = [t for t in story.rows("targets") if (t["facet"], t["key"]) == ("stock", SKU)]
    assert target["published"]["levels"]["london"] == 47
    last = [attempt for attempt in target["attempts"] if attempt["version"] == target["version"]]
    assert not [attempt for attempt in last if "edited" in attempt["detail"]]
