"""Mails to customers: who sends them as orders change, and the queue a replay comes by."""

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.data_stack import DataStack
from infra.feeds import beat, follow
from infra.function import Function
from infra.grants import Grants, Rows
from infra.queue import WorkQueue
from infra.stage import Stage
from shared.model.notices import NoticeRules

SOON = Duration.seconds(30)


class NoticeWork(Construct):
    """Made only for a retailer who asks for notices."""

    def __init__(
        self, scope: Construct, stage: Stage, data: DataStack, rules: NoticeRules, *, grants: Grants
    ) -> None:
        super().__init__(scope, "Notices")
        self._stage = stage
        self._orders = data.tables["orders"]
        self.mails = WorkQueue(self, "mail", stage, handled_within=SOON)
        rows = Rows(reads=("orders",), writes=("control", "issues"), lanes=("control",))
        self.teller = Function(
            self,
            "notices",
            stage,
            handler="functions.orders.notices.handler",
            timeout=SOON,
            environment={
                "tables": grants.names(rows),
                "queues": {self.mails.name: self.mails.work.queue_url},
                "bus": grants.bus_name,
            },
        )
        grants.rows(self.teller, rows)
        grants.send(self.teller, [self.mails])
        grants.publish(self.teller)
        grants.mail(self.teller, rules)

    def follow(self, failures: WorkQueue) -> None:
        """Run as orders change, each minute, and for every replay."""
        follow(self.teller, self._orders, failures, batch=100)
        beat(self.teller, self._stage, failures)
        self.teller.add_event_source(
            sources.SqsEventSource(self.mails.work, batch_size=10, report_batch_item_failures=True)
        )
