"""Write queue of one ERP: orders posted exactly once, changed, what comes back, and refunds."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.orders.draining import by_itself, one_turn
from functions.runtime import Body, each_message, named, out_of_time
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


def ports() -> dict[str, Any]:
    """What flows that write to the ERP are made of, by the names of their fields."""
    name = bootstrap.environment().connection
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    return {
        "connection": name,
        "erp": bootstrap.connector(name),
        "cases": Cases(store, clock, retailer),
        "store": store,
        "queues": bootstrap.queues(),
        "bus": bootstrap.bus(),
        "issues": bootstrap.issues(),
        "clock": clock,
        "retailer": retailer,
        "settle": retailer.connection(name).settle,
    }


def made[F](flow: Callable[..., F], known: Mapping[str, Any], **more: Any) -> F:
    """The flow with what it asks for."""
    said = {**known, **more}
    wanted = {one.name for one in fields(flow)}  # type: ignore[arg-type] # every flow is one
    return flow(**{name: port for name, port in said.items() if name in wanted})


def sender() -> Sender:
    known = ports()
    return made(Sender, known, customers=made(Customers, known))


def amender() -> Amender:
    return made(Amender, ports())


def withdrawing() -> Any:
    from shared.flows.withdrawing import Withdrawing  # noqa: PLC0415 - when a person asks for it

    return made(Withdrawing, ports())


def authorising() -> Authorising:
    return made(Authorising, ports())


def crediting() -> Crediting:
    known = ports()
    return made(Crediting, known, returns=made(ErpReturns, known))


def look_for_duplicates(sending: Sender, order_id: str) -> None:
    """Of all that was sent twice of an order, unless something may still land: then it is later."""
    if sending.check_duplicates(order_id):
        authorising().check_duplicates(order_id)
        crediting().check_duplicates(order_id)


def bring(sending: Sender, body: Body) -> None:
    """An order, and all that is known of it since, into the ERP."""
    again = body.get("retry") == "rejected"
    if sending.send(body["case"], retry_rejected=again):
        anew = body.get("retry") == "amounts"
        amender().amend(body["case"], retry_rejected=again, anew=anew)
        authorising().ask(body["case"], retry_rejected=again)
        crediting().credit(body["case"], retry_rejected=again)


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    queue = keys.write_queue(bootstrap.environment().connection)

    @cache
    def sending() -> Sender:
        """Made when it is first needed: what fails then fails one message only."""
        made = sender()
        made.look(named(event, "case"))
        return made

    def handle(body: Body) -> None:
        if "drain" in body:
            from shared.flows.drain import Drain  # noqa: PLC0415 - after an outage alone

            drain = made(Drain, ports(), sender=sending(), send=by_itself(handle, queue))
            drain.turn(int(body["drain"]), body["turn"], out_of_time=out_of_time(context))
        if "case" not in body:
            return
        if body.get("repair") == keys.DUPLICATES:
            withdrawing().repair(body["case"], by=body.get("by", ""))
        elif body.get("check") == keys.DUPLICATES:
            look_for_duplicates(sending(), body["case"])
        else:
            bring(sending(), body)

    failed = each_message(one_turn(event, queue), handle, queue=queue)
    if sending.cache_info().currsize:
        sending().trailing.finish()
    return failed
