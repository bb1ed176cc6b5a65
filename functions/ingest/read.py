"""Read queue of one connection: polls, re-reads that hints asked for, held orders looked at."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import each_message, out_of_time
from shared.flows import keys
from shared.flows.capture import Capture
from shared.flows.cases import Cases
from shared.flows.read import Reader
from shared.flows.shipments import Shipments
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    connection: str
    tables: dict[Table, str]
    queues: dict[str, str]
    secrets: dict[str, str]
    bus: str


def reader() -> Reader:
    name = bootstrap.environment().connection
    cases = Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer())
    common: dict[str, Any] = {
        "store": bootstrap.store(),
        "queues": bootstrap.queues(),
        "issues": bootstrap.issues(),
        "clock": bootstrap.clock,
        "retailer": bootstrap.retailer(),
    }
    return Reader(
        connection=name,
        source=bootstrap.connector(name),
        capture=Capture(bus=bootstrap.bus(), cases=cases, **common),
        shipments=Shipments(connection=name, bus=bootstrap.bus(), cases=cases, **common),
        **common,
    )


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    stop = out_of_time(context)
    queue = keys.read_queue(bootstrap.environment().connection)
    return each_message(event, lambda body: reader().handle(body, out_of_time=stop), queue=queue)
