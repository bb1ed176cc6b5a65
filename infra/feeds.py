"""What makes a function run by itself: a table that changes, a clock that beats."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources

from infra.function import Function
from infra.queue import TRIES, WorkQueue
from infra.stage import Stage


def follow(
    function: Function,
    table: dynamodb.ITable,
    failures: WorkQueue,
    *,
    batch: int,
    filters: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Hand over what changes in a table; what cannot be handled is told by `failures`."""
    function.add_event_source(
        sources.DynamoEventSource(
            table,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch,
            bisect_batch_on_error=True,
            retry_attempts=TRIES,
            max_record_age=Duration.hours(24),
            on_failure=sources.SqsDlq(failures.work),
            filters=list(filters) or None,
        )
    )


def beat(function: Function, stage: Stage, failures: WorkQueue, *, minutes: int = 1) -> None:
    """A failed beat is not tried again: the next one finds the same work. It is told."""
    function.configure_async_invoke(
        retry_attempts=0,
        max_event_age=Duration.minutes(1),
        on_failure=destinations.SqsDestination(failures.work),
    )
    events.Rule(
        Stack.of(function),
        f"Minute-{function.node.id}",
        rule_name=stage.name("minute", function.node.id),
        schedule=events.Schedule.rate(Duration.minutes(minutes)),
        targets=[
            targets.LambdaFunction(function, dead_letter_queue=failures.dead, retry_attempts=1)
        ],
    )
