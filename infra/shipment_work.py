"""Shipments in by call: what every warehouse beside an ERP shares."""

from collections.abc import Mapping

from aws_cdk import Duration
from constructs import Construct

from infra.function import Function
from infra.grants import Grants, Rows
from infra.queue import WorkQueue
from infra.stage import Stage


def shipments_api(
    scope: Construct, stage: Stage, grants: Grants, writes: Mapping[str, WorkQueue]
) -> Function:
    """`writes` are the queues of the channels that are told."""
    rows = Rows(reads=("links",), writes=("facts", "orders", "issues", "control"))
    function = Function(
        scope,
        "api-shipments",
        stage,
        handler="functions.orders.shipments.handler",
        timeout=Duration.seconds(10),
        memory_mb=1024,
        environment={
            "tables": grants.names(rows),
            "queues": {name: queue.work.queue_url for name, queue in writes.items()},
            "bus": grants.bus_name,
        },
    )
    grants.rows(function, rows)
    grants.send(function, writes.values())
    grants.publish(function)
    return function
