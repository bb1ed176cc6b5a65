"""POST /v1/prices: conditions of the connection that owns prices, each line answered."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, caller, posted
from shared.flows.price_calls import PriceCalls
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    files: str


def post(event: dict[str, Any]) -> Answer:
    made = PriceCalls(
        bootstrap.store(),
        bootstrap.issues(),
        bootstrap.clock,
        bootstrap.retailer(),
        bootstrap.files(),
    )

    def take(said: object, key: str) -> Answer:
        taken = made.take(said, caller=caller(event), key=key)
        return answer(202 if "held" in taken else 200, taken)

    return posted(event, take)


ROUTES = {"POST /v1/prices": post}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
