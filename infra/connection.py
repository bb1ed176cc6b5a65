"""Everything one connection has to itself: queues, reader, publisher or sender, schedules."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.function import Function
from infra.grants import Grants, Rows
from infra.notified_work import NotificationQueue
from infra.queue import WorkQueue
from infra.stage import Stage, row_of
from shared.connectors.catalog import Kind
from shared.model.ids import COMPARED, Entity, Facet
from shared.model.retailer import Channel, Connection, Retailer

WORK = Duration.seconds(60)
# What ships or bills an order before its acceptance waits in the row that will link it.
READER = Rows(writes=("facts", "orders", "links", "issues", "control"))
# A channel is compared with its targets too; an order that waited for a code waits no more.
CAPTURER = Rows(
    reads=("links",),
    writes=("facts", "orders", "issues", "control", "targets"),
    deletes=("orders",),
)
PUBLISHER = Rows(writes=("targets", "links", "orders", "issues", "control"), lanes=("targets",))
# An order the ERP lets go of, or that is cancelled before it has it, lets go of its units.
SENDER = Rows(writes=("facts", "orders", "links", "issues", "control"), lanes=("orders",))
_FACTS = (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)


def polled(connection: Connection, retailer: Retailer) -> list[Entity]:
    """Facts it is believed about, orders where it sells, shipments and bills where they go."""
    facts = [entity for entity in _FACTS if connection.name in _owners(entity, retailer)]
    sells = any(channel.connection == connection.name for channel in retailer.channels)
    ships = any(channel.erp == connection.name for channel in retailer.channels)
    goods = [Entity.SHIPMENT, Entity.INVOICE, Entity.RETURN, Entity.ALLOCATION]
    paid = [Entity.PAYOUT] * retailer.pays_out(connection.name)
    return facts + [Entity.ORDER] * sells + goods * ships + paid


def _owners(entity: Entity, retailer: Retailer) -> Sequence[str]:
    """Whose facts are read; an owner of promotions is read for prices only if it is an ERP."""
    owner, also = retailer.authority[entity], retailer.authority.get(Entity.PROMOTION)
    erps = [c.name for c in retailer.connections if row_of(c).kind is Kind.ERP]
    return [owner, *([also] if entity is Entity.PRICE and also in erps else [])]


class ConnectionQueues(Construct):
    """Made before the functions, because orders cross from one connection's to the other's."""

    def __init__(self, scope: Construct, connection: Connection, stage: Stage) -> None:
        super().__init__(scope, f"Queues-{connection.name}")
        self.read = WorkQueue(self, f"{connection.name}-read", stage, handled_within=WORK)
        self.write = WorkQueue(self, f"{connection.name}-write", stage, handled_within=WORK)
        told = row_of(connection).sender
        self.told = NotificationQueue(self, connection, stage) if told else None


class ConnectionWork(Construct):
    def __init__(
        self,
        scope: Construct,
        connection: Connection,
        stage: Stage,
        *,
        grants: Grants,
        queues: dict[str, ConnectionQueues],
    ) -> None:
        super().__init__(scope, f"Work-{connection.name}")
        channel = row_of(connection).kind is Kind.CHANNEL
        mine = queues[connection.name]
        writes = {q.write.name: q.write for q in queues.values()}
        own_read = {mine.read.name: mine.read}
        own_write = {mine.write.name: mine.write}
        self.reader = self._function(
            connection,
            stage,
            name="read",
            handler=f"functions.ingest.read_{'channel' if channel else 'erp'}.handler",
            rows=CAPTURER if channel else READER,
            grants=grants,
            sends=own_read | writes,
            beside={"notifications": mine.told.work.queue_arn if mine.told else ""},
        )
        self.writer = self._function(
            connection,
            stage,
            name="publish" if channel else "send",
            handler=f"functions.{'publish.channel' if channel else 'orders.send'}.handler",
            rows=PUBLISHER if channel else SENDER,
            grants=grants,
            sends=own_write | own_read,
        )
        for function, queue in ((self.reader, mine.read), (self.writer, mine.write)):
            function.add_event_source(
                sources.SqsEventSource(
                    queue.work,
                    batch_size=10,
                    report_batch_item_failures=True,
                    max_concurrency=max(2, connection.limits.slots),
                )
            )
        self._schedules(connection, stage, mine)

    def _schedules(self, connection: Connection, stage: Stage, mine: ConnectionQueues) -> None:
        """Polls, and comparisons of what is known with what is shown or said."""
        for entity in polled(connection, stage.retailer):
            self._poll(connection, entity, stage, mine)
        if stage.retailer.authority[Entity.STOCK] == connection.name:
            self._scheduled(
                "Compare-all-stock",
                stage.name("compare", connection.name, "all-stock"),
                stage,
                mine,
                minutes=stage.retailer.accuracy.every_minutes,
                message={"compare": "all-stock"},
            )
        for shown in stage.retailer.channels_of(connection.name):
            for facet in COMPARED:
                self._compare(shown, facet, stage, mine)

    def _function(
        self,
        connection: Connection,
        stage: Stage,
        *,
        name: str,
        handler: str,
        rows: Rows,
        grants: Grants,
        sends: dict[str, WorkQueue],
        beside: Mapping[str, str] | None = None,
    ) -> Function:
        function = Function(
            self,
            f"{connection.name}-{name}",
            stage,
            handler=handler,
            timeout=WORK,
            memory_mb=1024,
            loops=True,
            environment={
                "connection": connection.name,
                "tables": grants.names(rows),
                "queues": {name: queue.work.queue_url for name, queue in sends.items()},
                "secrets": {connection.name: grants.secret(connection.name).secret_arn},
                "bus": grants.bus_name,
                **(beside or {}),
            },
        )
        grants.rows(function, rows)
        grants.send(function, sends.values())
        grants.publish(function)
        grants.unlock(function, [connection.name])
        return function

    def _poll(
        self, connection: Connection, entity: str, stage: Stage, queues: ConnectionQueues
    ) -> None:
        self._scheduled(
            f"Poll-{entity}",
            stage.name("poll", connection.name, entity),
            stage,
            queues,
            minutes=connection.poll_minutes,
            message={"poll": entity, "at": events.EventField.time},
        )

    def _compare(
        self, channel: Channel, facet: Facet, stage: Stage, queues: ConnectionQueues
    ) -> None:
        self._scheduled(
            f"Compare-{channel.name}-{facet}",
            stage.name("compare", channel.name, facet),
            stage,
            queues,
            minutes=channel.parity.every_minutes,
            message={"compare": facet, "channel": channel.name},
        )

    def _scheduled(
        self,
        name: str,
        physical: str,
        stage: Stage,
        queues: ConnectionQueues,
        *,
        minutes: int,
        message: Mapping[str, str],
    ) -> None:
        events.Rule(
            self,
            name,
            rule_name=physical,
            schedule=events.Schedule.rate(Duration.minutes(minutes)),
            enabled=not stage.sandbox,  # the sandbox's stories poll and compare when it suits them
            targets=[
                targets.SqsQueue(
                    queues.read.work,
                    message=events.RuleTargetInput.from_object(dict(message)),
                    dead_letter_queue=queues.read.dead,
                )
            ],
        )
