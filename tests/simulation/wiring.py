"""Functions, queues, triggers and schedules as the template makes them, as plain rows.

The world is built from these rows and from nothing else, and `test_wiring` compares every number
in them with the synthesized template.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.connectors.catalog import CATALOG, Kind
from shared.flows import keys
from shared.model.ids import Entity
from shared.model.retailer import Connection, Retailer
from shared.ports import Table

WORK_S = 60  # of a connection's own functions
SHORT_S = 30  # of everybody else's
DOOR_S = 10
HIDDEN_TIMES = 6  # a message stays hidden that many times as long as its function may take
DEAD_HIDDEN_S = 180
TRIES = 20
BATCH = 10
INBOX_BATCH = 25
FACTS_BATCH = 100
STREAM_RETRIES = 20
MINUTES = ("clock", "sweep")
FOLLOWS = {"books": 30, "listen": 5, "notices": 1}  # minutes between two looks at the clock
WAKERS = 4
TAKERS = 2  # of a queue of notifications
FAILURES = "stream-failures"
DEAD = "-dead"
_FACTS = (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """`sends` names the queues it may send to; None for a function that is given none."""

    name: str
    handler: str
    timeout_s: int
    sends: tuple[str, ...] | None = None
    connection: str = ""

    def environment(self, prefix: str) -> dict[str, Any]:
        queues = {name: name for name in self.sends or ()}
        return {"queues": queues, "connection": self.connection, "prefix": prefix}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """`tries` is None for a queue of dead letters, which are never given up."""

    name: str
    hidden_s: int
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class QueueFeed:
    """`most` invocations at once; None leaves it to Lambda."""

    queue: str
    function: str
    batch: int = BATCH
    most: int | None = None


@dataclass(frozen=True, slots=True)
class StreamFeed:
    """`state` is the only one of a new row that is handed over; None hands over every record.

    `kinds` are how the sort keys of rows begin that are handed over; without any, all are.
    """

    table: Table
    function: str
    batch: int
    window_s: int = 0
    retries: int = STREAM_RETRIES
    state: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sends `poll` to a queue, or invokes a function that is not tried again when it fails."""

    name: str
    minutes: int
    to: str
    poll: Entity | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    functions: tuple[FunctionRow, ...]
    queues: tuple[QueueRow, ...]
    feeds: tuple[QueueFeed, ...]
    streams: tuple[StreamFeed, ...]
    schedules: tuple[Schedule, ...]


def wiring(retailer: Retailer) -> Wiring:
    """Everything the template makes of this retailer's file that runs by itself."""
    connections = retailer.connections
    queues = [row for c in connections for row in _queues(c)]
    told = [f"{c.name}{keys.NOTIFIED}" for c in connections if CATALOG[c.system].sender]
    queues += [row for name in told for row in _with_dead(name, DOOR_S * HIDDEN_TIMES)]
    queues += _with_dead(keys.WAKE_QUEUE, WORK_S * HIDDEN_TIMES)
    mails = retailer.notices is not None
    queues += _with_dead(keys.MAIL_QUEUE, SHORT_S * HIDDEN_TIMES) * mails
    queues += _with_dead(FAILURES, SHORT_S * HIDDEN_TIMES)
    feeds = [feed for c in connections for feed in _feeds(c)]
    feeds += [QueueFeed(name, "notified", most=TAKERS) for name in told]
    feeds.append(QueueFeed(keys.WAKE_QUEUE, "clock", most=WAKERS))
    feeds += [QueueFeed(keys.MAIL_QUEUE, "notices")] * mails
    letters = [row.name for row in queues if row.tries is None]
    feeds += [QueueFeed(name, "dead-letters") for name in (*letters, FAILURES)]
    follows = _follows(retailer)
    minutes = [Schedule(f"minute-{name}", 1, name) for name in MINUTES]
    return Wiring(
        functions=(
            *_common(retailer),
            *(
                [FunctionRow("notified", "functions.ingest.notified.handler", DOOR_S)]
                if told
                else []
            ),
            *(f for c in connections for f in _own(c, retailer)),
        ),
        queues=tuple(queues),
        feeds=tuple(feeds),
        streams=(
            StreamFeed(Table.INBOX, "normalize", INBOX_BATCH, state="received"),
            StreamFeed(Table.FACTS, "derive", FACTS_BATCH, kinds=keys.OTHER_FACTS),
            StreamFeed(Table.FACTS, "derive-levels", FACTS_BATCH, kinds=keys.LEVEL_FACTS),
            *(StreamFeed(Table.ORDERS, name, FACTS_BATCH) for name in follows),
        ),
        schedules=(
            *minutes,
            *(Schedule(f"minute-{name}", FOLLOWS[name], name) for name in follows),
            *(s for c in connections for s in _polls(c, retailer)),
        ),
    )


def polled(name: str, retailer: Retailer) -> list[Entity]:
    """Facts a connection is believed about, orders where it sells, shipments where it ships."""
    facts = [entity for entity in _FACTS if name in _owners(entity, retailer)]
    sells = any(channel.connection == name for channel in retailer.channels)
    ships = any(channel.erp == name for channel in retailer.channels)
    goods = [Entity.SHIPMENT, Entity.INVOICE, Entity.RETURN, Entity.ALLOCATION]
    connection = retailer.connection(name)
    days = retailer.books.payout_days if retailer.books else None
    paid = sells and days is not None and connection.settings.get("payouts") is True
    return facts + [Entity.ORDER] * sells + goods * ships + [Entity.PAYOUT] * paid


def _owners(entity: Entity, retailer: Retailer) -> list[str]:
    also = retailer.authority.get(Entity.PROMOTION)
    erps = [c.name for c in retailer.connections if not _is_channel(c)]
    return [retailer.authority[entity], *([also] if also in erps and entity == "price" else [])]


def _common(retailer: Retailer) -> Iterable[FunctionRow]:
    channels = [c for c in retailer.connections if _is_channel(c)]
    reads = tuple(keys.read_queue(c.name) for c in retailer.connections)
    writes = tuple(keys.write_queue(c.name) for c in retailer.connections)
    shops = tuple(q(c.name) for q in (keys.write_queue, keys.read_queue) for c in channels)
    yield FunctionRow("webhook", "functions.ingest.webhook.handler", DOOR_S)
    erps = tuple(keys.read_queue(c.name) for c in retailer.connections if not _is_channel(c))
    yield FunctionRow("api-movements", "functions.ingest.movements.handler", SHORT_S, erps)
    yield FunctionRow("api-returns", "functions.orders.returns.handler", DOOR_S, writes)
    sold = tuple(keys.write_queue(c.name) for c in channels)
    yield FunctionRow("api-shipments", "functions.orders.shipments.handler", DOOR_S, sold)
    yield FunctionRow("api-reservations", "functions.orders.reservations.handler", DOOR_S)
    yield FunctionRow("normalize", "functions.ingest.normalize.handler", SHORT_S, reads)
    wakes = (keys.WAKE_QUEUE, *(keys.write_queue(c.name) for c in channels))
    derives = (*shops, keys.WAKE_QUEUE)
    yield FunctionRow("derive", "functions.derive.targets.handler", SHORT_S, derives)
    yield FunctionRow("derive-levels", "functions.derive.levels.handler", SHORT_S, wakes)
    yield FunctionRow("clock", "functions.derive.clock.handler", WORK_S, wakes)
    sweeps = (*writes, *(keys.read_queue(c.name) for c in channels))
    yield FunctionRow("sweep", "functions.ops.sweep.handler", SHORT_S, sweeps)
    for name in _follows(retailer):
        sends = (keys.MAIL_QUEUE,) if name == "notices" else None
        yield FunctionRow(name, f"functions.orders.{name}.handler", SHORT_S, sends)
    yield FunctionRow("dead-letters", "functions.ops.dead_letters.handler", SHORT_S)


def _own(connection: Connection, retailer: Retailer) -> Iterable[FunctionRow]:
    name = connection.name
    read, write = keys.read_queue(name), keys.write_queue(name)
    writes = tuple(keys.write_queue(c.name) for c in retailer.connections)
    kind = "channel" if _is_channel(connection) else "erp"
    reads = f"functions.ingest.read_{kind}.handler"
    yield FunctionRow(f"{name}-read", reads, WORK_S, (read, *writes), name)
    if _is_channel(connection):
        publishes = "functions.publish.channel.handler"
        yield FunctionRow(_writer(connection), publishes, WORK_S, (write, read), name)
    else:
        sends = "functions.orders.send.handler"
        yield FunctionRow(_writer(connection), sends, WORK_S, (write, read), name)


def _queues(connection: Connection) -> Iterable[QueueRow]:
    for name in (keys.read_queue(connection.name), keys.write_queue(connection.name)):
        yield from _with_dead(name, WORK_S * HIDDEN_TIMES)


def _with_dead(name: str, hidden_s: int) -> list[QueueRow]:
    return [QueueRow(name, hidden_s, TRIES), QueueRow(f"{name}{DEAD}", DEAD_HIDDEN_S)]


def _feeds(connection: Connection) -> Iterable[QueueFeed]:
    name, most = connection.name, max(2, connection.limits.slots)
    yield QueueFeed(keys.read_queue(name), f"{name}-read", most=most)
    yield QueueFeed(keys.write_queue(name), _writer(connection), most=most)


def _polls(connection: Connection, retailer: Retailer) -> Iterable[Schedule]:
    name = connection.name
    for entity in polled(name, retailer):
        queue = keys.read_queue(name)
        yield Schedule(f"poll-{name}-{entity}", connection.poll_minutes, queue, entity)


def _writer(connection: Connection) -> str:
    return f"{connection.name}-{'publish' if _is_channel(connection) else 'send'}"


def _is_channel(connection: Connection) -> bool:
    return CATALOG[connection.system].kind is Kind.CHANNEL


def _follows(retailer: Retailer) -> list[str]:
    """Who looks at orders as they change, where the retailer asks for it."""
    asked = {"books": retailer.books, "listen": retailer.silence, "notices": retailer.notices}
    return [name for name in FOLLOWS if asked[name] is not None]
