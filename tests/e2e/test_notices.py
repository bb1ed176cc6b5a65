"""A customer of the deployed template is mailed, once for what happened once."""

import json
import time
from collections.abc import Callable

import pytest

from sandbox.mails import mailed
from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import poll
from tests.e2e.story import LOOPBACK, PATIENCE_S, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
TO = "jo@customers.example"


def mails(world: World) -> list[dict[str, Json]]:
    return [mail for mail in mailed(world.deployed.endpoint) if mail["to"] == [TO]]


def waited(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.5)
    return holds()


def test_a_customer_hears_of_the_order_and_of_its_parcel_once_each(world: World) -> None:
    story = Story(world)
    customer: Json = {
        "name": "Jo Smith",
        "email": TO,
        "address1": "1 High Street",
        "city": "London",
        "country": "GB",
    }
    lines: list[Json] = [{"sku": "HAT-S", "quantity": 1, "title": "Hat", "price": "19.99"}]
    placed = story.control("shop", "place_order", lines=lines, customer=customer, oversell=True)
    assert isinstance(placed, dict)
    story.settle()
    assert waited(lambda: len(mails(world)) == 1)
    (row,) = story.in_erp(placed)
    story.control("erp", "deliver", order=row["number"], tracking="JJD99")
    poll(world, "erp", "shipment")
    assert waited(lambda: len(mails(world)) == 2)
    story.post(json.dumps({"id": placed["id"]}).encode())
    poll(world, "erp", "shipment")
    first, second = mails(world)
    assert "We have your order" in str(first["subject"])
    assert "JJD99" in str(second["body"])
    assert story.issues("notice_unsent") == []
