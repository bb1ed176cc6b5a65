"""Stream of the orders -> how often they come; every five minutes, whether they still do."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import orders_of
from shared.flows.cases import Cases
from shared.flows.silence import Silence
from shared.model.policies import SilenceRules
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    bus: str


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises for the whole batch, which the stream then delivers again: hearing twice is safe."""
    del context
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    rules = retailer.silence or SilenceRules()
    cases = Cases(store, clock, retailer)
    heard = Silence(store, cases, bootstrap.issues(), clock, retailer, rules)
    if "Records" not in event:
        bootstrap.logger.info("listened", silent=heard.check())
        return
    bootstrap.logger.info("orders heard", channels=heard.hear(orders_of(event, new=True)))
