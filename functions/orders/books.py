"""Stream of the orders -> their books; each hour, what has differed for too long is told."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import orders_of
from shared.flows.books import Books
from shared.flows.cases import Cases
from shared.model.books import DIFFERENCES_TOLD
from shared.model.policies import BookRules
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    bus: str


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises for the whole batch, which the stream then delivers again: keeping twice is safe."""
    del context
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    rules = retailer.books or BookRules()
    cases = Cases(store, clock, retailer)
    kept = Books(store, cases, bootstrap.issues(), clock, retailer, rules)
    if "Records" not in event:
        told = kept.overdue()
        bootstrap.logger.info("differences told", orders=told)
        bootstrap.metrics.add_metric(DIFFERENCES_TOLD, MetricUnit.Count, told)
        bootstrap.metrics.flush_metrics()
        return
    bootstrap.logger.info("books kept", rows=kept.keep(orders_of(event)))
