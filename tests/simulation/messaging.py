"""SQS and DynamoDB streams, and the event source mappings that feed functions from them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

from shared.errors import RejectedError
from shared.ports import Key, Message, Put, Queues, Row, Table
from tests.simulation import texts
from tests.simulation.compute import Container, Function
from tests.simulation.engine import SECOND, Engine
from tests.simulation.faults import Kind
from tests.simulation.wire import Wire

SEND_MAX = 10
DELAY_MAX_S = 900
MESSAGE_MAX_BYTES = 1024 * 1024
SHARDS = 2
DOUBLES_MAX = 12  # a queue; doubled without end, what puts itself off would grow without end
RETRY_MS = (1 * SECOND, 60 * SECOND)


@dataclass(slots=True, eq=False)
class Letter:
    """One message in a queue; `handle` changes with every receipt."""

    message_id: str
    body: str
    visible_ms: int
    received: int = 0
    handle: str = ""
    gone: bool = False


@dataclass(slots=True)
class Queue:
    """A standard queue: at least once, in no order, hidden while it is being handled."""

    name: str
    engine: Engine
    visibility_ms: int
    tries: int
    dead: "Queue | None" = None
    letters: list[Letter] = field(default_factory=list)
    pump: Callable[[], None] | None = None
    count: int = 0
    died: int = 0
    doubled: int = 0
    heard: list[Callable[[str], None]] = field(default_factory=list)

    def put(self, body: str, *, delay_ms: int = 0) -> None:
        if len(body) * 4 > MESSAGE_MAX_BYTES and len(body.encode()) > MESSAGE_MAX_BYTES:
            raise RejectedError("SQS takes messages of 1 MiB at most", field="body")
        self.count += 1
        for tell in self.heard:
            tell(body)
        engine = self.engine
        if engine.faults.hit(Kind.DELAYED):
            delay_ms += engine.rng(f"late {self.name} {self.count}").randint(0, 20 * SECOND)
        self._add(Letter(f"{self.name}-{self.count}", body, engine.now_ms + delay_ms))

    def _add(self, letter: Letter) -> None:
        self.letters.append(letter)
        self.wake(letter.visible_ms)

    def wake(self, at_ms: int) -> None:
        if self.pump is not None:
            self.engine.at(max(0, at_ms - self.engine.now_ms), self.pump)

    def take(self, most: int, drawn: Callable[[], Random]) -> list[Letter]:
        """Receive visible messages in any order; what was received too often has died."""
        now = self.engine.now_ms
        visible = [letter for letter in self.letters if letter.visible_ms <= now]
        if len(visible) > 1:
            drawn().shuffle(visible)
        taken: list[Letter] = []
        for letter in visible:
            if len(taken) == most:
                break
            letter.received += 1
            if letter.received > self.tries and self.dead is not None:
                self.letters.remove(letter)
                self.died += 1
                self.engine.note(f"{letter.message_id} is a dead letter: {letter.body}")
                self.dead.put(letter.body)
                continue
            letter.handle = f"{letter.message_id}/{letter.received}"
            early = self.engine.faults.hit(Kind.EARLY_AGAIN)
            letter.visible_ms = now + (drawn().randint(1, 5000) if early else self.visibility_ms)
            self.wake(letter.visible_ms)
            taken.append(letter)
        return taken

    def delete(self, letter: Letter, handle: str) -> None:
        """A receipt that is no longer the newest deletes nothing."""
        if letter.gone or letter.handle != handle:
            return
        letter.gone = True
        self.letters.remove(letter)
        if self.doubled < DOUBLES_MAX and self.engine.faults.hit(Kind.DUPLICATE):
            self.doubled += 1
            again = self.engine.rng(f"again {handle}").randint(0, 40 * SECOND)
            self._add(
                Letter(letter.message_id, letter.body, self.engine.now_ms + again, letter.received)
            )

    def hide(self, handle: str, seconds: int) -> None:
        """ChangeMessageVisibility."""
        for letter in self.letters:
            if letter.handle == handle:
                letter.visible_ms = self.engine.now_ms + seconds * SECOND
                self.wake(letter.visible_ms)


@dataclass(slots=True)
class SqsSource:
    """A mapping from a queue to a function, with partial batch failures."""

    queue: Queue
    function: Function
    concurrency: int
    batch: int
    arn: str
    running: int = 0
    rng: Random | None = None

    def __post_init__(self) -> None:
        self.queue.pump = self.pump

    def drawn(self) -> Random:
        """Its own stream, made when something is first drawn: most queues never need one."""
        if self.rng is None:
            self.rng = self.queue.engine.rng(f"poller of {self.queue.name}")
        return self.rng

    def pump(self) -> None:
        if not self.queue.letters:
            return
        while self.running < self.concurrency:
            letters = self.queue.take(self.batch, self.drawn)
            if not letters:
                return
            self._hand_over(letters)

    def _hand_over(self, letters: Sequence[Letter]) -> None:
        handles = {letter.message_id: letter.handle for letter in letters}
        records = [
            {
                "messageId": letter.message_id,
                "receiptHandle": letter.handle,
                "body": letter.body,
                "attributes": {"ApproximateReceiveCount": str(letter.received)},
                "eventSourceARN": f"{self.arn}{self.queue.name}",
            }
            for letter in letters
        ]
        self.running += 1

        def ended(result: object, error: BaseException | None) -> None:
            self.running -= 1
            if error is None:
                failed = _failed(result)
                for letter in letters:
                    if letter.message_id not in failed:
                        self.queue.delete(letter, handles[letter.message_id])
            self.queue.engine.at(0, self.pump)

        self.function.invoke({"Records": records}, ended)


def _failed(result: object) -> set[str]:
    if not isinstance(result, dict):
        raise TypeError("an SQS function answers batchItemFailures")
    return {row["itemIdentifier"] for row in result["batchItemFailures"]}


class SimQueues(Queues):
    """What functions send by: batches of ten, of which a part may get through."""

    def __init__(self, wire: Wire, queues: Mapping[str, Queue]) -> None:
        self._wire = wire
        self._queues = queues
        self._rng = wire.engine.rng("send")

    def send(self, messages: Sequence[Message]) -> None:
        known = self._known()
        for message in messages:
            if message.queue not in known:
                raise RejectedError(f"no queue is called {message.queue!r}", field="queue")
            if not 0 <= message.delay_s <= DELAY_MAX_S:
                raise RejectedError("SQS delays by 15 minutes at most", field="delay_s")
        names = dict.fromkeys(message.queue for message in messages)
        for name in names:
            mine = [message for message in messages if message.queue == name]
            for start in range(0, len(mine), SEND_MAX):
                self._batch(name, mine[start : start + SEND_MAX])

    def _known(self) -> Collection[str]:
        """A function may send only to the queues it was given; people may send to any."""
        task = self._wire.engine.current
        container = task.container if task is not None else None
        if isinstance(container, Container):
            given: Mapping[str, str] = container.environment["queues"]
            return given
        return self._queues

    def _batch(self, name: str, batch: Sequence[Message]) -> None:
        queue = self._queues[name]

        def put(some: Sequence[Message]) -> None:
            for message in some:
                queue.put(texts.text(message.body), delay_ms=message.delay_s * SECOND)

        def some() -> None:
            put([message for message in batch if self._rng.random() < 0.5])

        self._wire.aws(
            f"send {len(batch)} to {name}: {dict(batch[0].body)}",
            lambda: put(batch),
            part=some if len(batch) > 1 else None,
        )


class Record(NamedTuple):
    sequence: int
    key: Key
    event: str
    state: str | None


@dataclass(slots=True)
class Shard:
    records: list[Record] = field(default_factory=list)
    at: int = 0
    busy: bool = False
    attempts: int = 0
    size: int = 0


@dataclass(slots=True)
class StreamSource:
    """A table's stream to a function: each item in order, retried in halves, then given up."""

    table: Table
    function: Function
    engine: Engine
    batch: int
    window_ms: int
    tries: int
    failed: Callable[[str], None]
    only_state: str | None = None
    only_kinds: tuple[str, ...] = ("",)
    shards: list[Shard] = field(default_factory=lambda: [Shard() for _ in range(SHARDS)])
    sequence: int = 0

    def changed(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        if not key.sk.startswith(self.only_kinds):
            return
        self.sequence += 1
        event = "REMOVE" if new is None else "MODIFY" if old else "INSERT"
        record = Record(self.sequence, key, event, put.state if put else None)
        shard = self.shards[crc32(key.pk.encode()) % SHARDS]
        shard.records.append(record)
        self._look(shard, self.window_ms or 100)

    def _look(self, shard: Shard, delay_ms: int) -> None:
        if not shard.busy:
            shard.busy = True
            self.engine.at(delay_ms, lambda: self._pump(shard))

    def _pump(self, shard: Shard) -> None:
        size = shard.size or self.batch
        batch = shard.records[shard.at : shard.at + size]
        wanted = [r for r in batch if self.only_state is None or r.state == self.only_state]
        if not wanted:
            shard.at += len(batch)
            shard.size = shard.attempts = 0
            shard.busy = False
            if shard.at < len(shard.records):
                self._look(shard, 0)
            return

        def ended(result: object, error: BaseException | None) -> None:
            del result
            self._over(shard, batch, wanted, error)

        self.function.invoke({"Records": [_event(record) for record in wanted]}, ended)

    def _over(
        self,
        shard: Shard,
        batch: Sequence[Record],
        wanted: Sequence[Record],
        error: BaseException | None,
    ) -> None:
        delay = 0
        if error is None:
            again = self.engine.faults.hit(Kind.STREAM_AGAIN)
            shard.at += 0 if again else len(batch)
            shard.size = shard.attempts = 0
        else:
            shard.attempts += 1
            delay = min(RETRY_MS[0] * 2 ** (shard.attempts - 1), RETRY_MS[1])
            if shard.attempts > self.tries:
                self._give_up(wanted)
                shard.at += len(batch)
                shard.size = shard.attempts = 0
            elif len(batch) > 1:
                shard.size = len(batch) // 2
        shard.busy = False
        if shard.at < len(shard.records):
            self._look(shard, delay)

    def _give_up(self, wanted: Sequence[Record]) -> None:
        """What Lambda writes to the failure destination of a stream."""
        arn = f"arn:aws:lambda:eu-west-1:111111111111:function:{self.function.name}"
        self.failed(
            texts.text(
                {
                    "requestContext": {"functionArn": arn},
                    "DDBStreamBatchInfo": {"startSequenceNumber": str(wanted[0].sequence)},
                }
            )
        )

    @property
    def idle(self) -> bool:
        return all(not s.busy and s.at == len(s.records) for s in self.shards)


def _event(record: Record) -> dict[str, Any]:
    told: dict[str, Any] = {"Keys": {"pk": {"S": record.key.pk}, "sk": {"S": record.key.sk}}}
    if record.state is not None:
        told["NewImage"] = {"state": {"S": record.state}}
    return {"eventName": record.event, "dynamodb": told}
