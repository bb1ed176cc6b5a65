"""Each minute: hint what is due, in case a hint was lost; tell of stock that lacks something."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from shared.flows.missing import Missing
from shared.flows.recovery import Sweep
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    del event, context
    missing = Missing(bootstrap.store(), bootstrap.issues(), bootstrap.clock)
    sweep = Sweep(bootstrap.store(), bootstrap.queues(), bootstrap.clock, bootstrap.retailer())
    bootstrap.logger.info("swept", missing=missing.tell(), hints=sweep.run())
