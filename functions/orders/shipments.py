"""/v1/shipments: what a warehouse says has left, put on its order."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, caller, posted
from functions.reporting import reported
from shared.flows.shipment_calls import ShipmentCalls
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


def post(event: dict[str, Any]) -> Answer:
    take = ShipmentCalls(reported()).take
    return posted(event, lambda said, key: answer(201, take(said, caller=caller(event), key=key)))


ROUTES = {"POST /v1/shipments": post}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
