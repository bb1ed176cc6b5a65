"""Messages to SQS: keys only, ten a call."""

import json
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from shared.aws.faults import translated
from shared.errors import RejectedError, RetryableError
from shared.ports import Message

ENTRIES_MAX = 10
ATTEMPTS = 4


class SqsQueues:
    def __init__(self, client: Any, urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, messages: Sequence[Message]) -> None:
        by_queue: dict[str, list[Message]] = {}
        for message in messages:
            by_queue.setdefault(message.queue, []).append(message)
        for queue, mine in by_queue.items():
            url = self._urls.get(queue)
            if url is None:
                raise RejectedError(
                    f"no queue is called {queue!r}",
                    field="queue",
                    value=queue,
                    remedy="let the template give this function the queue",
                )
            for chunk in batched(mine, ENTRIES_MAX, strict=False):
                self._send(url, chunk)

    def _send(self, url: str, messages: Sequence[Message]) -> None:
        entries = [
            {
                "Id": str(i),
                "MessageBody": json.dumps(dict(message.body), separators=(",", ":")),
                "DelaySeconds": message.delay_s,
            }
            for i, message in enumerate(messages)
        ]
        for _ in range(ATTEMPTS):
            with translated("SendMessageBatch"):
                answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            failed = {failure["Id"] for failure in answer.get("Failed", [])}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
        raise RetryableError(f"{len(entries)} messages were not taken")
