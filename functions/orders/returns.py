"""/v1/returns: what may be sent back, what came of it, and where any return stands."""

from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, caller, named, not_found, refusal, text_of
from shared.errors import RejectedError, RetryableError
from shared.flows import calls
from shared.flows.cases import Cases
from shared.flows.ledger import Ledger
from shared.flows.return_calls import NOT_KNOWN, ReturnCalls
from shared.kit.records.jsons import decoded
from shared.ports import Table
from shared.settings import Settings as Base

ID_MAX: Final = 100
STATUS: Final = {calls.NO_KEY: 400, calls.MALFORMED: 400, NOT_KNOWN: 404, calls.KEY_REUSED: 409}


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
    return _taken(event, lambda said, key: made().grant(said, caller=caller(event), key=key))


def receive(event: dict[str, Any]) -> Answer:
    name = named(event, "return_id")
    if len(name) > ID_MAX:
        return not_found("return_id", name[:ID_MAX])
    return _taken(event, lambda s, key: made().receive(s, name, caller=caller(event), key=key))


def _taken(event: dict[str, Any], take: Callable[[object, str], Answer]) -> Answer:
    try:
        said = decoded(text_of(event))
    except ValueError:
        return refusal(400, "body", "", "send one JSON object in UTF-8")
    try:
        return answer(201, take(said, event.get("headers", {}).get("idempotency-key", "")))
    except RejectedError as error:
        if error.code not in STATUS:
            raise
        return refusal(STATUS[error.code], error.field or "", error.value, error.remedy or "")
    except RetryableError:
        busy = refusal(503, "", "", "the same call may be sent again, under the same key")
        busy["headers"]["retry-after"] = "1"
        return busy


def find(event: dict[str, Any]) -> Answer:
    name = named(event, "return_id")
    found = made().find(name) if len(name) <= ID_MAX else None
    return not_found("return_id", name[:ID_MAX]) if found is None else answer(200, found)


ROUTES = {
    "POST /v1/returns": post,
    "POST /v1/returns/{return_id}/receipts": receive,
    "GET /v1/returns/{return_id}": find,
}


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
