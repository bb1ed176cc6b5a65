"""Orders by call on the deployed template: to the ERP and back, cancelled in time and too late."""

import time
import uuid
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import Api
from sandbox.failures import RefusedError
from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import poll
from tests.e2e.fuzzed import ask, fuzz
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]

LINE: dict[str, Json] = {
    "line_id": "1",
    "sku": "HAT-M",
    "title": "Hat",
    "quantity": 2,
    "unit_price": "19.99",
    "discounts": [{"title": "TEN", "amount": "3.98"}],
}


class Shop(Story):
    """A shop that places its orders by call."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.client = Api(world.deployed, client="shopfront")

    def place(self, *, key: str | None = None, **over: Json) -> dict[str, Json]:
        return self.client.place(self.body(**over), key=key or uuid.uuid4().hex)

    def body(self, **over: Json) -> dict[str, Json]:
        order: dict[str, Json] = {
            "channel": "shop",
            "order_id": uuid.uuid4().hex[:12],
            "placed_at": "2026-11-27T09:00:00Z",
            "currency": "GBP",
            "taxes_included": True,
            "lines": [LINE],
            "shipping": [{"title": "Post", "code": "POST", "price": "4.95"}],
            "payments": [
                {"reference": "T1", "gateway": "card", "kind": "capture", "amount": "40.95"}
            ],
            "total": "40.95",
        }
        return order | over

    def cancel(self, order_id: str) -> dict[str, Json]:
        later = "2026-11-27T10:00:00Z"
        name = order_id.removeprefix("shop:")
        return self.place(order_id=name, updated_at=later, cancelled_at=later)

    def becomes(self, order_id: str, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        until = time.monotonic() + 60
        while not what(found := self.client.order(order_id)) and time.monotonic() < until:
            time.sleep(0.5)
        return found

    def stored(self, order: dict[str, Json]) -> dict[str, Any]:
        (found,) = [row for row in self._erp() if row["reference"] == order["reference"]]
        return found

    def _erp(self) -> list[dict[str, Any]]:
        found = self.control("erp", "orders")
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def accepted(found: dict[str, Any]) -> bool:
    return found["erp_order"] is not None


def test_an_order_placed_by_call_is_in_the_erp_to_the_cent_with_its_whole_story(
    shop: Shop,
) -> None:
    placed = shop.place()
    assert (placed["state"], placed["holds"]) == ("released", [])
    found = shop.becomes(str(placed["order_id"]), accepted)
    assert [hop["what"] for hop in found["timeline"]] == [
        "captured",
        "released",
        "sent to ERP",
        "accepted by ERP",
    ]
    assert found["standing"]["payment"] == "captured"
    assert shop.stored(placed)["total"] == "40.95"


def test_the_same_call_twice_is_one_order_and_another_body_a_conflict(shop: Shop) -> None:
    key, name = uuid.uuid4().hex, uuid.uuid4().hex[:12]
    first = shop.place(key=key, order_id=name)
    assert shop.place(key=key, order_id=name) == first
    with pytest.raises(RefusedError) as refused:
        shop.place(key=key, order_id=name, number="another")
    assert (refused.value.status, refused.value.body["field"]) == (409, "Idempotency-Key")
    shop.becomes(str(first["order_id"]), accepted)
    assert shop.stored(first)["total"] == "40.95"


def test_totals_that_differ_hold_the_order_and_both_are_answered(shop: Shop) -> None:
    placed = shop.place(total="41.95")
    assert placed["holds"] == ["totals_differ"]
    assert placed["totals"] == {"stated": "41.95", "computed": "40.95", "line": None}
    issues = [one["subject"] for one in shop.issues("totals_differ")]
    assert placed["order_id"] in issues


def test_an_order_cancelled_before_it_ships_is_rejected_in_the_erp_and_stock_comes_back_once(
    shop: Shop,
) -> None:
    def offered() -> Json:
        return shop.client.call("GET", "v1", "availability", "shop", "HAT-M")["available"]

    before = offered()
    placed = shop.place()
    order_id = str(placed["order_id"])
    shop.becomes(order_id, accepted)
    shop.cancel(order_id)
    found = shop.becomes(order_id, lambda order: order["state"] == "cancelled")
    assert found["standing"]["cancellation"] == "cancelled"
    assert [item["rejected"] for item in shop.stored(placed)["items"]] == [True]
    shop.settle()
    assert offered() == before


def test_an_order_cancelled_after_it_shipped_is_too_late_and_said_so(shop: Shop) -> None:
    placed = shop.place()
    order_id = str(placed["order_id"])
    found = shop.becomes(order_id, accepted)
    shop.control("erp", "deliver", order=found["erp_order"], tracking="JJD77")
    poll(shop.world, "erp", "shipment")
    found = shop.becomes(order_id, lambda order: order["state"] == "shipped")
    assert [t["number"] for s in found["shipments"] for t in s["tracking"]] == ["JJD77"]
    shop.cancel(order_id)
    found = shop.becomes(order_id, lambda order: bool(order["late"]))
    assert (found["state"], found["standing"]["cancellation"]) == ("shipped", "too_late")
    assert order_id in [one["subject"] for one in shop.issues("cancelled_too_late")]


READ = {
    "GET /v1/openapi.json",
    "GET /v1/prices/{channel}/{sku}",
    "POST /v1/prices/{channel}/lookup",
    "GET /v1/availability/{channel}/{sku}",
    "POST /v1/availability/{channel}/lookup",
}
GOOD = {
    "operator": READ
    | {
        "GET /v1/orders/{order_id}",
        "GET /v1/returns/{return_id}",
        "GET /v1/trace/sku/{sku}",
        "GET /v1/trace/orders/{order_id}",
        "GET /v1/exceptions",
        "GET /v1/parity",
        "GET /v1/parity/{channel}/pending",
        "GET /v1/connections",
        "GET /v1/approvals",
        "GET /v1/epcis/events",
        "GET /v1/reconciliation/finance",
    },
    "shopfront": READ | {"POST /v1/orders", "POST /v1/reservations"},
    "pricing": READ,
    "warehouse": {"POST /v1/movements", "POST /v1/returns/{return_id}/receipts"},
}
"""Routes of which each client has to get a good answer, of the shape that is described."""


@pytest.fixture(scope="module")
def there_is(world: World) -> dict[str, Json]:
    """What can be asked for: an order that left, a return of it, and bodies that are understood."""
    shop = Shop(world)
    placed = shop.place()
    found = shop.becomes(str(placed["order_id"]), accepted)
    shop.control("erp", "deliver", order=found["erp_order"], tracking="JJD78")
    poll(world, "erp", "shipment")
    shop.becomes(str(placed["order_id"]), lambda order: order["state"] == "shipped")
    lines: list[Json] = [{"line_id": "1", "quantity": 2}]
    body: Json = {"order_id": placed["order_id"], "return_id": "F1", "lines": lines}
    headers = {"idempotency-key": uuid.uuid4().hex}
    made = shop.client.call("POST", "v1", "returns", body=body, headers=headers)
    received: Json = [{"line_id": "1", "quantity": 1, "disposition": "restock"}]
    wish: Json = [{"sku": "HAT-M", "quantity": 1}]
    movement = {"movement_id": "F-1", "kind": "receipt", "to_location": "glasgow", "quantity": "1"}
    article: dict[str, Json] = {"sku": "HAT-S", "unit": "PC", "occurred_at": "2026-11-27T09:00:00Z"}
    moved: Json = [{**movement, **article}]
    return {
        "order_id": placed["order_id"],
        "return_id": made["return_id"],
        "channel": "shop",
        "sku": "HAT-M",
        "source": "wms",
        "POST /v1/orders": shop.body(),
        "POST /v1/reservations": {"channel": "shop", "lines": wish, "expires_in_s": 60},
        "POST /v1/prices/{channel}/lookup": {"skus": ["HAT-M", "NOPE"]},
        "POST /v1/availability/{channel}/lookup": {"skus": ["HAT-M", "NOPE"]},
        "POST /v1/movements": {"connection": "wms", "movements": moved},
        "POST /v1/returns/{return_id}/receipts": {
            "receipt_id": "F-1",
            "received_at": "2026-11-27T11:00:00Z",
            "location": "london",
            "lines": received,
        },
    }


@pytest.mark.parametrize("client", sorted(GOOD))
def test_good_answers_are_as_the_description_says(
    world: World, client: str, there_is: dict[str, Json]
) -> None:
    for route in sorted(GOOD[client]):
        assert ask(world, client, route, there_is) // 100 == 2, route


@pytest.mark.skipif(find_spec("schemathesis") is None, reason="./setup installs schemathesis")
@pytest.mark.parametrize("client", sorted(GOOD))
def test_the_api_answers_as_its_description_says(
    world: World, client: str, there_is: dict[str, Json], tmp_path: Path
) -> None:
    """No answer is undeclared or of another shape; those a token is not good for are refused."""
    wrong = fuzz(world, client, there_is, tmp_path)
    assert not wrong, wrong
