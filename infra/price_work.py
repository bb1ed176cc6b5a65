"""Files in, prices in by call, prices and availability out: what all connections share."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.data_stack import IMPORT_WITHIN, DataStack
from infra.function import Function
from infra.grants import Grants, Rows
from infra.queue import WorkQueue
from infra.stage import Stage

FILES_AT_ONCE = 4


class PriceWork(Construct):
    """`writes` are the queues of those who are told of orders that files bring."""

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        data: DataStack,
        *,
        grants: Grants,
        writes: Mapping[str, WorkQueue],
    ) -> None:
        super().__init__(scope, "Prices")
        self._writes = writes
        self._stage = stage
        self._data = data
        self._grants = grants
        self.importer = self._importer()
        self.taker = self._taker()
        self.approvals = self._approvals()
        self.lookup = self._rows_only(
            "api-lookup", "functions.read.lookup.handler", Rows(reads=("targets",))
        )

    @property
    def functions(self) -> Sequence[Function]:
        return self.importer, self.taker, self.approvals, self.lookup

    def _importer(self) -> Function:
        rows = Rows(
            reads=("links",),
            writes=("facts", "orders", "issues", "control"),
            deletes=("control", "orders"),
        )
        queue = self._data.imports
        queues = {queue.name: queue, **self._writes}
        function = Function(
            self,
            "import-file",
            self._stage,
            handler="functions.ingest.import_file.handler",
            timeout=IMPORT_WITHIN,
            memory_mb=1024,
            loops=True,
            environment={
                "tables": self._grants.names(rows),
                "queues": {name: each.work.queue_url for name, each in queues.items()},
                "files": self._data.files.bucket_name,
                "archive": self._data.archive.bucket_name,
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, queues.values())
        self._grants.publish(function)
        self._grants.files(function)
        self._grants.journal(function)
        function.add_event_source(
            sources.SqsEventSource(
                queue.work,
                batch_size=1,
                report_batch_item_failures=True,
                max_concurrency=FILES_AT_ONCE,
            )
        )
        return function

    def _taker(self) -> Function:
        rows = Rows(writes=("facts", "control"))
        function = Function(
            self,
            "api-prices",
            self._stage,
            handler="functions.ingest.prices.handler",
            environment={
                "tables": self._grants.names(rows),
                "files": self._data.files.bucket_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.drop(function)
        return function

    def _approvals(self) -> Function:
        rows = Rows(writes=("facts", "targets", "issues", "control"), deletes=("control",))
        queue = self._data.imports
        function = Function(
            self,
            "api-approvals",
            self._stage,
            handler="functions.ops.approvals.handler",
            environment={
                "tables": self._grants.names(rows),
                "queues": {queue.name: queue.work.queue_url},
                "bus": self._grants.bus_name,
            },
        )
        self._grants.rows(function, rows)
        self._grants.send(function, [queue])
        self._grants.publish(function)
        return function

    def _rows_only(self, name: str, handler: str, rows: Rows) -> Function:
        """A function that answers from the tables and does nothing else."""
        function = Function(
            self,
            name,
            self._stage,
            handler=handler,
            environment={"tables": self._grants.names(rows)},
        )
        self._grants.rows(function, rows)
        return function
