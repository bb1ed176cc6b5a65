"""From a delivery at the door to messages that say what to read again."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.issue import IssueKind
from shared.ports import Blobs, Clock, Key, Message, Put, Queues, Reading, Row, Store

KEPT_FOR = timedelta(days=90)  # longer than any vendor repeats a delivery
BODY_MAX_BYTES = 1024 * 1024
RECEIVED, HANDLED, PARKED = "received", "handled", "parked"
_UNSAFE = re.compile(r"[^\w.-]")

Understand = Callable[[str, Mapping[str, str], bytes], Sequence[Reading]]
"""(connection, headers, body) -> what to read again; raises RejectedError naming the field."""


@frozen
class Normalizer:
    store: Store
    blobs: Blobs
    queues: Queues
    issues: Issues
    clock: Clock
    understand: Understand

    def handle(self, deliveries: Sequence[Key]) -> None:
        """Archive each delivery's raw body, and turn it into readings or one exception."""
        rows = self.store.get(deliveries)
        for row in rows.values():
            if row.body["state"] == RECEIVED:
                self._one(row)

    def _one(self, row: Row) -> None:
        connection, delivery = row.key.pk.split("#", 1)
        name, body = self._raw(row, connection)
        headers = row.body["headers"]
        assert isinstance(headers, dict)  # noqa: S101 - the door wrote it so
        try:
            readings = self.understand(connection, {k: str(v) for k, v in headers.items()}, body)
        except RejectedError as error:
            self.issues.report([_bad(connection, delivery, error)])
            self._done(row, PARKED, name)
            return
        self.queues.send([_message(connection, reading) for reading in readings])
        if "replayed_at" in row.body:
            self.issues.solve(IssueKind.BAD_MESSAGE, _subject(connection, delivery), by="replay")
        self._done(row, HANDLED, name)

    def _raw(self, row: Row, connection: str) -> tuple[str, bytes]:
        if row.raw is None:
            name = str(row.body["blob"])
            return name, unpacked(self.blobs.get(name))
        received = datetime.fromisoformat(str(row.body["received_at"]))
        name = raw_name(connection, row.key.pk.split("#", 1)[1], received)
        self.blobs.put(name, row.raw)
        return name, unpacked(row.raw)

    def _done(self, row: Row, state: str, name: str) -> None:
        body: dict[str, Json] = {**row.body, "state": state, "blob": name}
        expires = self.clock.now() + KEPT_FOR
        # A conflict means that a replay came in between, and its own record is on the way.
        self.store.commit([Put(row.key, body, row.rev, state=state, expires=expires)])


def replay_delivery(connection: str, delivery: str, *, store: Store, clock: Clock) -> bool:
    """Make a kept delivery new again; False when there is none."""
    key = keys.inbox(connection, delivery)
    row = store.get([key]).get(key)
    if row is None:
        return False
    body: dict[str, Json] = {**row.body, "state": RECEIVED, "replayed_at": clock.now().isoformat()}
    expires = clock.now() + KEPT_FOR
    put = Put(key, body, row.rev, state=RECEIVED, expires=expires, raw=row.raw)
    return store.commit([put])[0]


def raw_name(connection: str, delivery: str, received: datetime) -> str:
    """Where a raw body is archived: `raw/<connection>/<yyyy-mm-dd>/<delivery>.z`."""
    return f"raw/{connection}/{received.date().isoformat()}/{_UNSAFE.sub('_', delivery)}.z"


def unpacked(raw: bytes) -> bytes:
    """Inflate a kept body, and never beyond the size a door lets in."""
    inflater = zlib.decompressobj()
    body = inflater.decompress(raw, BODY_MAX_BYTES)
    if inflater.unconsumed_tail:
        raise RejectedError("a kept body is larger than any that was let in", field="raw")
    return body


def _message(connection: str, reading: Reading) -> Message:
    body = {"read": reading.entity.value, "key": reading.key}
    return Message(keys.read_queue(connection), body)


def _subject(connection: str, delivery: str) -> str:
    return f"{connection}/{delivery}".replace("#", "_")


def _bad(connection: str, delivery: str, error: RejectedError) -> Problem:
    return Problem(
        kind=IssueKind.BAD_MESSAGE,
        subject=_subject(connection, delivery),
        connection=connection,
        summary=f"a delivery of {connection} cannot be understood: {error}",
        remedy=error.remedy or "correct the sender or the mapping, then replay the delivery",
        field=error.field,
        value=str(error.value)[:200] if error.value is not None else None,
        replay={"inbox": connection, "delivery": delivery},
    )
