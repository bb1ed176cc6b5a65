"""/v1/returns: what may be sent back, what came of it, and where any return stands."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import STATUS, Answer, answer, caller, named, not_found, posted
from shared.flows.cases import Cases
from shared.flows.ledger import Ledger
from shared.flows.return_calls import NOT_KNOWN, ReturnCalls
from shared.ports import Table
from shared.settings import Settings as Base

ID_MAX: Final = 100
_STATUS: Final = {**STATUS, NOT_KNOWN: 404}


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    archive: str
    bus: str


def made() -> ReturnCalls:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    queues, issues = bootstrap.queues(), bootstrap.issues()
    return ReturnCalls(
        store=store,
        queues=queues,
        bus=bootstrap.bus(),
        issues=issues,
        cases=Cases(store, clock, retailer),
        ledger=Ledger(store, bootstrap.journal(), queues, issues, clock, retailer),
        clock=clock,
        retailer=retailer,
    )


def post(event: dict[str, Any]) -> Answer:
    grant = made().grant
    return posted(
        event,
        lambda said, key: answer(201, grant(said, caller=caller(event), key=key)),
        status=_STATUS,
    )


def receive(event: dict[str, Any]) -> Answer:
    name = named(event, "return_id")
    if len(name) > ID_MAX:
        return not_found("return_id", name[:ID_MAX])
    taken = made().receive
    return posted(
        event,
        lambda said, key: answer(201, taken(said, name, caller=caller(event), key=key)),
        status=_STATUS,
    )


def find(event: dict[str, Any]) -> Answer:
    name = named(event, "return_id")
    found = made().find(name) if len(name) <= ID_MAX else None
    return not_found("return_id", name[:ID_MAX]) if found is None else answer(200, found)


ROUTES = {
    "POST /v1/returns": post,
    "POST /v1/returns/{return_id}/receipts": receive,
    "GET /v1/returns/{return_id}": find,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
