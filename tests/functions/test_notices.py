"""Notices through the handler: the orders' stream in, a mail out, a replay by its message."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.ses.models import ses_backends

from functions import bootstrap
from functions.ops import api as ops_api
from functions.orders import notices
from shared.aws.store import DynamoStore
from shared.flows import keys
from shared.model.order import Customer
from shared.ports import Put, Table
from tests.factories import make_case, make_order
from tests.functions.world import Deployment, deployment, sqs_event, stream_event

__all__ = ["deployment"]

ORDER = "shop:77"
TO = "jo@example.com"
RULES = """
[notices]
sender = "a@northwind.example"
since = 2020-01-01T00:00:00Z
channels = { shop = ["received"] }
"""


def mailed() -> list[str]:
    backend = ses_backends["123456789012"]
    return [mail.subject for region in backend.values() for mail in region.sent_messages]


@pytest.fixture
def asked(deployment: Deployment) -> Deployment:
    """An order has just come, and its channel's customers are to be told."""
    queue = boto3.client("sqs").create_queue(QueueName=keys.MAIL_QUEUE)["QueueUrl"]
    deployment.queues[keys.MAIL_QUEUE] = queue
    deployment.environment.setenv("QUEUES", json.dumps(deployment.queues))
    file = Path(os.environ["RETAILER_FILE"])
    file.write_text(file.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    deployment.act_as("")
    now = bootstrap.clock.now()
    case = make_case(order=make_order(customer=Customer(email=TO)), captured_at=now)
    store = DynamoStore(boto3.client("dynamodb"), deployment.tables)
    assert store.commit([Put(keys.case(ORDER), case.model_dump(mode="json"), 0)]) == [True]
    return deployment


def changed(deployment: Deployment) -> None:
    deployment.invoke(notices.handler, stream_event((keys.case(ORDER).pk, "-"), ("waiting", "-")))


def test_a_customer_is_mailed_once_however_often_the_stream_delivers(asked: Deployment) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="northwind.example")
    changed(asked)
    changed(asked)
    asked.invoke(notices.handler, {})
    assert mailed() == ["We have your order #77"]


def test_a_refused_mail_is_replayed_by_a_person_once_its_cause_is_gone(
    asked: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(asked)
    (issue,) = asked.rows(Table.ISSUES)
    assert (issue["kind"], issue["subject"]) == ("notice_unsent", f"{ORDER}/received")
    boto3.client("sesv2").create_email_identity(EmailIdentity="northwind.example")
    event: dict[str, Any] = {
        "routeKey": "POST /v1/exceptions/{issue_id}/replay",
        "pathParameters": {"issue_id": f"notice_unsent%23{ORDER}%2Freceived"},
        "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "ops"}}}},
    }
    assert asked.invoke(ops_api.handler, event)["statusCode"] == 202
    (message,) = asked.messages(keys.MAIL_QUEUE)
    for _ in range(2):
        answer = asked.invoke(notices.handler, sqs_event(keys.MAIL_QUEUE, message))
        assert answer == {"batchItemFailures": []}
    assert mailed() == ["We have your order #77"]
    assert asked.rows(Table.ISSUES)[0]["state"] == "solved"
    logged = capsys.readouterr()
    assert TO not in logged.out + logged.err


def test_without_rules_nothing_is_mailed(deployment: Deployment) -> None:
    assert deployment.invoke(notices.handler, {}) is None
