"""/v1/orders: an order captured while its caller waits, and where any order stands."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.capturing import capture
from functions.http import Answer, answer, caller, named, not_found, posted
from shared.flows.order_calls import OrderCalls
from shared.flows.trace import Tracer
from shared.ports import Table
from shared.settings import Settings as Base

ID_MAX: Final = 200  # a channel, a colon, and the channel's own id


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


def post(event: dict[str, Any]) -> Answer:
    taken = OrderCalls(capture()).take
    return posted(event, lambda said, key: answer(201, taken(said, caller=caller(event), key=key)))


def find(event: dict[str, Any]) -> Answer:
    order_id = named(event, "order_id")
    if len(order_id) > ID_MAX:
        return not_found("order_id", order_id[:100])
    found = Tracer(bootstrap.store(), bootstrap.retailer()).order(
        order_id, now=bootstrap.clock.now()
    )
    if found is None:
        return not_found("order_id", order_id)
    return answer(200, found)


ROUTES = {"POST /v1/orders": post, "GET /v1/orders/{order_id}": find}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
