"""Prices beyond the limits on the deployed template: one approved, one rejected, a file held."""

from typing import Any

import pytest

from sandbox.api import Api, RefusedError
from sandbox.world import World
from tests.e2e.conftest import article
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
CHEAP, DEAR = "BOWL", "VASE"


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """Two articles of our own at 19.99, of which one is typed too cheap, and one too dear."""
    made = Story(world)
    for sku in (CHEAP, DEAR):
        made.control("erp", "add_material", **article(sku))
        made.control("erp", "set_price", sku=sku, amount="19.99")
    made.settle()
    made.control("erp", "set_price", sku=CHEAP, amount="1.99")
    made.control("erp", "set_price", sku=DEAR, amount="199.00")
    made.settle()
    return made


def shown(story: Story, sku: str) -> object:
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    price = prices[sku]
    assert isinstance(price, dict)
    return price["price"]


def waiting(story: Story) -> dict[str, dict[str, Any]]:
    return {str(one["sku"]): one for one in story.world.api.approvals(channel="shop")}


def ruled(story: Story, decision: str, sku: str) -> object:
    one = waiting(story)[sku]
    named = {name: one[name] for name in ("channel", "sku", "proposal")}
    answer: dict[str, Any] = story.world.api.rule(decision, "seen", proposals=[named])
    story.settle()
    return answer["lines"][0]["status"]


def test_one_held_price_is_approved_and_one_rejected(story: Story) -> None:
    assert (shown(story, CHEAP), shown(story, DEAR)) == (1999, 1999)
    held = waiting(story)
    assert held[CHEAP]["reasons"][0]["rule"] == "max_fall"
    assert held[DEAR]["reasons"][0]["rule"] == "max_rise"
    assert ruled(story, "approve", CHEAP) == "approved"
    assert ruled(story, "reject", DEAR) == "rejected"
    assert (shown(story, CHEAP), shown(story, DEAR)) == (199, 1999)
    assert not {CHEAP, DEAR} & waiting(story).keys()
    traced: Any = story.world.api.trace_sku(DEAR)
    price = traced["channels"][0]["targets"]["price"]
    assert [step["rule"] for step in price["why"]][-2:] == ["ruling", "last good price"]
    (ruling,) = price["guard"]["rulings"]
    assert (ruling["decision"], ruling["why"], ruling["told"]) == ("rejected", "seen", True)


def test_who_may_only_read_may_not_rule(story: Story) -> None:
    reader = Api(story.world.deployed, scopes=["ops.read"])
    assert reader.approvals() == story.world.api.approvals()
    with pytest.raises(RefusedError) as refused:
        reader.rule("approve", "x", proposals=[])
    assert refused.value.status == 403
