"""A customer of the deployed template is mailed, once for what happened once."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.mails import mailed
from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import poll
from tests.e2e.story import LOOPBACK, PATIENCE_S, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
HAT: dict[str, Json] = {"sku": "HAT-S", "quantity": 1, "title": "Hat", "price": "19.99"}


def mails(world: World, to: str) -> list[dict[str, Json]]:
    return [mail for mail in mailed(world.deployed.endpoint) if mail["to"] == [to]]


def waited(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.5)
    return holds()


def bought(story: Story, to: str, **over: Json) -> dict[str, Json]:
    """An order of one hat by a customer with this address."""
    customer: Json = {
        "name": "Jo Smith",
        "email": to,
        "address1": "1 High Street",
        "city": "London",
        "country": "GB",
    }
    wish: dict[str, Json] = {"lines": [HAT], "customer": customer, "oversell": True}
    placed = story.control("shop", "place_order", **wish, **over)
    assert isinstance(placed, dict)
    return placed


def unsent(story: Story, placed: dict[str, Json]) -> list[dict[str, Any]]:
    return [one for one in story.issues("notice_unsent") if f":{placed['id']}/" in one["subject"]]


@contextmanager
def unverified(world: World) -> Iterator[None]:
    """SES has not verified the sender, and so refuses every mail."""
    rules = world.retailer.notices
    assert rules is not None
    ses = world.deployed.aws.client("sesv2")
    ses.delete_email_identity(EmailIdentity=rules.verified)
    try:
        yield
    finally:
        ses.create_email_identity(EmailIdentity=rules.verified)


def test_a_customer_hears_of_the_order_and_of_its_parcel_once_each(world: World) -> None:
    story, to = Story(world), "jo@customers.example"
    placed = bought(story, to)
    story.settle()
    assert waited(lambda: len(mails(world, to)) == 1)
    (row,) = story.in_erp(placed)
    story.control("erp", "deliver", order=row["number"], tracking="JJD99")
    poll(world, "erp", "shipment")
    assert waited(lambda: len(mails(world, to)) == 2)
    story.post(json.dumps({"id": placed["id"]}).encode())
    poll(world, "erp", "shipment")
    first, second = mails(world, to)
    assert "We have your order" in str(first["subject"])
    assert "JJD99" in str(second["body"])
    assert unsent(story, placed) == []


def test_a_customer_hears_of_money_back_as_it_was_shown_and_of_a_cancelled_order(
    world: World,
) -> None:
    story, to = Story(world), "sam@customers.example"
    shown = bought(story, to, shown_in="EUR", rate="1.1703")
    gone = bought(story, to)
    story.settle()
    assert waited(lambda: len(mails(world, to)) == 2)
    story.control("shop", "refund", order=shown["id"], lines=[], amount="3.00")
    story.control("shop", "cancel", order=gone["id"])
    story.settle()
    assert waited(lambda: len(mails(world, to)) == 4)
    poll(world, "shop", "order")
    told = [f"{mail['subject']}: {mail['body']}" for mail in mails(world, to)]
    assert len(told) == 4
    assert sum("refunded 3.51 EUR" in text for text in told) == 1
    assert sum("Nothing of it will be sent" in text for text in told) == 1
    assert sum("of 23.39 EUR" in text for text in told) == 1
    assert sum("of 19.99 GBP" in text for text in told) == 1


def test_a_mail_that_ses_refuses_is_an_exception_and_replayed_once_its_cause_is_gone(
    world: World,
) -> None:
    story, to = Story(world), "kim@customers.example"
    story.settle()
    with unverified(world):
        placed = bought(story, to)
        assert waited(lambda: len(unsent(story, placed)) == 1)
        (issue,) = unsent(story, placed)
        assert "MessageRejected" in issue["summary"]
        assert issue["remedy"].startswith("verify the sender in SES")
        assert to not in json.dumps(issue)
        world.api.replay(issue["issue_id"])
        assert waited(lambda: unsent(story, placed)[0]["count"] == 2)
        assert mails(world, to) == []
    for _ in range(2):
        world.api.replay(issue["issue_id"])
    assert waited(lambda: unsent(story, placed) == [])
    story.settle()
    subjects = [mail["subject"] for mail in mails(world, to)]
    assert subjects == [f"We have your order {placed['name']}"]
