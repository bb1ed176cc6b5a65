"""Permissions, given exactly and in one place."""

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.data_stack import DataStack
from infra.nag import acknowledge
from infra.queue import WorkQueue
from infra.stage import Stage
from shared.model.notices import NoticeRules

READ = ("dynamodb:BatchGetItem", "dynamodb:Query")
WRITE = ("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem")
DELETE = ("dynamodb:DeleteItem",)
LOOK = ("dynamodb:Query",)
DRAW = ("dynamodb:UpdateItem",)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a function does to which tables.

    What it writes it reads too, because every write names the revision it read; what it deletes
    it writes too. `lanes` are the tables whose index of things to do it looks through.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.reads, *self.writes, *self.lanes, *self.draws)))


class Grants:
    def __init__(self, stage: Stage, data: DataStack) -> None:
        self._stage = stage
        self._data = data

    @property
    def bus_name(self) -> str:
        return self._data.bus.event_bus_name

    def names(self, rows: Rows) -> dict[str, str]:
        return {table: self._data.tables[table].table_name for table in rows.tables}

    def secret(self, connection: str) -> secretsmanager.Secret:
        return self._data.secrets[connection]

    def rows(self, function: lambda_.Function, rows: Rows) -> None:
        for table in (*rows.reads, *rows.writes):
            self._table(function, READ, table)
        for table in rows.writes:
            self._table(function, WRITE, table)
        for table in rows.deletes:
            self._table(function, DELETE, table)
        for table in rows.draws:
            self._table(function, DRAW, table)
        for table in rows.lanes:
            self._table(function, LOOK, table, within="/index/due")

    def _table(
        self, function: lambda_.Function, actions: Iterable[str], table: str, *, within: str = ""
    ) -> None:
        arn = f"{self._data.tables[table].table_arn}{within}"
        _allow(function, actions, [arn])

    def keep(self, function: lambda_.Function) -> None:
        """The door's one write: a delivery nobody has kept yet."""
        self._table(function, ["dynamodb:PutItem"], "inbox")

    def send(self, function: lambda_.Function, queues: Iterable[WorkQueue]) -> None:
        _allow(function, ["sqs:SendMessage"], [queue.work.queue_arn for queue in queues])

    def publish(self, function: lambda_.Function) -> None:
        _allow(function, ["events:PutEvents"], [self._data.bus.event_bus_arn])

    def mail(self, function: lambda_.Function, rules: NoticeRules) -> None:
        """Mail as one sender, from the identity that was verified for it."""
        ours = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        arns = [f"{ours}:identity/{rules.verified}"]
        if rules.configuration_set is not None:
            arns.append(f"{ours}:configuration-set/{rules.configuration_set}")
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["ses:SendEmail"],
                resources=arns,
                conditions={"StringEquals": {"ses:FromAddress": rules.sender}},
            )
        )

    def unlock(self, function: lambda_.Function, connections: Iterable[str]) -> None:
        arns = [self.secret(connection).secret_arn for connection in connections]
        _allow(function, ["secretsmanager:GetSecretValue"], arns)

    def archive(self, function: lambda_.Function, *actions: str) -> None:
        why = "raw bodies are named after their delivery"
        self._under(function, actions, "archive", "raw", why)

    def journal(self, function: lambda_.Function, *, reads: bool = False) -> None:
        """Write what was recorded, or read it in the order of its names."""
        why = "the journal's pieces are named after their instant"
        action = "s3:GetObject" if reads else "s3:PutObject"
        self._under(function, [action], "archive", "ledger", why)
        if reads:
            self.recorded(function)

    def recorded(self, function: lambda_.Function) -> None:
        """See when what was recorded, and nothing of it."""
        bucket = f"arn:{Aws.PARTITION}:s3:::{self._bucket('archive')}"
        _allow(function, ["s3:ListBucket"], [bucket])

    def files(self, function: lambda_.Function) -> None:
        """Read what is dropped, write reports beside it; listing makes what is gone a 404."""
        why = "files are named by those who drop them"
        self._under(function, ["s3:GetObject"], "files", "drop", why)
        self._under(function, ["s3:GetObject", "s3:PutObject"], "files", "report", why)
        _allow(function, ["s3:ListBucket"], [f"arn:{Aws.PARTITION}:s3:::{self._bucket('files')}"])

    def drop(self, function: lambda_.Function) -> None:
        """Put down a file for the importer."""
        why = "what is posted and held is named after its caller's key"
        self._under(function, ["s3:PutObject"], "files", "drop", why)

    def _bucket(self, name: str) -> str:
        return f"{self._stage.name(name)}-{Aws.ACCOUNT_ID}"

    def _under(
        self,
        function: lambda_.Function,
        actions: Iterable[str],
        bucket: str,
        prefix: str,
        why: str,
    ) -> None:
        """Everything under a prefix; the wildcard is accounted for."""
        arn = f"arn:{Aws.PARTITION}:s3:::{self._bucket(bucket)}/{prefix}/*"
        _allow(function, actions, [arn])
        shown = arn.replace(Aws.PARTITION, "<AWS::Partition>")
        shown = shown.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
        if function.role is not None:
            acknowledge(function.role, {f"IAM5[Resource::{shown}]": why})


def _allow(function: lambda_.Function, actions: Iterable[str], resources: list[str]) -> None:
    function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=resources))
