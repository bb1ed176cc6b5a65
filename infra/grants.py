"""Permissions, given exactly and in one place."""

from collections.abc import Iterable

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.data_stack import INDEXED, DataStack
from infra.nag import acknowledge
from infra.queue import WorkQueue
from infra.stage import Stage

READ = ("dynamodb:BatchGetItem", "dynamodb:Query")
WRITE = (
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
)


class Grants:
    def __init__(self, stage: Stage, data: DataStack) -> None:
        self._stage = stage
        self._data = data

    @property
    def bus_name(self) -> str:
        return self._data.bus.event_bus_name

    def names(self, tables: Iterable[str]) -> dict[str, str]:
        return {table: self._data.tables[table].table_name for table in tables}

    def secret(self, connection: str) -> secretsmanager.Secret:
        return self._data.secrets[connection]

    def rows(
        self, function: lambda_.Function, tables: Iterable[str], *, reads_only: bool = False
    ) -> None:
        actions = READ if reads_only else (*READ, *WRITE)
        for table in tables:
            made = self._data.tables[table]
            arns = [made.table_arn]
            if table in INDEXED:
                arns.append(f"{made.table_arn}/index/due")
            function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=arns))

    def send(self, function: lambda_.Function, queues: Iterable[WorkQueue]) -> None:
        arns = [queue.work.queue_arn for queue in queues]
        function.add_to_role_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=arns)
        )

    def publish(self, function: lambda_.Function) -> None:
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["events:PutEvents"], resources=[self._data.bus.event_bus_arn]
            )
        )

    def archive(self, function: lambda_.Function, *actions: str) -> None:
        name = f"{self._stage.name('archive')}-{Aws.ACCOUNT_ID}"
        raw = f"arn:{Aws.PARTITION}:s3:::{name}/raw/*"
        function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=[raw]))
        shown = raw.replace(Aws.PARTITION, "<AWS::Partition>")
        shown = shown.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
        if function.role is not None:
            why = {f"IAM5[Resource::{shown}]": "raw bodies are named after their delivery"}
            acknowledge(function.role, why)
