"""Read queue of one connection: polls, re-reads that hints asked for, held orders, comparisons."""

from importlib import import_module
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.capturing import capture
from functions.runtime import Body, each_message, out_of_time
from shared.flows import keys
from shared.flows.billing import Bills
from shared.flows.books import Books
from shared.flows.cases import Cases
from shared.flows.payouts import Payouts
from shared.flows.promises import Promises
from shared.flows.read import Reader
from shared.flows.returns import ErpReturns
from shared.flows.shipments import Shipments
from shared.model.books import BookRules
from shared.ports import Table
from shared.settings import Settings as Base

LOOKING: Final = "functions.ingest.looking"
"""What is asked for now and then, and so is imported when it is."""


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
        capture=capture(),
        shipments=Shipments(connection=name, bus=bootstrap.bus(), cases=cases, **common),
        returns=ErpReturns(connection=name, bus=bootstrap.bus(), cases=cases, **common),
        promises=Promises(
            connection=name,
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            bus=bootstrap.bus(),
            cases=cases,
            clock=bootstrap.clock,
        ),
        bills=Bills(
            connection=name,
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            bus=bootstrap.bus(),
            cases=cases,
            clock=bootstrap.clock,
        ),
        payouts=Payouts(name, books(cases), bootstrap.queues()),
        **common,
    )


def books(cases: Cases) -> Books:
    retailer = bootstrap.retailer()
    return Books(
        store=bootstrap.store(),
        cases=cases,
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=retailer,
        rules=retailer.books or BookRules(),
    )


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    stop = out_of_time(context)
    queue = keys.read_queue(bootstrap.environment().connection)

    def handle(body: Body) -> None:
        if "compare" in body or "hooks" in body:
            import_module(LOOKING).handle(body, stop)
        else:
            reader().handle(body, out_of_time=stop)

    return each_message(event, handle, queue=queue)
