"""What every queue-fed function does around its flow: partial failures, delays, time left."""

import json
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from shared.errors import RejectedError, RetryableError, ThrottledError, UnreachableError
from shared.ports import Message

MARGIN_MS = 12_000  # stop taking on work while one vendor call may still time out
BACKOFF_MAX_S = 300
PAUSE = timedelta(seconds=5)  # for a vendor that says "too many" but not until when
DEFERRED = "deferred"
ORDER = "order#"
DELAY_MAX_S = 900  # SQS delays a message by 15 minutes at most

type Body = Mapping[str, str]


def out_of_time(context: LambdaContext) -> Callable[[], bool]:
    return lambda: context.get_remaining_time_in_millis() < MARGIN_MS


def each_message(
    event: Mapping[str, Any], handle: Callable[[Body], None], *, queue: str
) -> dict[str, list[dict[str, str]]]:
    """Handle every message of a batch by itself.

    A RetryableError that says when to come back is sent again with that delay, so waiting for a
    vendor never counts as a failed try. Anything else fails its own message only: SQS delivers it
    again, ever later, and after enough tries it becomes a dead letter and so an exception.
    """
    failed = []
    for record in event["Records"]:
        try:
            body = json.loads(record["body"])
            handle(body)
        except RetryableError as error:
            if not _deferred(queue, record, error):
                failed.append(record["messageId"])
            bootstrap.logger.info("message deferred", reason=type(error).__name__, queue=queue)
        except RejectedError as error:
            failed.append(record["messageId"])
            bootstrap.logger.warning("message rejected", code=error.code, field=error.field)
        except Exception:  # noqa: BLE001 - a bug in one message must not fail the others
            failed.append(record["messageId"])
            bootstrap.logger.exception("message failed", queue=queue)
    bootstrap.give_back()
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _deferred(queue: str, record: Mapping[str, Any], error: RetryableError) -> bool:
    """Whether the message was sent again for later; if not, this receipt fails and comes back.

    Trouble here is this message's own: the others of its batch are done and stay done.
    """
    try:
        later = _later(queue, record, error)
        if later is not None:
            bootstrap.queues().send([later])
            return True
        _back_off(queue, record)
    except Exception:  # noqa: BLE001 - SQS delivers it again after its visibility time-out
        bootstrap.logger.exception("message not deferred", queue=queue)
    return False


def _later(queue: str, record: Mapping[str, Any], error: RetryableError) -> Message | None:
    """The same message for later; who is put off again and again comes back ever more seldom."""
    body = json.loads(record["body"])
    wait = error.after
    if isinstance(error, ThrottledError | UnreachableError):
        times = int(body.get(DEFERRED, 0))
        body[DEFERRED] = str(times + 1)
        wait = (wait or PAUSE) * random.uniform(1, 2 ** min(times, 4))  # noqa: S311 - jitter
    if wait is None:
        return None
    delay_s = min(max(1, -(-wait // timedelta(seconds=1))), DELAY_MAX_S)
    return Message(queue, body, delay_s)


def _back_off(queue: str, record: Mapping[str, Any]) -> None:
    """A failed try comes back soon at first, and ever later: 2 s, 4 s, ... up to 5 minutes."""
    tries = int(record["attributes"]["ApproximateReceiveCount"])
    bootstrap.client("sqs").change_message_visibility(
        QueueUrl=bootstrap.environment().queues[queue],
        ReceiptHandle=record["receiptHandle"],
        VisibilityTimeout=min(2**tries, BACKOFF_MAX_S),
    )


def named(event: Mapping[str, Any], field: str) -> list[str]:
    """What the messages of a batch name in this field, each once, in order."""
    found: dict[str, None] = {}
    for record in event["Records"]:
        with suppress(ValueError):  # what is no message fails by itself when its turn comes
            body = json.loads(record["body"])
            if isinstance(body, dict) and isinstance(body.get(field), str):
                found[body[field]] = None
    return list(found)


def orders_of(event: Mapping[str, Any], *, new: bool = False) -> list[str]:
    """The orders of a batch of stream records; only those that were not there before if `new`."""
    found = [r for r in event["Records"] if not new or r["eventName"] == "INSERT"]
    pks = dict.fromkeys(record["dynamodb"]["Keys"]["pk"]["S"] for record in found)
    return [pk.removeprefix(ORDER) for pk in pks if pk.startswith(ORDER)]


def partitions(event: Mapping[str, Any]) -> list[str]:
    """The partition keys of a batch of stream records, in order."""
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]
