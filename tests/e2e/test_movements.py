"""Stock movements on the deployed template: posted or dropped, in the shop's levels, exported."""

import json
import uuid
from typing import Any

import httpx
import pytest

from sandbox.api import Api
from sandbox.world import World
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
AT = "2026-11-27T08:00:00Z"
GLASGOW = "gid://shopify/Location/3"


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    made = Story(world)
    made.article("LAMP")
    made.settle()
    return made


class Warehouse(Api):
    """The client that tells what it moves."""

    def __init__(self, world: World) -> None:
        super().__init__(world.deployed, client="warehouse")
        self.url = f"{world.deployed.api_url}/v1/movements"

    def post(self, body: object, key: str = "", **headers: str) -> httpx.Response:
        said = {
            "authorization": f"Bearer {self.token()}",
            "idempotency-key": key or str(uuid.uuid4()),
        }
        return httpx.post(self.url, json=body, headers=said | headers, timeout=30)


@pytest.fixture
def warehouse(world: World) -> Warehouse:
    return Warehouse(world)


def move(number: int, **over: str) -> dict[str, str]:
    row = {
        "movement_id": f"V-{number}",
        "kind": "receipt",
        "sku": "LAMP",
        "quantity": "12",
        "unit": "PC",
        "occurred_at": AT,
    }
    return row | over


def told(*rows: dict[str, str]) -> dict[str, Any]:
    return {"connection": "wms", "movements": list(rows)}


def shown(story: Story) -> dict[str, Any]:
    """What the shop offers of it, by location of ours."""
    found = story.world.api.trace_sku("LAMP")
    channels: Any = found["channels"]
    target = channels[0]["targets"]["stock"]
    assert target["in_step"] is True
    levels: dict[str, Any] = target["published"]["levels"]
    return levels


def test_receipts_and_a_transfer_end_in_the_shop_s_levels(
    story: Story, warehouse: Warehouse
) -> None:
    received = warehouse.post(
        told(
            move(1, to_location="glasgow", sequence="1"),
            move(2, to_location="D1", quantity="10", sequence="1"),
            move(3, to_location="NOWHERE"),
        )
    )
    assert received.status_code == 200
    assert [line["status"] for line in received.json()["lines"]] == ["counted"] * 2 + ["refused"]
    story.settle()
    assert shown(story)["glasgow"] == 12
    sent = {"kind": "transfer_out", "from_location": "depot", "to_location": "glasgow"}
    goods = {"quantity": "4", "document": "T-1"}
    out = move(4, **sent, **goods, sequence="2")
    assert warehouse.post(told(out)).json()["accepted"] == 1
    story.settle()
    assert shown(story)["glasgow"] == 12
    arrived = move(5, kind="transfer_in", to_location="glasgow", **goods, sequence="2")
    assert warehouse.post(told(arrived, out)).json()["lines"][1]["status"] == "duplicate"
    story.settle()
    assert shown(story)["glasgow"] == 16
    levels: Any = story.control("shop", "read_stock")
    assert levels["LAMP"][GLASGOW]["available"] == 16
    (issue,) = [one for one in story.issues("unmapped_location") if "V-3" in one["subject"]]
    assert "NOWHERE" in issue["summary"]


def test_a_repeat_is_answered_as_the_first_time(story: Story, warehouse: Warehouse) -> None:
    body = told(move(6, to_location="glasgow", quantity="1", sequence="3"))
    key = str(uuid.uuid4())
    first = warehouse.post(body, key)
    assert warehouse.post(body, key).json() == first.json()
    assert warehouse.post(told(), key).status_code == 400
    story.settle()
    assert shown(story)["glasgow"] == 17


def test_a_dropped_count_replaces_what_was_known(story: Story) -> None:
    content = b"sku,location,unit,on_hand,damaged,sequence\nLAMP,glasgow,PC,9,2,3\n"
    s3 = story.world.deployed.aws.client("s3")
    name = "drop/wms/stock/friday.csv"
    s3.put_object(Bucket=story.world.deployed.files, Key=name, Body=content)
    story.settle()
    assert shown(story)["glasgow"] == 7


def test_a_cloudevent_and_an_epcis_event_count_too(story: Story, warehouse: Warehouse) -> None:
    data = {"kind": "receipt", "quantity": "3", "unit": "PC", "to_location": "glasgow"}
    event = {
        "specversion": "1.0",
        "id": "V-7",
        "source": "urn:example:wms",
        "type": "shelfwire.stock.movement.v1",
        "subject": "LAMP",
        "time": AT,
        "sequence": "4",
        "data": data,
    }
    answer = warehouse.post(event, **{"content-type": "application/cloudevents+json"})
    assert [line["status"] for line in answer.json()["lines"]] == ["counted"]
    story.settle()
    assert shown(story)["glasgow"] == 10
    seen = story.world.api.call("GET", "v1", "epcis", "events", query={"source": "wms"})
    events: Any = seen["epcisBody"]["queryResults"]["resultsBody"]["eventList"]  # type: ignore[index,call-overload]
    mine = [one for one in events if "LAMP" in json.dumps(one)]
    assert {one["bizStep"] for one in mine} >= {"receiving", "shipping", "cycle_counting"}


def test_the_scope_of_another_client_does_not_open_the_door(world: World) -> None:
    token = Api(world.deployed, client="pricing").token()
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k"}
    url = f"{world.deployed.api_url}/v1/movements"
    assert httpx.post(url, json=told(), headers=headers, timeout=30).status_code == 403
