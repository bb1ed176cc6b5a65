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
from tests.flows.stock_world import STOCK_TOML
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
