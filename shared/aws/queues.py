"""Messages to SQS: keys only, ten a call."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.aws.backoff import Sleep, attempts
from shared.aws.faults import error_of, translated
from shared.aws.packs import packs
from shared.errors import RejectedError
from shared.ports import Message, Queues

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

ENTRIES_MAX = 10
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
BYTES_MAX = 1_048_576


class SqsQueues(Queues):
    """Sends a message at least once: what SQS did not confirm is sent again.

    A queue this function was not given, or a message SQS will never take, is a RejectedError;
    anything else RetryableError or ThrottledError, with some of the messages perhaps sent.
    """

    def __init__(
        self, client: "SQSClient", urls: Mapping[str, str], *, sleep: Sleep = time.sleep
    ) -> None:
        self._client = client
        self._urls = urls
        self._sleep = sleep

    def send(self, messages: Sequence[Message]) -> None:
        by_url: dict[str, list[Message]] = {}
        for message in messages:
            by_url.setdefault(self._url(message.queue), []).append(message)
        for url, mine in by_url.items():
            entries = [_entry(i, message) for i, message in enumerate(mine)]
            for pack in packs(entries, size=_size, count_max=ENTRIES_MAX, bytes_max=BYTES_MAX):
                self._send(url, pack)

    def _url(self, queue: str) -> str:
        if queue in self._urls:
            return self._urls[queue]
        raise RejectedError(
            f"no queue is called {queue!r}",
            code="no_such_queue",
            field="queue",
            value=queue,
            remedy="let the template give this function the queue",
        )

    def _send(self, url: str, entries: "Sequence[SendMessageBatchRequestEntryTypeDef]") -> None:
        code = ""
        for _ in attempts(self._sleep):
            with translated("SendMessageBatch"):
                answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            failed = {failure["Id"]: failure for failure in answer.get("Failed", [])}
            if not failed:
                return
            code = next(iter(failed.values()))["Code"]
            if any(failure["SenderFault"] for failure in failed.values()):
                raise RejectedError(f"SendMessageBatch: {code}", code=code)
            entries = [entry for entry in entries if entry["Id"] in failed]
        raise error_of(code, "SendMessageBatch")


def _entry(i: int, message: Message) -> "SendMessageBatchRequestEntryTypeDef":
    return {
        "Id": str(i),
        "MessageBody": json.dumps(dict(message.body), separators=(",", ":")),
        "DelaySeconds": message.delay_s,
    }


def _size(entry: "SendMessageBatchRequestEntryTypeDef") -> int:
    return len(entry["MessageBody"])  # ASCII, as json.dumps makes it
