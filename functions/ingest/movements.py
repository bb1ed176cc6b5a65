"""POST /v1/movements: what a source moved or counted, each line answered."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, caller, refusal, text_of
from shared.errors import RejectedError
from shared.flows import calls
from shared.flows.ledger import Ledger
from shared.flows.movement_calls import MovementCalls
from shared.kit.cloudevents import from_headers
from shared.kit.records.jsons import decoded
from shared.ports import Table
from shared.settings import Settings as Base

STATUS: Final = {
    calls.NO_KEY: 400,
    calls.MALFORMED: 400,
    calls.NOT_THE_OWNER: 403,
    calls.KEY_REUSED: 409,
}


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
    headers = event.get("headers", {})
    try:
        said = from_headers(headers, decoded(text_of(event)))
    except ValueError:
        return refusal(400, "body", "", "send one JSON object in UTF-8")
    made = MovementCalls(
        ledger(), bootstrap.store(), bootstrap.issues(), bootstrap.clock, bootstrap.retailer()
    )
    key = headers.get("idempotency-key", "")
    query = event.get("queryStringParameters") or {}
    try:
        found = made.take(said, caller=caller(event), key=key, connection=query.get("connection"))
    except RejectedError as error:
        if error.code not in STATUS:
            raise
        return refusal(STATUS[error.code], error.field or "", error.value, error.remedy or "")
    return answer(200, found)


ROUTES = {"POST /v1/movements": post}


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
