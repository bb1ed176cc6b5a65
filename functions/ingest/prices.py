"""POST /v1/prices: conditions of the connection that owns prices, each line answered."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, caller, refusal, text_of
from shared.errors import RejectedError
from shared.flows import calls
from shared.flows.price_calls import PriceCalls
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
    files: str


def post(event: dict[str, Any]) -> Answer:
    key = event.get("headers", {}).get("idempotency-key", "")
    try:
        said = decoded(text_of(event))
    except ValueError:
        return refusal(400, "body", "", "send one JSON object in UTF-8")
    calls = PriceCalls(
        bootstrap.store(),
        bootstrap.issues(),
        bootstrap.clock,
        bootstrap.retailer(),
        bootstrap.files(),
    )
    try:
        taken = calls.take(said, caller=caller(event), key=key)
        return answer(202 if "held" in taken else 200, taken)
    except RejectedError as error:
        if error.code not in STATUS:
            raise
        return refusal(STATUS[error.code], error.field or "", error.value, error.remedy or "")


ROUTES = {"POST /v1/prices": post}


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
