"""Write queue of one ERP: orders posted exactly once, changed, what comes back, and refunds."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import Body, each_message, named
from shared.flows import keys
from shared.flows.amend import Amender
from shared.flows.cases import Cases
from shared.flows.credits import Crediting
from shared.flows.customers import Customers
from shared.flows.returns import Authorising, ErpReturns
from shared.flows.send import Sender
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    connection: str
    tables: dict[Table, str]
    queues: dict[str, str]
    secrets: dict[str, str]
    bus: str


def sender() -> Sender:
    name = bootstrap.environment().connection
    return Sender(
        connection=name,
        erp=bootstrap.connector(name),
        cases=Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer()),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        bus=bootstrap.bus(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        settle=bootstrap.retailer().connection(name).settle,
        customers=customers(),
    )


def customers() -> Customers:
    name = bootstrap.environment().connection
    return Customers(
        connection=name,
        erp=bootstrap.connector(name),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        settle=bootstrap.retailer().connection(name).settle,
    )


def amender() -> Amender:
    name = bootstrap.environment().connection
    return Amender(
        connection=name,
        erp=bootstrap.connector(name),
        cases=Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer()),
        bus=bootstrap.bus(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        settle=bootstrap.retailer().connection(name).settle,
    )


def authorising() -> Authorising:
    name = bootstrap.environment().connection
    return Authorising(
        connection=name,
        erp=bootstrap.connector(name),
        cases=Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer()),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        settle=bootstrap.retailer().connection(name).settle,
    )


def crediting() -> Crediting:
    name = bootstrap.environment().connection
    cases = Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer())
    return Crediting(
        connection=name,
        erp=bootstrap.connector(name),
        cases=cases,
        returns=ErpReturns(
            connection=name,
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            bus=bootstrap.bus(),
            issues=bootstrap.issues(),
            cases=cases,
            clock=bootstrap.clock,
            retailer=bootstrap.retailer(),
        ),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        bus=bootstrap.bus(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        settle=bootstrap.retailer().connection(name).settle,
    )


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    del context

    @cache
    def sending() -> Sender:
        """Made when it is first needed: what fails then fails one message only."""
        made = sender()
        made.look(named(event, "case"))
        return made

    def handle(body: Body) -> None:
        if "case" not in body:
            return
        again = body.get("retry") == "rejected"
        if body.get("check") == "duplicates":
            sending().check_duplicates(body["case"])
        elif sending().send(body["case"], retry_rejected=again):
            amender().amend(body["case"], retry_rejected=again)
            authorising().ask(body["case"], retry_rejected=again)
            crediting().credit(body["case"], retry_rejected=again)

    queue = keys.write_queue(bootstrap.environment().connection)
    failed = each_message(event, handle, queue=queue)
    if sending.cache_info().currsize:
        sending().trailing.finish()
    return failed
