"""Reservations on the deployed template: shown by the shop, taken over by an order, let go."""

import uuid
from typing import Any

import httpx
import pytest

from sandbox.api import Api
from sandbox.world import World
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]


class Checkout(Api):
    """The client of a shop front, and what it reserves."""

    def __init__(self, world: World) -> None:
        super().__init__(world.deployed, client="shopfront")
        self.url = world.deployed.api_url

    def ask(self, method: str, path: str, key: str = "", **body: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token()}", "idempotency-key": key}
        url = f"{self.url}/v1/reservations{path}"
        return httpx.request(method, url, json=body, headers=headers, timeout=30)

    def reserve(self, sku: str, units: int, **over: Any) -> httpx.Response:
        lines = [{"sku": sku, "quantity": units}]
        return self.ask("POST", "", str(uuid.uuid4()), channel="shop", lines=lines, **over)

    def offered(self, sku: str) -> object:
        return self.call("GET", "v1", "availability", "shop", sku)["available"]


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """An article of our own, because other stories count on the stock of theirs."""
    made = Story(world)
    made.article("BOW", "9.99", units=5)
    made.settle()
    return made


@pytest.fixture
def checkout(world: World) -> Checkout:
    return Checkout(world)


def test_the_last_units_go_to_one_checkout_and_come_back_once(
    story: Story, checkout: Checkout
) -> None:
    made = checkout.reserve("BOW", 4)
    assert made.status_code == 201
    refused = checkout.reserve("BOW", 2)
    assert refused.status_code == 409
    assert refused.json()["short"][0]["available"] == 1
    story.settle()
    assert checkout.offered("BOW") == 1
    one = f"/{made.json()['reservation']}"
    assert checkout.ask("GET", one).json() == made.json()
    for _ in range(2):
        assert checkout.ask("DELETE", one).json()["state"] == "released"
    story.settle()
    assert checkout.offered("BOW") == 5


def test_an_order_takes_over_what_was_reserved_for_it(story: Story, checkout: Checkout) -> None:
    made = checkout.reserve("BOW", 1).json()
    placed = story.order(("BOW", 1))
    path = f"/{made['reservation']}/order/{placed['id']}"
    assert checkout.ask("PUT", path).status_code == 200
    story.settle()
    assert checkout.ask("GET", f"/{made['reservation']}").json()["state"] == "committed"
    assert checkout.offered("BOW") == 4
    assert checkout.ask("DELETE", f"/{made['reservation']}").status_code == 409
