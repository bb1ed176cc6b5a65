"""Movements by call: every payload of `events/` through its handler, and on to the channel."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.derive import targets
from functions.ingest import import_file, movements
from functions.ops import sweep
from functions.read import api as read_api
from functions.read import lookup
from infra.doors import EVERY_ROUTE
from shared.ports import Table
from tests.flows.stock_world import STOCK_TOML, move
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, forget, loaded, sqs_event, stream_event

__all__ = ["deployment"]


@pytest.fixture(autouse=True)
def _with_a_warehouse(deployment: Deployment, tmp_path: Path) -> None:
    del deployment
    (tmp_path / "retailer.toml").write_text(STOCK_TOML, encoding="utf-8")
    forget()


def posted(deployment: Deployment, name: str) -> tuple[int, dict[str, Any]]:
    answer = deployment.invoke(movements.handler, loaded(f"ingest.movements/{name}"))
    return answer["statusCode"], json.loads(answer["body"])


def available(deployment: Deployment) -> dict[str, int]:
    deployment.invoke(targets.handler, stream_event(("sku#HAT-M", "stock#wms")))
    answer = deployment.invoke(lookup.handler, loaded("read.lookup/availability"))
    levels: dict[str, int] = json.loads(answer["body"])["levels"]
    return levels


def test_a_receipt_is_in_what_the_channel_may_sell(deployment: Deployment) -> None:
    publish_everything(deployment)
    status, said = posted(deployment, "two-lines")
    assert (status, said["accepted"], said["refused"]) == (200, 1, 1)
    counted, refused = said["lines"]
    assert (counted["status"], refused["field"]) == ("counted", "to_location")
    issues = {issue["kind"]: issue["value"] for issue in deployment.rows(Table.ISSUES)}
    assert issues["unmapped_location"] == "DEPOT"
    assert available(deployment) == {"london": 10, "leeds": 5, "york": 0}


@pytest.mark.parametrize("name", ["availability", "availabilities"])
def test_who_knows_what_may_be_sold_is_told_so_until_it_changes(
    deployment: Deployment, name: str
) -> None:
    publish_everything(deployment)
    event = loaded(f"read.lookup/{name}")
    first = deployment.invoke(lookup.handler, event)
    tag = first["headers"]["etag"]
    event["headers"]["if-none-match"] = tag
    again = deployment.invoke(lookup.handler, event)
    assert again == {"statusCode": 304, "headers": {"etag": tag}}
    posted(deployment, "two-lines")
    deployment.invoke(targets.handler, stream_event(("sku#HAT-M", "stock#wms")))
    changed = deployment.invoke(lookup.handler, event)
    assert (changed["statusCode"], changed["headers"]["etag"] == tag) == (200, False)


POISON = {
    17: ({"quantity": "many"}, "quantity", "leeds"),
    101: ({"unit": "CS"}, "unit", "leeds"),
    249: ({"to_location": "DEPOT"}, "to_location", "DEPOT"),
}
"""By its place in a call: what is wrong with a line, the field, and the location it names."""


def test_of_250_movements_three_that_are_poison_hold_up_none_of_the_others(
    deployment: Deployment,
) -> None:
    lines = [
        move(movement_id=f"m{i}", sku=f"SKU-{i % 25}", quantity="1")
        | POISON.get(i, ({}, "", ""))[0]
        for i in range(250)
    ]
    event = loaded("ingest.movements/two-lines")
    event["body"] = json.dumps({"connection": "wms", "movements": lines})
    said = json.loads(deployment.invoke(movements.handler, event)["body"])
    assert (said["accepted"], said["refused"]) == (247, 3)
    cards = [row for row in deployment.rows(Table.FACTS) if row.get("source") == "wms"]
    counted = sum(int(p["on_hand"]) for card in cards for p in card["positions"])
    assert (len(cards), counted) == (25, 247)
    told = {issue["field"]: issue for issue in deployment.rows(Table.ISSUES)}
    assert len(deployment.rows(Table.ISSUES)) == len(told) == 3
    for place, (_, field, location) in POISON.items():
        issue, answered = told[field], said["lines"][place]
        assert (answered["status"], answered["field"]) == ("refused", field)
        assert f"SKU-{place % 25}" in issue["summary"]
        assert location in issue["summary"]
        assert issue["value"] in ("many", "CS", "DEPOT")
        assert issue["remedy"]


def test_a_count_in_the_source_s_own_names_replaces_what_was_known(deployment: Deployment) -> None:
    publish_everything(deployment)
    posted(deployment, "two-lines")
    status, _ = posted(deployment, "levels")
    assert status == 200
    assert available(deployment) == {"london": 10, "leeds": 10, "york": 0}


def test_one_event_counts_once_in_whatever_mode_it_comes(deployment: Deployment) -> None:
    assert posted(deployment, "cloudevent")[1]["lines"][0]["status"] == "counted"
    assert posted(deployment, "cloudevent-binary")[1]["lines"][0]["status"] == "duplicate"


def test_what_was_set_aside_is_counted_by_its_replay_once_the_limit_is_raised(
    deployment: Deployment, tmp_path: Path
) -> None:
    publish_everything(deployment)
    file, limit = (
        tmp_path / "retailer.toml",
        '\n[stock_guards]\nabsurd = { then = "keep", above = %s }',
    )
    file.write_text(STOCK_TOML + limit % 11, encoding="utf-8")
    forget()
    assert posted(deployment, "levels")[1]["lines"][0]["status"] == "doubted"
    (issue,) = (one for one in deployment.rows(Table.ISSUES) if one["kind"] == "stock_absurd")
    message = {name: text for name, text in issue["replay"].items() if name != "queue"}
    assert available(deployment) == {"london": 10, "leeds": 0, "york": 0}
    file.write_text(STOCK_TOML + limit % 12, encoding="utf-8")
    forget()
    deployment.invoke(import_file.handler, sqs_event(issue["replay"]["queue"], message))
    assert available(deployment) == {"london": 10, "leeds": 10, "york": 0}
    (issue,) = (one for one in deployment.rows(Table.ISSUES) if one["kind"] == "stock_absurd")
    assert issue["state"] == "solved"


def test_who_can_be_read_is_read(deployment: Deployment) -> None:
    _, said = posted(deployment, "of-a-readable-source")
    assert [line["status"] for line in said["lines"]] == ["read_again"]
    assert deployment.messages("erp-read") == [{"read": "stock", "key": "HAT-M"}]
    assert deployment.rows(Table.FACTS) == []


@pytest.mark.parametrize(
    ("name", "status", "field"),
    [
        ("no-key", 400, "Idempotency-Key"),
        ("not-json", 400, "body"),
        ("not-a-source", 403, "connection"),
    ],
)
def test_a_call_that_cannot_be_taken_says_what_is_wrong_with_it(
    deployment: Deployment, name: str, status: int, field: str
) -> None:
    found, said = posted(deployment, name)
    assert (found, said["field"]) == (status, field)
    assert said["remedy"]
    assert deployment.rows(Table.FACTS) == []


def test_the_route_asks_for_a_scope_of_its_own() -> None:
    assert EVERY_ROUTE["POST /v1/movements"] == "stock.write"


def test_what_was_counted_is_asked_for_as_epcis_events(deployment: Deployment) -> None:
    posted(deployment, "two-lines")
    answer = deployment.invoke(read_api.handler, loaded("read.api/epcis-events"))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "application/ld+json")
    results = json.loads(answer["body"])["epcisBody"]["queryResults"]["resultsBody"]
    (event,) = results["eventList"]
    assert (event["bizStep"], event["quantityList"][0]["quantity"]) == ("receiving", 5)
    asked = loaded("read.api/epcis-events")
    for field, value in (("source", "till"), ("perPage", "0"), ("nextPageToken", "x")):
        query = asked["queryStringParameters"] | {field: value}
        refused = deployment.invoke(read_api.handler, asked | {"queryStringParameters": query})
        assert (refused["statusCode"], json.loads(refused["body"])["field"]) == (400, field)


def test_the_sweep_looks_for_stock_that_lacks_something(deployment: Deployment) -> None:
    deployment.invoke(sweep.handler, loaded("schedule/minute"))
    assert deployment.rows(Table.ISSUES) == []
