"""Whole stories on the deployed template: once, to the cent, and every hop can be explained."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.world import World
from tests.e2e.conftest import article, poll
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def test_the_catalogue_its_prices_and_its_stock_are_in_the_shop(story: Story) -> None:
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    assert prices["HAT-M"] == {"price": 1999, "compare_at": None}
    stock = story.control("shop", "read_stock")
    assert isinstance(stock, dict)
    levels = stock["MUG"]
    assert isinstance(levels, dict)
    shown = [level["available"] for level in levels.values() if isinstance(level, dict)]
    assert sorted(map(int, map(str, shown))) == [0, 0, 50]


def test_a_price_can_be_explained_from_the_condition_to_the_call(story: Story) -> None:
    told = story.world.api.trace_sku("HAT-M")
    text = json.dumps(told)
    assert "condition 0000000" in text
    assert "19.99 GBP each" in text
    assert '"verdict": "applied"' in text


def test_the_same_webhook_five_times_in_parallel_makes_one_order(story: Story) -> None:
    placed = story.order(("HAT-M", 1), told=False)
    body = json.dumps({"id": placed["id"]}).encode()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: story.post(body, webhook_id="same").status_code, "12345"))
    assert sorted(answers) == [200, 200, 200, 200, 202]
    story.settle()
    (row,) = story.in_erp(placed)
    assert row["total"] == "19.99"


def test_five_different_deliveries_about_one_order_make_one_order(story: Story) -> None:
    placed = story.order(("HAT-M", 1), told=False)
    body = json.dumps({"id": placed["id"]}).encode()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: story.post(body).status_code, "12345"))
    story.settle()
    assert len(story.in_erp(placed)) == 1


def test_a_post_that_timed_out_after_it_was_committed_makes_one_order(story: Story) -> None:
    story.control("erp", "timeout_after_commit", times=1)
    placed = story.order(("HAT-S", 2))
    story.settle()
    assert len(story.in_erp(placed)) == 1
    told = [hop["what"] for hop in story.trace(placed)["timeline"]]
    assert told[-2:] == ["in doubt", "accepted by ERP"]


def test_an_unmapped_sku_holds_the_order_and_mapping_it_releases_it(story: Story) -> None:
    placed = story.order(("HAT-M", 1), ("mug, blue", 1))
    story.settle()
    assert story.trace(placed)["state"] == "held"
    (issue,) = [i for i in story.issues("unmapped_sku") if str(placed["id"]) in i["subject"]]
    assert issue["value"] == "mug, blue"
    assert issue["at_risk"] == {"amount": 3998, "currency": "GBP"}
    assert story.in_erp(placed) == []
    story.world.api.map_code("shop", "mug, blue", "MUG")
    story.settle()
    assert len(story.in_erp(placed)) == 1
    assert not [i for i in story.issues("unmapped_sku") if str(placed["id"]) in i["subject"]]


def test_an_article_created_in_the_erp_releases_what_waited_for_it(story: Story) -> None:
    placed = story.order(("CAP", 1))
    story.settle()
    assert story.trace(placed)["state"] == "held"
    story.control("erp", "add_material", **article("CAP"))
    story.settle()
    assert len(story.in_erp(placed)) == 1


def test_broken_json_is_kept_and_named(story: Story) -> None:
    assert story.post(b"{not json", webhook_id="broken").status_code == 202
    story.settle()
    issue = next(i for i in story.issues("bad_message") if "broken" in i["subject"])
    assert issue["field"] == "body"


def test_what_a_person_closes_is_gone_and_comes_back_if_it_is_told_again(story: Story) -> None:
    assert story.post(b"{shut", webhook_id="shut").status_code == 202
    story.settle()
    issue = next(i for i in story.issues("bad_message") if "shut" in i["subject"])
    closed: Any = story.world.api.close(issue["issue_id"], "sent by a test")["closed"]
    assert closed["why"] == "sent by a test"
    assert not [i for i in story.issues("bad_message") if "shut" in i["subject"]]
    story.world.api.replay(f"shop/{issue['replay']['delivery']}")
    story.settle()
    again = next(i for i in story.issues("bad_message") if "shut" in i["subject"])
    assert (again["count"], again["closed"]) == (2, closed)


def test_a_field_of_the_wrong_type_is_kept_and_named_and_can_be_replayed(story: Story) -> None:
    assert story.post(b'{"id":"many"}', webhook_id="typed").status_code == 202
    story.settle()
    issue = next(i for i in story.issues("bad_message") if "typed" in i["subject"])
    assert (issue["field"], issue["value"]) == ("id", "many")
    story.world.api.replay(issue["issue_id"])
    story.settle()
    again = next(i for i in story.issues("bad_message") if "typed" in i["subject"])
    assert again["count"] == 2


def test_a_changed_price_told_as_an_event_reaches_the_shop(story: Story) -> None:
    story.control("erp", "set_price", sku="MUG", amount="7.49")
    story.settle()
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    assert prices["MUG"] == {"price": 749, "compare_at": None}


def test_an_order_ships_and_the_shop_and_the_stock_know(story: Story) -> None:
    placed = story.order(("MUG", 3))
    story.settle()
    (row,) = story.in_erp(placed)
    story.control("erp", "deliver", order=row["number"], tracking="JJD77")
    story.settle()
    assert story.trace(placed)["state"] == "shipped"
    shown = story.control("shop", "orders")
    mine = next(o for o in shown if isinstance(o, dict) and o["id"] == placed["id"])  # type: ignore[union-attr]
    assert mine["open"] == 0
    assert "JJD77" in json.dumps(mine["fulfilments"])


def test_orders_whose_webhooks_were_lost_are_found_by_the_poll(story: Story) -> None:
    placed = [story.order(("HAT-M", 1), told=False) for _ in range(3)]
    poll(story.world, "shop", "order")
    assert [len(story.in_erp(one)) for one in placed] == [1, 1, 1]


def test_a_dead_letter_becomes_an_exception_that_can_be_replayed(story: Story) -> None:
    queue = story.world.deployed.queues["erp-write-dead"]
    placed = story.order(("HAT-M", 1))
    story.settle()
    body = json.dumps({"case": f"shop:{placed['id']}"})
    story.world.deployed.aws.sqs.send_message(QueueUrl=queue, MessageBody=body)
    story.settle()
    issue = next(i for i in story.issues("dead_letter") if str(placed["id"]) in i["subject"])
    story.world.api.replay(issue["issue_id"])
    story.settle()
    assert len(story.in_erp(placed)) == 1
    assert not [i for i in story.issues("dead_letter") if str(placed["id"]) in i["subject"]]
