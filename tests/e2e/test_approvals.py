"""Held on the deployed template: a price approved, one rejected, files held whole and let go."""

from collections.abc import Collection
from typing import Any

import pytest

from sandbox.api import Api
from sandbox.failures import RefusedError
from sandbox.world import World
from shared.model.base import Json
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
CHEAP, DEAR = "BOWL", "VASE"
SEASONAL = ("FAN", "SLED")
FOLDER = "erp/price/season"
CHANGED = {"rule": "max_changed", "detail": "100.0 % of 21 known prices change, at most 50 % may"}


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """Articles of our own at 19.99, of which one is typed too cheap, and one too dear."""
    made = Story(world)
    for sku in (CHEAP, DEAR, *SEASONAL):
        made.article(sku)
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


def seasonal(sku: str, amount: str) -> bytes:
    """A price file that changes one price now, and again on each of twenty days far ahead."""
    header = "sku,price_list,kind,amount,currency,tax_basis,unit,valid_from,zone"
    days = ("2026-01-01", *(f"2036-05-{day:02}" for day in range(1, 21)))
    rows = [f"{sku},retail,base,{amount},GBP,gross,PC,{day},Europe/London" for day in days]
    return "\n".join([header, *rows]).encode()


def test_files_that_change_too_much_are_held_whole_until_who_may_approves_them_together(
    story: Story,
) -> None:
    named = {f"{FOLDER}/{sku}.csv": sku for sku in SEASONAL}
    s3 = story.world.deployed.aws.client("s3")
    for name, sku in named.items():
        body = seasonal(sku, "21.99")
        s3.put_object(Bucket=story.world.deployed.files, Key=f"drop/{name}", Body=body)
    story.settle()
    assert [shown(story, sku) for sku in SEASONAL] == [1999, 1999]
    assert told(story, named) == set(named)
    held = [one for one in story.world.api.held_files() if str(one["file"])[5:] in named]
    assert [one["reasons"] for one in held] == [[CHANGED], [CHANGED]]
    lines: list[Json] = [{"file": one["file"], "run": one["run"]} for one in held]
    with pytest.raises(RefusedError) as refused:
        Api(story.world.deployed, scopes=["ops.read"]).rule("approve", "x", files=lines)
    assert refused.value.status == 403
    assert [shown(story, sku) for sku in SEASONAL] == [1999, 1999]
    said = story.world.api.rule("approve", "season", files=lines)
    assert said["ruled"] == len(named)
    story.settle()
    assert [shown(story, sku) for sku in SEASONAL] == [2199, 2199]
    assert told(story, named) == set()


def told(story: Story, named: Collection[str]) -> set[str]:
    """Those of these files that an exception is open about."""
    return {str(one["subject"]) for one in story.issues("feed_held")} & set(named)
