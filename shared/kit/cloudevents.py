"""CloudEvents 1.0 that carry movements and counts, in the structured, batched and binary mode.

Source: CloudEvents 1.0.2, its HTTP protocol binding and its extension `sequence`.
"""

from collections.abc import Mapping
from typing import Final

from shared.errors import RejectedError

MOVEMENT: Final = "shelfwire.stock.movement.v1"
LEVEL: Final = "shelfwire.stock.level.v1"
TYPES: Final = {MOVEMENT: "movement", LEVEL: "level"}
STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
REQUIRED: Final = ("id", "source", "type")
PREFIX: Final = "ce-"


def from_headers(headers: Mapping[str, str], data: object) -> object:
    """The structured form of an event in binary mode; other bodies as they are."""
    if f"{PREFIX}specversion" not in headers:
        return data
    said = {name.removeprefix(PREFIX): v for name, v in headers.items() if name.startswith(PREFIX)}
    return {**said, "data": data}


def is_event(said: object) -> bool:
    return isinstance(said, dict) and "specversion" in said


def source_of(event: Mapping[str, object]) -> str:
    """The connection or source an event comes from: its source, or the last part of that URI."""
    return str(event.get("source", "")).rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def row_of(event: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """What an event carries, and its row; the envelope fills in what the data leaves out.

    RejectedError names the attribute.
    """
    if str(event.get("specversion")) != "1.0":
        raise _refusal("specversion", event.get("specversion"), "write 1.0")
    for name in REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise _refusal(name, event.get(name), "every CloudEvent has it, as text")
    kind = TYPES.get(str(event["type"]))
    if kind is None:
        raise _refusal("type", event["type"], f"write {' or '.join(TYPES)}")
    data = event.get("data")
    if not isinstance(data, dict):
        raise _refusal("data", "", "send the movement as a JSON object")
    given = {"sku": event.get("subject"), "sequence": event.get("sequence")}
    if kind == "movement":
        given |= {"movement_id": event["id"], "occurred_at": event.get("time")}
    else:
        given |= {"as_of": event.get("time")}
    return kind, {**{name: v for name, v in given.items() if v is not None}, **data}


def _refusal(name: str, value: object, remedy: str) -> RejectedError:
    return RejectedError(
        f"attribute {name} of the CloudEvent is not as it has to be",
        code="bad_event",
        field=name,
        value=str(value)[:100],
        remedy=remedy,
    )
