"""What can be made again: functions, queues, doors. Composes; owns nothing itself."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.connection import WORK, ConnectionQueues, ConnectionWork
from infra.data_stack import DataStack, titled
from infra.doors import Doors
from infra.feeds import beat, follow
from infra.function import Function
from infra.grants import Grants, Rows
from infra.notice_work import NoticeWork
from infra.notified_work import NotificationQueue, taking_in
from infra.price_work import PriceWork
from infra.queue import WorkQueue
from infra.shipment_work import shipments_api
from infra.stage import Stage, row_of
from infra.stock_work import StockWork
from shared.connectors.catalog import Kind

WAKERS = 4  # instants that may be busy at once
LEVEL_FACTS = ("stock#", "holds", "kits", "part#")  # how the sort keys of such facts begin
OTHER_FACTS = ("item#", "price#", "product#", "wake")
STREAMED = ("normalize", "derive", "derive-levels", "books", "listen", "notices")


class AppStack(Stack):
    def __init__(self, scope: Construct, name: str, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, name, env=stage.environment, stack_name=stage.name("app"))
        self._stage = stage
        self._data = data
        self._grants = Grants(stage, data)
        connections = stage.retailer.connections
        self.queues = {c.name: ConnectionQueues(self, c, stage) for c in connections}
        self.failures = WorkQueue(
            self, "stream-failures", stage, handled_within=Duration.seconds(30)
        )
        self.wakes = WorkQueue(self, "wake", stage, handled_within=WORK)
        self.work = [
            ConnectionWork(self, c, stage, grants=self._grants, queues=self.queues)
            for c in connections
        ]
        self.prices = PriceWork(self, stage, data, grants=self._grants, writes=self._writes())
        self.stock = StockWork(self, stage, data, grants=self._grants, reads=self._reads(Kind.ERP))
        asked = stage.retailer.notices
        self.notices = NoticeWork(self, stage, data, asked, grants=self._grants) if asked else None
        self.functions = [
            self._webhook(),
            self._normalize(),
            self._derive("derive", "targets", OTHER_FACTS),
            self._derive("derive-levels", "levels", LEVEL_FACTS),
            self._clock(),
            self._dead_letters(),
            self._sweep(),
            self._read_api(),
            self._ops_api(),
            self._reservations(),
            self._orders_api(),
            self._returns_api(),
            shipments_api(self, stage, self._grants, self._writes(Kind.CHANNEL)),
            *self._following(),
            *self.prices.functions,
            self.stock.taker,
            *taking_in(self, stage, data, self._told(), grants=self._grants),
            *(function for work in self.work for function in (work.reader, work.writer)),
        ]
        self.doors = self._doors(stage, data)
        for queue in (*self._work_queues(), self.failures):
            CfnOutput(self, f"Queue{titled(queue.name)}", value=queue.work.queue_url)

    def _doors(self, stage: Stage, data: DataStack) -> Doors:
        """Which function answers which routes."""
        by_id = {function.node.id: function for function in self.functions}
        return Doors(
            self,
            "Doors",
            stage,
            data,
            webhook=by_id["webhook"],
            answering={
                "Read": by_id["api-read"],
                "Ops": by_id["api-ops"],
                "Lookup": self.prices.lookup,
                "Prices": self.prices.taker,
                "Approvals": self.prices.approvals,
                "Movements": self.stock.taker,
                "Reservations": by_id["api-reservations"],
                "Orders": by_id["api-orders"],
                "Returns": by_id["api-returns"],
                "Shipments": by_id["api-shipments"],
            },
        )

    def every_queue(self) -> list[WorkQueue]:
        return [*self._work_queues(), self._data.imports, self.failures]

    def _work_queues(self) -> list[WorkQueue]:
        pairs = [(q.read, q.write) for q in self.queues.values()]
        mails = [self.notices.mails] if self.notices is not None else []
        own = (queue for pair in pairs for queue in pair)
        return [*own, *self._told(), self.wakes, *mails]

    def _told(self) -> list[NotificationQueue]:
        return [queues.told for queues in self.queues.values() if queues.told is not None]

    def _of(self, kind: Kind | None) -> list[ConnectionQueues]:
        connections = self._stage.retailer.connections
        return [self.queues[c.name] for c in connections if kind in {None, row_of(c).kind}]

    def _reads(self, kind: Kind | None = None) -> dict[str, WorkQueue]:
        return {q.read.name: q.read for q in self._of(kind)}

    def _writes(self, kind: Kind | None = None) -> dict[str, WorkQueue]:
        return {q.write.name: q.write for q in self._of(kind)}

    def _webhook(self) -> Function:
        doors = {
            c.name: {"door": row_of(c).door, "secret": self._grants.secret(c.name).secret_arn}
            for c in self._stage.retailer.connections
            if not row_of(c).sender
        }
        function = Function(
            self,
            "webhook",
            self._stage,
            handler="functions.ingest.webhook.handler",
            timeout=Duration.seconds(10),
            environment={
                "tables": {"inbox": self._data.tables["inbox"].table_name},
                "archive": self._data.archive.bucket_name,
                "doors": self.to_json_string(doors),
            },
        )
        self._grants.keep(function)
        self._grants.archive(function, "s3:PutObject")
        self._grants.unlock(function, doors)
        return function

    def _normalize(self) -> Function:
        rows = Rows(writes=("inbox", "issues"))
        function = Function(
            self,
            "normalize",
            self._stage,
            handler="functions.ingest.normalize.handler",
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in self._reads().items()},
                "archive": self._data.archive.bucket_name,
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, self._reads().values())
        self._grants.publish(function)
        self._grants.archive(function, "s3:PutObject", "s3:GetObject")
        state = {"S": lambda_.FilterRule.is_equal("received")}
        received = lambda_.FilterCriteria.filter({"dynamodb": {"NewImage": {"state": state}}})
        follow(function, self._data.tables["inbox"], self.failures, batch=25, filters=[received])
        return function

    def _derive(self, name: str, module: str, kinds: Sequence[str]) -> Function:
        """Two functions follow the facts, as many as a stream is good for; no row goes to both.

        An article that is new releases the orders that waited for it.
        """
        releases = kinds == OTHER_FACTS
        rows = Rows(
            reads=("orders",) if releases else (),
            writes=("facts", "targets", "issues", "control"),
            deletes=("control",),
        )
        sends = self._writes(Kind.CHANNEL) | {self.wakes.name: self.wakes}
        sends |= self._reads(Kind.CHANNEL) if releases else {}
        function = Function(
            self,
            name,
            self._stage,
            handler=f"functions.derive.{module}.handler",
            memory_mb=1024,
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in sends.items()},
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, sends.values())
        self._grants.publish(function)
        rows_of = {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": kind} for kind in kinds]}}}}
        filters = [lambda_.FilterCriteria.filter(rows_of)]
        follow(function, self._data.tables["facts"], self.failures, batch=100, filters=filters)
        return function

    def _following(self) -> Sequence[Function]:
        """What looks at orders as they change, where the retailer asks for it."""
        found, retailer = [], self._stage.retailer
        if retailer.books is not None:
            found.append(self._follower("books", minutes=30, lanes=("control",)))
        if retailer.silence is not None:
            found.append(self._follower("listen", minutes=5))
        if self.notices is not None:
            self.notices.follow(self.failures)
            found.append(self.notices.teller)
        return found

    def _follower(self, name: str, *, minutes: int, lanes: tuple[str, ...] = ()) -> Function:
        rows = Rows(reads=("orders",), writes=("control", "issues"), lanes=lanes)
        function = Function(
            self,
            name,
            self._stage,
            handler=f"functions.orders.{name}.handler",
            environment={"tables": self._grants.names(rows), "bus": self._grants.bus_name},
        )
        self._grants.rows(function, rows)
        self._grants.publish(function)
        follow(function, self._data.tables["orders"], self.failures, batch=100)
        beat(function, self._stage, self.failures, minutes=minutes)
        return function

    def _clock(self) -> Function:
        rows = Rows(writes=("facts",), lanes=("facts",))
        sends = {self.wakes.name: self.wakes} | self._writes(Kind.CHANNEL)
        function = Function(
            self,
            "clock",
            self._stage,
            handler="functions.derive.clock.handler",
            timeout=WORK,
            loops=True,
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in sends.items()},
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, sends.values())
        function.add_event_source(
            sources.SqsEventSource(
                self.wakes.work,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=WAKERS,
            )
        )
        beat(function, self._stage, self.failures)
        return function

    def _sweep(self) -> Function:
        rows = Rows(
            reads=("links",),
            writes=("facts", "orders", "issues", "control"),
            lanes=("targets", "orders", "facts"),
            draws=("control",),
        )
        sent = self._writes() | self._reads(Kind.CHANNEL)
        function = Function(
            self,
            "sweep",
            self._stage,
            handler="functions.ops.sweep.handler",
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in sent.items()},
                "archive": self._data.archive.bucket_name,
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.recorded(function)
        self._grants.send(function, sent.values())
        self._grants.publish(function)
        beat(function, self._stage, self.failures)
        return function

    def _dead_letters(self) -> Function:
        rows = Rows(writes=("issues",))
        function = Function(
            self,
            "dead-letters",
            self._stage,
            handler="functions.ops.dead_letters.handler",
            environment={
                "tables": self._grants.names(rows),
                "bus": self._grants.bus_name,
                "prefix": self._stage.prefix,
            },
        )
        self._grants.rows(function, rows)
        self._grants.publish(function)
        letters = [queue.dead for queue in self.every_queue()]
        for queue in (*letters, self.failures.work):
            function.add_event_source(
                sources.SqsEventSource(queue, batch_size=10, report_batch_item_failures=True)
            )
        return function

    def _read_api(self) -> Function:
        rows = Rows(
            reads=("facts", "targets", "orders", "links", "control"), lanes=("issues", "targets")
        )
        function = Function(
            self,
            "api-read",
            self._stage,
            handler="functions.read.api.handler",
            environment={
                "tables": self._grants.names(rows),
                "archive": self._data.archive.bucket_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.journal(function, reads=True)
        return function

    def _reservations(self) -> Function:
        rows = Rows(writes=("facts", "orders", "control"), draws=("control",))
        function = Function(
            self,
            "api-reservations",
            self._stage,
            handler="functions.orders.reservations.handler",
            timeout=Duration.seconds(10),
            memory_mb=1024,
            environment={"tables": self._grants.names(rows)},
        )
        self._grants.rows(function, rows)
        return function

    def _orders_api(self) -> Function:
        rows = Rows(
            reads=("links",), writes=("facts", "orders", "issues", "control"), deletes=("orders",)
        )
        function = Function(
            self,
            "api-orders",
            self._stage,
            handler="functions.orders.api.handler",
            timeout=Duration.seconds(10),
            memory_mb=1024,
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in self._writes().items()},
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, self._writes().values())
        self._grants.publish(function)
        return function

    def _returns_api(self) -> Function:
        rows = Rows(writes=("facts", "orders", "issues", "control"))
        sends = self._writes()
        function = Function(
            self,
            "api-returns",
            self._stage,
            handler="functions.orders.returns.handler",
            timeout=Duration.seconds(10),
            memory_mb=1024,
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in sends.items()},
                "archive": self._data.archive.bucket_name,
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, sends.values())
        self._grants.publish(function)
        self._grants.journal(function)
        return function

    def _ops_api(self) -> Function:
        rows = Rows(reads=("orders", "facts"), writes=("issues", "inbox", "links"))
        sends = self._reads() | self._writes() | {self._data.imports.name: self._data.imports}
        if self.notices is not None:
            sends |= {self.notices.mails.name: self.notices.mails}
        function = Function(
            self,
            "api-ops",
            self._stage,
            handler="functions.ops.api.handler",
            environment={
                "tables": self._grants.names(rows),
                "queues": {n: q.work.queue_url for n, q in sends.items()},
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, sends.values())
        self._grants.publish(function)
        return function
