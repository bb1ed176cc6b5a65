"""Business events to EventBridge, ten a call."""

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.aws.backoff import Sleep, attempts
from shared.aws.faults import error_of, is_final, translated
from shared.aws.packs import packs
from shared.model.event import SOURCE
from shared.ports import Bus

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from shared.model.events import BusinessEvent

ENTRIES_MAX = 10
# less than 256 KB: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
BYTES_MAX = 255_000


class EventBus(Bus):
    """`detail-type` is the event's type; `detail` its JSON with `schema_version` beside it.

    An event is published at least once: what the bus did not confirm is sent again. One it will
    never take is RejectedError, a missing permission AccessError, anything else RetryableError.
    """

    def __init__(
        self, client: "EventBridgeClient", name: str, *, sleep: Sleep = time.sleep
    ) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def publish(self, events: Sequence["BusinessEvent"]) -> None:
        entries = [self._entry(event) for event in events]
        for pack in packs(entries, size=_size, count_max=ENTRIES_MAX, bytes_max=BYTES_MAX):
            self._put(pack)

    def _entry(self, event: "BusinessEvent") -> "PutEventsRequestEntryTypeDef":
        detail = {"schema_version": event.schema_version, **event.model_dump(mode="json")}
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": json.dumps(detail, separators=(",", ":")),
        }

    def _put(self, entries: "Sequence[PutEventsRequestEntryTypeDef]") -> None:
        code = ""
        for _ in attempts(self._sleep):
            with translated("PutEvents"):
                answer = self._client.put_events(Entries=entries)
            results = zip(entries, answer["Entries"], strict=True)
            failed = [(entry, r["ErrorCode"]) for entry, r in results if r.get("ErrorCode")]
            if not failed:
                return
            code = max((code for _, code in failed), key=is_final)
            if is_final(code):
                raise error_of(code, "PutEvents")
            entries = [entry for entry, _ in failed]
        raise error_of(code, "PutEvents")


def _size(entry: "PutEventsRequestEntryTypeDef") -> int:
    return len(entry["Source"]) + len(entry["DetailType"]) + len(entry["Detail"])
