"""A work queue with its dead letters, which become exceptions, and the alarms on both."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.stage import Stage

TRIES = 20  # waiting for a vendor is not a try; this is the backstop for bugs
DEAD = "dead"


class WorkQueue(Construct):
    """`work` and `dead`; the dead-letter queue is named after its queue with `-dead`."""

    def __init__(
        self, scope: Construct, name: str, stage: Stage, *, handled_within: Duration
    ) -> None:
        super().__init__(scope, name)
        self.name = name
        self.dead = sqs.Queue(
            self,
            "Dead",
            queue_name=stage.name(name, DEAD),
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.minutes(3),
        )
        self.work = sqs.Queue(
            self,
            "Work",
            queue_name=stage.name(name),
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(handled_within.to_seconds() * 6),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=TRIES),
        )
