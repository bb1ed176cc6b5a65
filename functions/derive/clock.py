"""Each minute, and at every instant armed: wake the SKUs whose effective date has come.

One function for both, since one that runs each minute is warm when an instant comes.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import Body, each_message, out_of_time
from shared.flows import keys
from shared.flows.activation import PriceClock
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]


@bootstrap.entry
def handler(
    event: dict[str, Any], context: LambdaContext
) -> dict[str, list[dict[str, str]]] | None:
    clock = PriceClock(bootstrap.store(), bootstrap.queues(), bootstrap.clock, bootstrap.retailer())
    stop = out_of_time(context)
    if "Records" not in event:
        bootstrap.logger.info("woken", skus=clock.run(out_of_time=stop))
        return None

    def handle(body: Body) -> None:
        bootstrap.logger.info("woken", skus=clock.wake(body, out_of_time=stop))

    return each_message(event, handle, queue=keys.WAKE_QUEUE)
