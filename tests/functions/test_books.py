"""The books through the handlers: the orders' stream in, the ledger of a day out."""

import json
from typing import Any

import boto3
import pytest

from functions.orders import books
from functions.read import api as read_api
from shared.aws.store import DynamoStore
from shared.flows import keys
from shared.ports import Put
from tests.factories import NOW, make_case
from tests.functions.world import Deployment, deployment, stream_event

__all__ = ["deployment"]

ORDER = "shop:77"


def asked(deployment: Deployment, **query: str) -> tuple[int, dict[str, Any]]:
    event = {"routeKey": "GET /v1/reconciliation/finance", "queryStringParameters": query}
    found = deployment.invoke(read_api.handler, event)
    return int(found["statusCode"]), json.loads(found["body"])


@pytest.fixture
def kept(deployment: Deployment) -> Deployment:
    body = make_case().model_dump(mode="json")
    store = DynamoStore(boto3.client("dynamodb"), deployment.tables)
    assert store.commit([Put(keys.case(ORDER), body, 0)]) == [True]
    pks = [keys.case(ORDER).pk, "waiting"]
    deployment.invoke(books.handler, stream_event(*((pk, "-") for pk in pks)))
    return deployment


def test_a_day_is_its_orders_and_their_sums(kept: Deployment) -> None:
    status, found = asked(kept, day=NOW.date().isoformat())
    assert (status, [one["order_id"] for one in found["orders"]]) == (200, [ORDER])
    assert found["sums"] == [{"kind": "ordered", "amount": 3998, "currency": "GBP"}]
    assert (found["differences"], found["next"]) == ([], None)


def test_a_date_that_is_none_is_refused_with_its_remedy(kept: Deployment) -> None:
    status, found = asked(kept, day="tomorrow")
    assert (status, found["field"], found["value"]) == (400, "day", "tomorrow")


def test_the_beat_tells_what_is_due_and_nothing_else(
    kept: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.invoke(books.handler, {})
    said = [x for x in capsys.readouterr().out.splitlines() if x.startswith('{"_aws"')]
    assert [json.loads(line)["DifferencesTold"] for line in said] == [[0]]
    _, found = asked(kept)
    assert found["differences"] == []
