"""Puts a simulated world behind the composition root, so that the deployed handlers run in it."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from itertools import repeat
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from functions import bootstrap, runtime
from functions.ingest import notified, webhook
from shared.aws.inbox import Inbox
from shared.connectors.catalog import CATALOG
from shared.errors import RetryableError, ThrottledError
from shared.flows.issues import Issues
from shared.flows.pacing import LeasedPacer, pacer_of
from shared.kit import together as at_once
from shared.kit.guard import Guarded
from shared.model.events import BusinessEvent
from shared.model.retailer import Retailer
from shared.ports import Bus, Journal, Key, Put, Table
from tests.simulation import warm
from tests.simulation.compute import Container, SimClock
from tests.simulation.marketplace import QUEUES
from tests.simulation.messaging import Queue, SimQueues
from tests.simulation.standins import light_classes, swapped
from tests.simulation.store import SimStore
from tests.simulation.together import together
from tests.simulation.vendors import SimTransport
from tests.simulation.wire import Wire

ENTRIES_MAX = 10  # PutEvents


class Recorder:
    """Stands in for the logger: keeps what would be logged, so that secrets can be looked for."""

    def __init__(self, failed: Callable[[BaseException | None], None]) -> None:
        self.lines: list[str] = []
        self._failed = failed

    def info(self, event: str, *values: object, **said: object) -> None:
        self.lines.append(f"{event} {values or ''} {said}")

    warning = error = info

    def exception(self, event: str, **said: object) -> None:
        error = sys.exception()
        self._failed(error)
        self.lines.append(f"{event} {said} {error!r}")


class SimBus(Bus):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.events: list[BusinessEvent] = []

    def publish(self, events: list[BusinessEvent]) -> None:  # type: ignore[override]
        for start in range(0, len(events), ENTRIES_MAX):
            some = events[start : start + ENTRIES_MAX]
            self._wire.aws(
                f"publish {some[0].type} +{len(some) - 1}",
                partial(self.events.extend, some),
            )


class SimBlobs(Journal):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.kept: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        self._wire.aws(f"keep {name}", lambda: self.kept.__setitem__(name, content))

    def get(self, name: str) -> bytes:
        return self._wire.aws(f"fetch {name}", lambda: self.kept[name])

    def names(self, prefix: str, *, after: str = "", limit: int = 100) -> list[str]:
        found = (name for name in self.kept if name.startswith(prefix) and name > after)
        return self._wire.aws(f"list {prefix}", lambda: sorted(found)[:limit])


class _ConditionalCheckFailedError(Exception):
    pass


class _Exceptions:
    ConditionalCheckFailedException = _ConditionalCheckFailedError


class DoorTable:
    """DynamoDB as the door calls it: one conditional PutItem."""

    exceptions = _Exceptions()

    def __init__(self, store: SimStore, wire: Wire) -> None:
        self._store = store
        self._wire = wire

    def put_item(self, **request: Any) -> None:
        import json  # noqa: PLC0415

        item = request["Item"]
        raw = item.get("raw", {}).get("B")
        key = Key(Table.INBOX, item["pk"]["S"], item["sk"]["S"])
        put = Put(key, json.loads(item["body"]["S"]), 0, state=item["state"]["S"], raw=raw)
        if not self._wire.aws(f"keep delivery {key.pk}", lambda: self._store.put_now(put)):
            raise _ConditionalCheckFailedError


class Archive:
    def __init__(self, blobs: SimBlobs) -> None:
        self._blobs = blobs

    def put_object(self, **request: Any) -> None:
        self._blobs.put(request["Key"], request["Body"])


class SqsClient:
    """SQS as the runtime calls it beside the port."""

    def __init__(self, queues: Mapping[str, Queue], wire: Wire) -> None:
        self._queues = queues
        self._wire = wire

    def change_message_visibility(self, **request: Any) -> None:
        queue, seconds = self._queues[request["QueueUrl"]], request["VisibilityTimeout"]
        self._wire.aws(
            f"hide {request['ReceiptHandle']} for {seconds} s",
            lambda: queue.hide(request["ReceiptHandle"], seconds),
        )


class SimSes:
    """SES as its client is called: what it does not answer may be out."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.mails: list[dict[str, Any]] = []

    def send_email(self, **request: Any) -> dict[str, Any]:
        try:
            self._wire.aws("mail", partial(self.mails.append, request))
        except ThrottledError:
            said = {"Error": {"Code": "TooManyRequestsException", "Message": "slower"}}
            raise ClientError(said, "SendEmail") from None  # type: ignore[arg-type]
        except RetryableError:
            raise ReadTimeoutError(endpoint_url="ses") from None
        return {}


@dataclass(slots=True)
class Stage:
    """What the composition root gives to functions while this world plays."""

    wire: Wire
    retailer: Retailer
    store: SimStore
    queues: SimQueues
    queue_by_name: Mapping[str, Queue]
    transports: Mapping[str, SimTransport]
    secrets: Mapping[str, Mapping[str, object]]
    bus: SimBus = field(init=False)
    ses: SimSes = field(init=False)
    blobs: SimBlobs = field(init=False)
    log: Recorder = field(init=False)
    clock: SimClock = field(init=False)
    opened: warm.Opened = field(default_factory=warm.Opened)
    _issues: Issues = field(init=False)
    _said: dict[str, bootstrap.Environment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = Recorder(self.wire.engine.failed)
        self.bus = SimBus(self.wire)
        self.ses = SimSes(self.wire)
        self.blobs = SimBlobs(self.wire)
        self.clock = SimClock(self.wire.engine)
        self._issues = Issues(self.store, self.bus, self.clock)

    def container(self) -> Container:
        task = self.wire.engine.current
        assert task is not None
        assert isinstance(task.container, Container)
        return task.container

    def environment(self) -> bootstrap.Environment:
        """Said once to each function; its containers are told the same."""
        task = self.wire.engine.current
        assert task is not None
        if task.name not in self._said:
            said = {**_EMPTY, **self.container().environment}
            self._said[task.name] = bootstrap.Environment.model_construct(**said)
        return self._said[task.name]

    def pacer(self, name: str) -> LeasedPacer:
        mine = self.container().pacers
        if name not in mine:
            connection = self.retailer.connection(name)
            mine[name] = pacer_of(connection, self.store, self.issues(), self.clock)
        found: LeasedPacer = mine[name]
        return found

    def connector(self, name: str) -> Any:
        mine = self.container().connectors
        if name not in mine:
            connection = self.retailer.connection(name)
            module, factory = CATALOG[connection.system].factory.split(":")
            mine[name] = getattr(import_module(module), factory)(
                connection,
                self.retailer,
                self.secrets[name],
                pacer=self.pacer(name),
                clock=self.clock,
                transport=Guarded(self.transports[name], self.pacer(name)),
            )
        return mine[name]

    def give_back(self) -> None:
        for pacer in self.container().pacers.values():
            pacer.give_back()

    def issues(self) -> Issues:
        return self._issues

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        inbox = Inbox(
            DoorTable(self.store, self.wire),
            lambda: Archive(self.blobs),
            table="inbox",
            bucket="archive",
        )
        root: dict[str, Callable[..., Any] | object] = {
            "logger": self.log,
            "clock": self.clock,
            "environment": self.environment,
            "retailer": _always(self.retailer),
            "client": {"sqs": SqsClient(self.queue_by_name, self.wire), "sesv2": self.ses}.get,
            "store": _always(self.store),
            "counters": _always(self.store),
            "heat": lambda: self.container().heat,
            "forgotten": lambda: self.container().forgotten,
            "queues": _always(self.queues),
            "bus": _always(self.bus),
            "blobs": _always(self.blobs),
            "journal": _always(self.blobs),
            "issues": _always(self._issues),
            "pacer": self.pacer,
            "connector": self.connector,
            "give_back": self.give_back,
        }
        door: dict[str, object] = {
            "settings": _always(self._doors()),
            "inbox": _always(inbox),
            "secrets": lambda arn, _: self.secrets[arn]["webhook_secrets"],
            "instant": self.clock.now,
        }
        taker: dict[str, object] = {
            "doors": _always({c.name: CATALOG[c.system].door for c in self.retailer.connections}),
            "inbox": _always(inbox),
            "instant": self.clock.now,
            "logging": SimpleNamespace(getLogger=_always(self.log)),
            "os": SimpleNamespace(environ={"PREFIX": QUEUES.rsplit(":", 1)[-1].rstrip("-")}),
        }
        jitter = {"random": self.wire.engine.rng("jitter")}
        with (
            light_classes(),
            warm.playing(self.wire.engine.rng("warm containers"), self.opened),
            swapped(bootstrap, root),
            swapped(webhook, door),
            swapped(notified, taker),
            swapped(runtime, jitter),
            swapped(at_once, {"together": partial(together, self.wire.engine)}),
        ):
            yield

    def _doors(self) -> webhook.Settings:
        """What the door is told of those who call; what a queue brings does not come by it."""
        calling = [c for c in self.retailer.connections if not CATALOG[c.system].sender]
        doors = {c.name: {"door": CATALOG[c.system].door, "secret": c.name} for c in calling}
        return webhook.Settings({"inbox": "inbox"}, "archive", doors)


def _always[T](thing: T) -> Callable[[], T]:
    """A function that costs no turn of the interpreter: these are asked for all the time."""
    return repeat(thing).__next__


_EMPTY: dict[str, Any] = {
    "tables": {},
    "queues": {},
    "secrets": {},
    "bus": "bus",
    "archive": "archive",
    "connection": "",
    "prefix": "",
}
