import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from pydantic import TypeAdapter

from shared.aws.backoff import ATTEMPTS
from shared.aws.bus import EventBus
from shared.aws.config import config
from shared.errors import AccessError, RejectedError, RetryableError, ThrottledError
from shared.model.event import IssueRaised
from shared.model.events import BusinessEvent
from shared.model.order_events import OrderHeld
from tests.aws.calls import CallCounter
from tests.aws.scripted import script
from tests.factories import make_money

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ANY = TypeAdapter[BusinessEvent](BusinessEvent)


def raised(n: int = 0) -> IssueRaised:
    return IssueRaised(
        at=NOW, issue_id=f"unmapped_sku#{n}", kind="unmapped_sku", severity="high", connection="erp"
    )


@pytest.fixture
def events(aws: None) -> "EventBridgeClient":
    del aws
    client = boto3.client("events", config=config())
    client.create_event_bus(Name="news")
    return client


@pytest.fixture
def sqs(events: "EventBridgeClient") -> "SQSClient":
    """A retailer's queue behind a rule for everything Shelfwire says."""
    client = boto3.client("sqs", config=config())
    client.create_queue(QueueName="consumer")
    arn = "arn:aws:sqs:eu-west-1:123456789012:consumer"
    events.put_rule(
        Name="all", EventBusName="news", EventPattern=json.dumps({"source": ["shelfwire"]})
    )
    events.put_targets(Rule="all", EventBusName="news", Targets=[{"Id": "1", "Arn": arn}])
    return client


def heard(sqs: "SQSClient") -> list[dict[str, object]]:
    url = sqs.get_queue_url(QueueName="consumer")["QueueUrl"]
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in batch]
    return found


def test_a_consumer_hears_the_event_as_its_schema_says(
    events: "EventBridgeClient", sqs: "SQSClient"
) -> None:
    held = OrderHeld(
        at=NOW, order_id="shop:7", channel="shop", reasons=("unmapped_sku",), total=make_money(1999)
    )
    EventBus(events, "news").publish([held])
    (said,) = heard(sqs)
    assert (said["source"], said["detail-type"]) == ("shelfwire", "OrderHeld")
    detail = said["detail"]
    assert isinstance(detail, dict)
    assert detail.pop("schema_version") == 1
    assert ANY.validate_python(detail) == held


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (10, 1), (11, 2)])
def test_ten_events_cost_one_call(
    events: "EventBridgeClient", sqs: "SQSClient", count: int, calls: int
) -> None:
    counter = CallCounter(events)
    EventBus(events, "news").publish([raised(i) for i in range(count)])
    assert counter.total() == calls
    assert len(heard(sqs)) == count


def test_large_events_share_no_call(events: "EventBridgeClient") -> None:
    counter = CallCounter(events)
    large = raised().model_copy(update={"issue_id": "x" * 100_000})
    EventBus(events, "news").publish([large] * 4)
    assert counter == Counter(PutEvents=2)


def answer(*codes: str | None) -> dict[str, object]:
    entries = [{"ErrorCode": code} if code else {"EventId": "1"} for code in codes]
    return {"FailedEntryCount": len(codes) - codes.count(None), "Entries": entries}


def test_only_what_was_not_taken_is_sent_again(
    events: "EventBridgeClient", sqs: "SQSClient"
) -> None:
    slept: list[float] = []
    script(events, "eventbridge.PutEvents", answer(None, "ThrottlingException", None))
    EventBus(events, "news", sleep=slept.append).publish([raised(i) for i in range(3)])
    assert [body["detail"]["issue_id"] for body in heard(sqs)] == ["unmapped_sku#1"]  # type: ignore[index]
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", ThrottledError),
        ("InternalFailure", RetryableError),
    ],
)
def test_what_is_never_taken_is_for_later(
    events: "EventBridgeClient", code: str, error: type[Exception]
) -> None:
    script(events, "eventbridge.PutEvents", *[answer(code)] * ATTEMPTS)
    with pytest.raises(error, match=code) as caught:
        EventBus(events, "news", sleep=lambda _: None).publish([raised()])
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("MalformedDetail", RejectedError),
        ("NotAuthorizedForSourceException", AccessError),
    ],
)
def test_what_the_bus_will_never_take_is_not_sent_again(
    events: "EventBridgeClient", code: str, error: type[Exception]
) -> None:
    script(events, "eventbridge.PutEvents", answer(None, "InternalFailure", code))
    with pytest.raises(error, match=code):
        EventBus(events, "news").publish([raised(i) for i in range(3)])
