"""Business events to EventBridge, ten a call."""

import json
from collections.abc import Sequence
from itertools import batched
from typing import Any

from shared.aws.faults import translated
from shared.errors import RetryableError
from shared.model.events import SOURCE, BusinessEvent
from shared.ports import Bus

ENTRIES_MAX = 10
ATTEMPTS = 4


class EventBus(Bus):
    """`detail-type` is the event's type; `detail` its JSON with `schema_version` beside it."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[BusinessEvent]) -> None:
        for chunk in batched(events, ENTRIES_MAX, strict=False):
            self._put([self._entry(event) for event in chunk])

    def _entry(self, event: BusinessEvent) -> dict[str, Any]:
        detail = {"schema_version": event.schema_version, **event.model_dump(mode="json")}
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": json.dumps(detail, separators=(",", ":")),
        }

    def _put(self, entries: list[dict[str, Any]]) -> None:
        for _ in range(ATTEMPTS):
            with translated("PutEvents"):
                answer = self._client.put_events(Entries=entries)
            if not answer.get("FailedEntryCount"):
                return
            results = zip(entries, answer["Entries"], strict=True)
            entries = [entry for entry, result in results if result.get("ErrorCode")]
        raise RetryableError(f"{len(entries)} events were not taken")
