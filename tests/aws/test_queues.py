import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest

from shared.aws.backoff import ATTEMPTS
from shared.aws.config import config
from shared.aws.queues import SqsQueues
from shared.errors import AccessError, RejectedError, RetryableError, ThrottledError
from shared.ports import Message, Queues
from tests.aws.calls import CallCounter
from tests.aws.scripted import script
from tests.fakes import MemoryQueues

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

QUEUE, OTHER = "shop-write", "erp-write"
type Take = Callable[[str], list[dict[str, str]]]


@pytest.fixture
def sqs(aws: None) -> "SQSClient":
    del aws
    return boto3.client("sqs", config=config())


@pytest.fixture
def urls(sqs: "SQSClient") -> dict[str, str]:
    return {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in (QUEUE, OTHER)}


@pytest.fixture(params=["memory", "moto"])
def form(request: pytest.FixtureRequest) -> tuple[Queues, Take]:
    """A form of the port, and how to take everything out of one of its queues."""
    if request.param == "memory":
        memory = MemoryQueues(names=(QUEUE, OTHER))
        return memory, lambda queue: [dict(message.body) for message in memory.take(queue)]
    sqs, urls = request.getfixturevalue("sqs"), request.getfixturevalue("urls")
    return SqsQueues(sqs, urls), lambda queue: taken(sqs, urls[queue])


def taken(sqs: "SQSClient", url: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        if not answer.get("Messages"):
            return found
        found += [json.loads(message["Body"]) for message in answer["Messages"]]


def messages(count: int, queue: str = QUEUE) -> list[Message]:
    return [Message(queue, {"n": str(i)}) for i in range(count)]


@pytest.mark.parametrize("count", [0, 1, 10, 25])
def test_every_message_arrives_in_its_queue(form: tuple[Queues, Take], count: int) -> None:
    queues, take = form
    queues.send([*messages(count), *messages(2, OTHER)])
    assert sorted(int(body["n"]) for body in take(QUEUE)) == list(range(count))
    assert sorted(body["n"] for body in take(OTHER)) == ["0", "1"]


def test_text_arrives_as_it_was(form: tuple[Queues, Take]) -> None:
    queues, take = form
    body = {"sku": "Größe “42” \N{SNOWMAN} \\ \" ' \n"}
    queues.send([Message(QUEUE, body)])
    assert take(QUEUE) == [body]


def test_a_delayed_message_is_not_there_yet(sqs: "SQSClient", urls: dict[str, str]) -> None:
    SqsQueues(sqs, urls).send([Message(QUEUE, {"n": "later"}, delay_s=900)])
    assert taken(sqs, urls[QUEUE]) == []
    waiting = sqs.get_queue_attributes(QueueUrl=urls[QUEUE], AttributeNames=["All"])
    assert waiting["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_delay_of_more_than_fifteen_minutes_is_refused(form: tuple[Queues, Take]) -> None:
    queues, take = form
    with pytest.raises(RejectedError):
        queues.send([Message(QUEUE, {"n": "1"}, delay_s=901)])
    assert take(QUEUE) == []


def test_an_unknown_queue_is_refused_by_name_and_nothing_is_sent(
    form: tuple[Queues, Take],
) -> None:
    queues, take = form
    with pytest.raises(RejectedError, match="'nowhere'"):
        queues.send([*messages(1), *messages(1, "nowhere")])
    assert take(QUEUE) == []


def test_ten_messages_cost_one_call(sqs: "SQSClient", urls: dict[str, str]) -> None:
    calls = CallCounter(sqs)
    SqsQueues(sqs, urls).send(messages(20))
    assert calls == Counter(SendMessageBatch=2)


def test_large_messages_share_no_call(sqs: "SQSClient", urls: dict[str, str]) -> None:
    calls = CallCounter(sqs)
    large = [Message(QUEUE, {"n": str(i), "x": "x" * 200_000}) for i in range(8)]
    SqsQueues(sqs, urls).send(large)
    assert calls == Counter(SendMessageBatch=2)
    assert len(taken(sqs, urls[QUEUE])) == 8


def failed(*entries: str, code: str = "InternalError", blame: bool = False) -> dict[str, object]:
    return {"Failed": [{"Id": i, "Code": code, "SenderFault": blame} for i in entries]}


def test_only_what_was_not_taken_is_sent_again(sqs: "SQSClient", urls: dict[str, str]) -> None:
    slept: list[float] = []
    script(sqs, "sqs.SendMessageBatch", failed("1", "3"))
    SqsQueues(sqs, urls, sleep=slept.append).send(messages(5))
    assert sorted(body["n"] for body in taken(sqs, urls[QUEUE])) == ["1", "3"]
    assert len(slept) == 1


def test_what_is_never_taken_is_for_later(sqs: "SQSClient", urls: dict[str, str]) -> None:
    script(sqs, "sqs.SendMessageBatch", *[failed("0")] * ATTEMPTS)
    with pytest.raises(RetryableError, match="InternalError"):
        SqsQueues(sqs, urls, sleep=lambda _: None).send(messages(1))


def test_a_message_that_is_our_fault_is_refused(sqs: "SQSClient", urls: dict[str, str]) -> None:
    script(sqs, "sqs.SendMessageBatch", failed("0", code="InvalidMessageContents", blame=True))
    with pytest.raises(RejectedError, match="InvalidMessageContents"):
        SqsQueues(sqs, urls).send(messages(1))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDenied", AccessError),
        ("AWS.SimpleQueueService.NonExistentQueue", RejectedError),
        ("RequestThrottled", ThrottledError),
        ("InternalError", RetryableError),
    ],
)
def test_every_error_says_what_to_do_next(
    sqs: "SQSClient", urls: dict[str, str], code: str, error: type[Exception]
) -> None:
    script(sqs, "sqs.SendMessageBatch", code)
    with pytest.raises(error) as raised:
        SqsQueues(sqs, urls).send(messages(1))
    assert type(raised.value) is error
