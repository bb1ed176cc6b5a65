"""The deployed system in one process: every function and trigger as the template wires them."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from functions.derive import clock as clock_function
from functions.derive import targets as derive_function
from functions.ingest import normalize, read, webhook
from functions.ops import dead_letters, sweep
from functions.orders import send
from functions.publish import channel
from shared.connectors.catalog import CATALOG, Kind
from shared.flows import keys
from shared.flows.intake import replay_delivery
from shared.flows.recovery import Mapper, Replay
from shared.model.ids import Entity
from shared.ports import Table
from tests.simulation import retailer as retail
from tests.simulation.compute import Function, Handler
from tests.simulation.engine import MINUTE, SECOND, START, Engine
from tests.simulation.faults import Faults
from tests.simulation.messaging import Queue, SimQueues, SqsSource, StreamSource
from tests.simulation.stage import Stage
from tests.simulation.store import SimStore
from tests.simulation.vendors import Courier, SimTransport
from tests.simulation.wire import Wire

WORK_S = 60
TRIES = 20
STREAM_TRIES = 10
PREFIX = "shelfwire-sandbox"
ARN = f"arn:aws:sqs:eu-west-1:111111111111:{PREFIX}-"
FACTS = (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)


class _WorldClock:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        return self._engine.now()


class World:
    """`shops` are the channels; the ERP owns products, prices and stock."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        *,
        shops: Sequence[str] = ("shop",),
        slots: int = 4,
        start: datetime = START,
        tracing: bool = False,
    ) -> None:
        self.engine = Engine(seed, faults, start=start, tracing=tracing)
        self.faults = faults
        self.stretch = 1
        self._phases = self.engine.rng("phases of rules")
        self.shops = tuple(shops)
        self.retailer = retail.retailer(self.shops, slots)
        self.wire = Wire(self.engine)
        self.vendors: dict[str, Any] = dict(
            retail.vendors(_WorldClock(self.engine), self.shops).items()
        )
        self.store = SimStore(self.wire)
        self.transports = {
            name: SimTransport(name, vendor, self.wire) for name, vendor in self.vendors.items()
        }
        self.queues = self._made_queues()
        self.failures = Queue("stream-failures", self.engine, 180 * SECOND, TRIES)
        self.stage = Stage(
            self.wire,
            self.retailer,
            self.store,
            SimQueues(self.wire, self.queues),
            self.queues,
            self.transports,
            retail.secrets(self.shops),
        )
        self.functions: dict[str, Function] = {}
        self._functions()
        door = self.functions["webhook"]
        self.couriers = {
            name: Courier(name, vendor, self.engine, door, self._naming(name))
            for name, vendor in self.vendors.items()
        }

    # the template

    def _made_queues(self) -> dict[str, Queue]:
        found = {}
        for connection in self.retailer.connections:
            for name in (keys.read_queue(connection.name), keys.write_queue(connection.name)):
                dead = Queue(f"{name}-dead", self.engine, 180 * SECOND, 1_000_000)
                found[name] = Queue(name, self.engine, WORK_S * 6 * SECOND, TRIES, dead)
        return found

    def _functions(self) -> None:
        names = {name: name for name in self.queues}
        self._add("webhook", webhook.handler, 10)
        normal = self._add("normalize", _bare(normalize.handler), 30, queues=names)
        derive = self._add("derive", _bare(derive_function.handler), 30, queues=names)
        wake = self._add("clock", _bare(clock_function.handler), 30)
        swept = self._add("sweep", _bare(sweep.handler), 30, queues=names)
        letters = self._add("dead-letters", _bare(dead_letters.handler), 30, prefix=PREFIX)
        self.streams = [
            self._stream(Table.INBOX, normal, batch=25, window_ms=0, only_state="received"),
            self._stream(Table.FACTS, derive, batch=100, window_ms=SECOND),
        ]
        for function in (wake, swept):
            self._every(MINUTE, partial(self._minute, function))
        for queue in (*(q.dead for q in self.queues.values()), self.failures):
            assert queue is not None
            SqsSource(queue, letters, 10, ARN)
        for connection in self.retailer.connections:
            self._connection(connection.name)

    def _naming(self, connection: str) -> Any:
        row = CATALOG[self.retailer.connection(connection).system]
        return import_module(row.door).delivery_id

    def _connection(self, name: str) -> None:
        connection = self.retailer.connection(name)
        is_channel = CATALOG[connection.system].kind is Kind.CHANNEL
        env = {"connection": name, "queues": {n: n for n in self.queues}}
        slots = max(2, connection.limits.slots)
        reader = self._add(f"{name}-read", _bare(read.handler), WORK_S, **env)
        writer = self._add(
            f"{name}-{'publish' if is_channel else 'send'}",
            _bare(channel.handler if is_channel else send.handler),
            WORK_S,
            **env,
        )
        SqsSource(self.queues[keys.read_queue(name)], reader, slots, ARN)
        SqsSource(self.queues[keys.write_queue(name)], writer, slots, ARN)
        for entity in self.polled(name):
            self._every(connection.poll_minutes * MINUTE, partial(self.poll, name, entity))

    def _every(self, period_ms: int, act: Callable[[], None]) -> None:
        """An EventBridge rule with a rate, in a phase of its own; `stretch` lets it skip beats."""

        def tick() -> None:
            act()
            self.engine.at(period_ms * self.stretch, tick)

        self.engine.at(self._phases.randint(0, period_ms), tick)

    def polled(self, name: str) -> list[Entity]:
        facts = [e for e in FACTS if self.retailer.authority[e] == name]
        sells = any(c.connection == name for c in self.retailer.channels)
        ships = any(c.erp == name for c in self.retailer.channels)
        return facts + [Entity.ORDER] * sells + [Entity.SHIPMENT] * ships

    def _add(self, name: str, handler: Handler, seconds: int, **environment: Any) -> Function:
        made = Function(name, handler, environment, seconds * SECOND, self.engine)
        self.functions[name] = made
        return made

    def _stream(self, table: Table, function: Function, **how: Any) -> StreamSource:
        source = StreamSource(
            table,
            function,
            self.engine,
            tries=STREAM_TRIES,
            failed=self.failures.put,
            **how,
        )
        self.store.changed.append(source.changed)
        return source

    def _minute(self, function: Function) -> None:
        """An asynchronous invocation that is not tried again; its failure is told."""

        def ended(result: object, error: BaseException | None) -> None:
            del result
            if error is not None:
                arn = f"arn:aws:lambda:eu-west-1:111111111111:function:{function.name}"
                self.failures.put(json.dumps({"requestContext": {"functionArn": arn}}))

        function.invoke({}, ended)

    # what people and rules do

    def poll(self, connection: str, entity: Entity) -> None:
        self.queues[keys.read_queue(connection)].put(json.dumps({"poll": entity.value}))

    def map(self, connection: str, code: str, sku: str) -> int:
        mapper = Mapper(self.store, self.stage.queues, self.retailer)
        return mapper.map(connection, code, sku)

    def replay(self, issue_id: str) -> None:
        stage = self.stage
        Replay(self.store, stage.queues, stage.issues(), stage.clock).issue(issue_id, by="operator")

    def replay_delivery(self, connection: str, delivery: str) -> None:
        replay_delivery(connection, delivery, store=self.store, clock=self.stage.clock)

    @contextmanager
    def playing(self) -> Iterator[None]:
        with self.stage.standing_in():
            try:
                yield
            finally:
                self.engine.close()

    # is anything still moving

    @property
    def calm(self) -> bool:
        """Nothing queued, handled, dirty, unsent or undelivered."""
        return self.engine.resting and (
            all(not queue.letters for queue in self._all_queues())
            and all(stream.idle for stream in self.streams)
            and not self.store.waiting(Table.TARGETS)
            and not self.store.waiting(Table.ORDERS)
            and all(_undelivered(vendor) == 0 for vendor in self.vendors.values())
        )

    def _all_queues(self) -> Iterator[Queue]:
        for queue in self.queues.values():
            yield queue
            if queue.dead is not None:
                yield queue.dead
        yield self.failures


def _undelivered(vendor: Any) -> int:
    box = vendor.hooks if hasattr(vendor, "hooks") else vendor.events
    return int(box.waiting)


def _bare(handler: Any) -> Handler:
    """The handler without the logger's decorator, whose log lines nobody reads here."""
    bare: Handler = handler.__wrapped__
    return bare
