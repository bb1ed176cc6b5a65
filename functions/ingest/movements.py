"""POST /v1/movements: what a source moved or counted, each line answered."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, caller, posted
from functions.returning import returned
from shared.flows.ledger import Ledger
from shared.flows.movement_calls import MovementCalls
from shared.kit.cloudevents import from_headers
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    archive: str
    bus: str


def ledger() -> Ledger:
    return Ledger(
        store=bootstrap.store(),
        journal=bootstrap.journal(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
    )


def post(event: dict[str, Any]) -> Answer:
    store, issues, clock = bootstrap.store(), bootstrap.issues(), bootstrap.clock
    made = MovementCalls(ledger(), store, issues, clock, bootstrap.retailer(), returned())
    connection = (event.get("queryStringParameters") or {}).get("connection")

    def take(said: object, key: str) -> Answer:
        told = from_headers(event.get("headers", {}), said)
        return answer(200, made.take(told, caller=caller(event), key=key, connection=connection))

    return posted(event, take)


ROUTES = {"POST /v1/movements": post}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
