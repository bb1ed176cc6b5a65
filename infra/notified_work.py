"""Queues that vendors deliver to, and the one function that takes in what lies there."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.data_stack import DataStack
from infra.function import Function
from infra.grants import Grants
from infra.queue import WorkQueue
from infra.stage import Stage, row_of
from shared.model.retailer import Connection

TAKEN_IN = Duration.seconds(10)
TAKERS = 2  # of a queue at once: a notification takes a write, and a vendor sends few


class NotificationQueue(WorkQueue):
    """One connection's. Its vendor's AWS account may send to it; whatever else may is ours.

    Encrypted with the keys of SQS, since with a key of KMS the account would have to be let at that
    too. Amazon asks to see the queue's attributes as well.
    """

    def __init__(self, scope: Construct, connection: Connection, stage: Stage) -> None:
        super().__init__(scope, f"{connection.name}-notifications", stage, handled_within=TAKEN_IN)
        self.connection = connection
        self.work.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.AccountPrincipal(row_of(connection).sender)],
                actions=["sqs:GetQueueAttributes", "sqs:SendMessage"],
                resources=[self.work.queue_arn],
            )
        )


def taking_in(
    scope: Construct,
    stage: Stage,
    data: DataStack,
    queues: Sequence[NotificationQueue],
    *,
    grants: Grants,
) -> list[Function]:
    """What keeps notifications, if there may be any, in the inbox: there they are as webhooks."""
    if not queues:
        return []
    taker = Function(
        scope,
        "notified",
        stage,
        handler="functions.ingest.notified.handler",
        timeout=TAKEN_IN,
        environment={
            "tables": {"inbox": data.tables["inbox"].table_name},
            "archive": data.archive.bucket_name,
            "doors": {q.connection.name: row_of(q.connection).door for q in queues},
            "prefix": stage.prefix,
        },
    )
    grants.keep(taker)
    grants.archive(taker, "s3:PutObject")
    for queue in queues:
        taker.add_event_source(
            sources.SqsEventSource(
                queue.work,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=TAKERS,
            )
        )
    return [taker]
