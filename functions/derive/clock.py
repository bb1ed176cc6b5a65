"""Each minute: wake the SKUs whose effective date has come."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from shared.flows.recovery import PriceClock
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    del event, context
    woken = PriceClock(bootstrap.store(), bootstrap.clock).run()
    bootstrap.logger.info("woken", skus=woken)
