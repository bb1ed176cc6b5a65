"""A customer of the deployed template is mailed, once for what happened once."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.api import Api
from sandbox.failures import RefusedError
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


def shown(story: Story, placed: dict[str, Json]) -> list[list[str]]:
    """The numbers of each parcel the shop shows of an order."""
    listed: Any = story.control("shop", "orders")
    (found,) = [one for one in listed if one["id"] == placed["id"]]
    return [sorted(parcel["numbers"]) for parcel in found["fulfilments"]]


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


def test_a_customer_hears_of_the_order_its_delay_and_its_parcel_once_each(world: World) -> None:
    story, to = Story(world), "jo@customers.example"
    placed = bought(story, to)
    story.settle()
    assert waited(lambda: len(mails(world, to)) == 1)
    (row,) = story.in_erp(placed)
    late: dict[str, Json] = {"lines": [[1, "2026-12-04"]], "asked_for": "2026-11-27"}
    for _ in range(2):
        story.control("erp", "confirm", order=row["number"], item="10", **late)
        poll(world, "erp", "allocation")
    assert waited(lambda: len(mails(world, to)) == 2)
    story.control("erp", "deliver", order=row["number"], tracking="JJD99")
    poll(world, "erp", "shipment")
    assert waited(lambda: len(mails(world, to)) == 3)
    story.post(json.dumps({"id": placed["id"]}).encode())
    poll(world, "erp", "shipment")
    first, second, third = mails(world, to)
    assert "We have your order" in str(first["subject"])
    assert "on 2026-12-04" in str(second["body"])
    assert "JJD99" in str(third["body"])
    assert unsent(story, placed) == []


def test_a_parcel_a_warehouse_told_of_is_in_the_shop_and_in_one_mail_whatever_the_erp_says(
    world: World,
) -> None:
    """The ERP delivers the same goods afterwards; a second version adds a second parcel."""
    story, to, warehouse = (
        Story(world),
        "lee@customers.example",
        Api(world.deployed, client="warehouse"),
    )
    placed = bought(story, to)
    story.settle()
    (line,) = story.trace(placed)["lines"]
    said: dict[str, Json] = {
        "source": "wms",
        "shipment_id": f"P-{placed['id']}",
        "order_id": f"shop:{placed['id']}",
        "location": "D1",
        "shipped_at": "2026-11-27T09:00:00Z",
        "lines": [{"line_id": line["line_id"], "quantity": 1}],
        "parcels": [{"carrier": "DHL", "number": "W-1", "url": "https://dhl.example/W-1"}],
    }
    for _ in range(2):
        assert warehouse.call("POST", "v1", "shipments", body=said)["status"] == "placed"
    assert waited(lambda: len(mails(world, to)) == 2)
    assert "W-1" in str(mails(world, to)[1]["body"])
    (row,) = story.in_erp(placed)
    story.control("erp", "deliver", order=row["number"], tracking="JJD98")
    poll(world, "erp", "shipment")
    newer: dict[str, Json] = {"version": 2, "parcels": [{"carrier": "DHL", "number": "W-2"}]}
    assert warehouse.call("POST", "v1", "shipments", body=said | newer)["version"] == 2
    assert waited(lambda: shown(story, placed) == [["W-1", "W-2"]])
    traced = story.trace(placed)
    assert (traced["state"], len(traced["shipments"]), len(traced["compared"])) == ("shipped", 1, 1)
    with pytest.raises(RefusedError) as refused:
        warehouse.call("POST", "v1", "shipments", body=said | newer | {"location": "depot"})
    assert refused.value.status == 409
    lost = warehouse.call("POST", "v1", "shipments", body=said | {"shipment_id": "P-0"})
    problem: Any = lost["problem"]
    assert (lost["status"], problem["field"]) == ("waiting", "lines.0.quantity")
    assert "wms/P-0" in [one["subject"] for one in story.issues("shipment_unplaced")]
    assert len(mails(world, to)) == 2


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
