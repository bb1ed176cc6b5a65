"""/v1/returns and /v1/refunds: what may be sent back, what came of it, and money given back."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import STATUS, Answer, answer, caller, named, not_found, posted
from shared.connectors.catalog import CATALOG
from shared.domain.asked_refunds import EXCEEDS
from shared.flows.calls import NOT_KNOWN
from shared.flows.cases import Cases
from shared.flows.ledger import Ledger
from shared.flows.refund_calls import RefundCalls
from shared.flows.return_calls import ReturnCalls
from shared.ports import Table
from shared.settings import Settings as Base

ID_MAX: Final = 100
_STATUS: Final = {**STATUS, NOT_KNOWN: 404, EXCEEDS: 409}


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


def refunds() -> RefundCalls:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    return RefundCalls(
        store=store,
        queues=bootstrap.queues(),
        cases=Cases(store, clock, retailer),
        clock=clock,
        retailer=retailer,
        refunding=frozenset(c.name for c in retailer.connections if CATALOG[c.system].refunds),
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


def give_back(event: dict[str, Any]) -> Answer:
    taken = refunds().take
    return posted(
        event,
        lambda said, key: answer(201, taken(said, caller=caller(event), key=key)),
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
    "POST /v1/refunds": give_back,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
