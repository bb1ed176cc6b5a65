"""The deployed system in one process: every function and trigger as the template wires them."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from typing import Any

from shared.connectors.catalog import CATALOG
from shared.flows import keys
from shared.flows.intake import replay_delivery
from shared.flows.recovery import Mapper, Replay
from shared.model.ids import Entity
from shared.ports import Row, Table
from tests.simulation import retailer as retail
from tests.simulation import texts
from tests.simulation.compute import Function, Handler
from tests.simulation.engine import MINUTE, SECOND, START, Engine
from tests.simulation.faults import Faults
from tests.simulation.marketplace import QUEUES
from tests.simulation.messaging import Queue, SimQueues, SqsSource, StreamSource
from tests.simulation.stage import Stage
from tests.simulation.store import SimStore
from tests.simulation.vendors import Courier, SimTransport
from tests.simulation.wire import Wire
from tests.simulation.wiring import DEAD, FAILURES, FunctionRow, StreamFeed, Wiring, polled, wiring

PREFIX = "shelfwire-sandbox"
UNBOUNDED = 10  # invocations at once where Lambda may decide
BEATS = 100  # any of so many of a rule may be the first


class _WorldClock:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        return self._engine.now()


class World:
    """The shops of `setup` are the channels; the ERP owns products, prices and stock."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        *,
        setup: retail.Setup = retail.Setup(),  # noqa: B008 - frozen
        start: datetime = START,
        tracing: bool = False,
    ) -> None:
        self.engine = Engine(seed, faults, start=start, tracing=tracing)
        self.faults = faults
        self.stretch = 1
        self.owed = 0  # what somebody outside has yet to tell
        self.undone: set[str] = set()  # ERP orders of which staff undid a rejection
        self._phases = self.engine.rng("phases of rules")
        self.shops = setup.shops
        self.markets = setup.markets
        self.zone = setup.zone
        self.retailer = retail.retailer(setup)
        self._hooked = [
            keys.hooks(c.name) for c in self.retailer.connections if c.settings.get("hooks_url")
        ]
        self.wire = Wire(self.engine)
        self.vendors: dict[str, Any] = dict(retail.vendors(_WorldClock(self.engine), setup).items())
        self.store = SimStore(self.wire)
        self.transports = {
            name: SimTransport(name, vendor, self.wire) for name, vendor in self.vendors.items()
        }
        self.wiring = _wired(setup)
        self.every_queue = self._made_queues()
        self.failures = self.every_queue[FAILURES]
        self.queues = {n: q for n, q in self.every_queue.items() if q.dead and n != FAILURES}
        self.stage = Stage(
            self.wire,
            self.retailer,
            self.store,
            SimQueues(self.wire, self.queues),
            self.queues,
            self.transports,
            retail.secrets(setup),
        )
        self.functions = {row.name: self._function(row) for row in self.wiring.functions}
        self.streams = [self._stream(feed) for feed in self.wiring.streams]
        self._triggers()
        self.couriers = {name: self._courier(name) for name in self.vendors}
        for name, transport in self.transports.items():
            transport.changed.append(lambda *_, courier=self.couriers[name]: courier.hear())

    # the template

    def _courier(self, name: str) -> Courier:
        door, queue = self.functions["webhook"], self.queues.get(name + keys.NOTIFIED)
        return Courier(name, self.vendors[name], self.engine, door, self._naming(name), queue)

    def _made_queues(self) -> dict[str, Queue]:
        found: dict[str, Queue] = {}
        for row in reversed(self.wiring.queues):  # the dead letters of a queue come after it
            dead = None if row.tries is None else found[f"{row.name}{DEAD}"]
            hidden, tries = row.hidden_s * SECOND, row.tries or 0
            found[row.name] = Queue(row.name, self.engine, hidden, tries, dead)
        return dict(reversed(found.items()))

    def _function(self, row: FunctionRow) -> Function:
        handler = _handler(row.handler)
        said = row.environment(PREFIX)
        return Function(row.name, handler, said, row.timeout_s * SECOND, self.engine)

    def _triggers(self) -> None:
        for feed in self.wiring.feeds:
            function, most = self.functions[feed.function], feed.most or UNBOUNDED
            SqsSource(self.every_queue[feed.queue], function, most, feed.batch, QUEUES)
        for rule in self.wiring.schedules:
            act = (
                partial(self._minute, self.functions[rule.to])
                if rule.poll is None
                else partial(self._due, self.every_queue[rule.to], rule.poll)
            )
            self._every(rule.minutes * MINUTE, act, steady=rule.to == "clock")

    def _naming(self, connection: str) -> Any:
        row = CATALOG[self.retailer.connection(connection).system]
        return import_module(row.door).delivery_id

    def _every(self, period_ms: int, act: Callable[[], None], *, steady: bool) -> None:
        """An EventBridge rule with a rate, in a phase of its own; `stretch` lets it skip beats.

        A steady one skips none: the clock is relied on to come within each minute.
        """
        beats = itertools.count(self._phases.randint(0, BEATS))

        def tick() -> None:
            if next(beats) % (1 if steady else self.stretch) == 0:
                act()
            self.engine.at(period_ms, tick)

        self.engine.at(self._phases.randint(0, period_ms), tick)

    def polled(self, name: str) -> list[Entity]:
        return polled(name, self.retailer)

    def _stream(self, feed: StreamFeed) -> StreamSource:
        source = StreamSource(
            feed.table,
            self.functions[feed.function],
            self.engine,
            batch=feed.batch,
            window_ms=feed.window_s * SECOND,
            tries=feed.retries,
            failed=self.failures.put,
            only_state=feed.state,
            only_kinds=feed.kinds or ("",),
        )
        self.store.tell(source.changed, feed.table)
        return source

    def _due(self, queue: Queue, entity: Entity) -> None:
        """A rule's message names the rule's instant, in whole seconds."""
        at = self.engine.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        queue.put(texts.text({"poll": entity.value, "at": at}))

    def _minute(self, function: Function) -> None:
        """An asynchronous invocation that is not tried again; its failure is told."""

        def ended(result: object, error: BaseException | None) -> None:
            del result
            if error is not None:
                arn = f"arn:aws:lambda:eu-west-1:111111111111:function:{function.name}"
                self.failures.put(texts.text({"requestContext": {"functionArn": arn}}))

        function.invoke({}, ended)

    # what people and rules do

    def hear(self) -> None:
        """Call when somebody outside may have changed something at a vendor."""
        for courier in self.couriers.values():
            courier.hear()

    def poll(self, connection: str, entity: Entity) -> None:
        """A schedule that comes now."""
        self._due(self.queues[keys.read_queue(connection)], entity)

    def sweep(self) -> None:
        """Out of turn."""
        self._minute(self.functions["sweep"])

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
        """Nothing queued, handled, dirty, unsent, unmailed, unheard, or left to the clock."""
        return self.engine.resting and (
            not self.owed
            and not any([queue.letters for queue in self.every_queue.values()])  # noqa: C419 - quicker
            and all(stream.idle for stream in self.streams)
            and not self.store.waiting(Table.TARGETS)
            and not self.store.waiting(Table.ORDERS)
            and not self.store.lane(Table.CONTROL, keys.NOTICE_LANE)
            and all(courier.waiting == 0 for courier in self.couriers.values())
            and not self.store.overdue(Table.FACTS, self.engine.now())
            and not any(self._unheard(row) for row in self.store.seen(self._hooked))
        )

    def _unheard(self, row: Row) -> bool:
        """Whether subscriptions are lost or have to be looked at, or what was missed is unread."""
        due = datetime.fromisoformat(str(row.body["due"])) <= self.engine.now()
        return due or bool(row.body.get("lost") or row.body.get("unread"))


@cache
def _wired(setup: retail.Setup) -> Wiring:
    return wiring(retail.retailer(setup))


@cache
def _handler(dotted: str) -> Handler:
    """The handler without the logger's decorator, whose log lines nobody reads here."""
    module, name = dotted.rsplit(".", 1)
    handler: Any = getattr(import_module(module), name)
    bare: Handler = getattr(handler, "__wrapped__", handler)
    return bare
