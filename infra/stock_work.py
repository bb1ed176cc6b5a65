"""Movements in by call: what every source of stock shares."""

from collections.abc import Mapping

from constructs import Construct

from infra.data_stack import DataStack
from infra.function import Function
from infra.grants import Grants, Rows
from infra.queue import WorkQueue
from infra.stage import Stage


class StockWork(Construct):
    """`reads` are the queues of those who are read again when a movement of theirs is told."""

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        data: DataStack,
        *,
        grants: Grants,
        reads: Mapping[str, WorkQueue],
    ) -> None:
        super().__init__(scope, "Stock")
        rows = Rows(reads=("links",), writes=("facts", "orders", "issues", "control"))
        self.taker = Function(
            self,
            "api-movements",
            stage,
            handler="functions.ingest.movements.handler",
            memory_mb=1024,
            environment={
                "tables": grants.names(rows),
                "queues": {name: queue.work.queue_url for name, queue in reads.items()},
                "archive": data.archive.bucket_name,
                "bus": grants.bus_name,
            },
        )
        grants.rows(self.taker, rows)
        grants.send(self.taker, reads.values())
        grants.publish(self.taker)
        grants.journal(self.taker)
