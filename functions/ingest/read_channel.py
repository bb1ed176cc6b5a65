"""Read queue of one channel: its orders, held ones too, and what its provider paid out."""

from importlib import import_module
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.capturing import capture
from functions.ingest import reading
from shared.flows.read import Part
from shared.flows.read_orders import OrdersRead
from shared.model.ids import Entity

PAYOUTS: Final = "functions.ingest.payouts"
"""Read of few channels, and now and then: imported when they are."""

Settings = reading.Settings


def orders() -> Part:
    name = bootstrap.environment().connection
    return OrdersRead(name, bootstrap.connector(name), capture(), bootstrap.issues())


def payouts() -> Part:
    made: Part = import_module(PAYOUTS).read()
    return made


PARTS: Final[reading.Parts] = {Entity.ORDER: orders, Entity.PAYOUT: payouts}


def release(order_id: str, waive: str) -> None:
    capture().release(order_id, waive=waive)


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    return reading.handled(event, context, PARTS, release)
