"""Each minute: hint what is due, end old reservations, tell of stock and prices that wait."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.orders.reservations import reservations
from functions.runtime import out_of_time
from shared.flows.cases import Cases
from shared.flows.derive import Deriver
from shared.flows.hearing import Hearing
from shared.flows.missing import Missing
from shared.flows.recovery import Sweep
from shared.flows.shortage import Awaited, Shortage
from shared.flows.waiting import WaitingTold
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


def shortage() -> Shortage:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    deriver = Deriver(store, bootstrap.queues(), bootstrap.issues(), clock, retailer)
    return Shortage(store, Cases(store, clock, retailer), deriver, retailer)


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    del event
    sweep = Sweep(bootstrap.store(), bootstrap.queues(), bootstrap.clock, bootstrap.retailer())
    hints = sweep.run()
    expired = reservations().expire(out_of_time=out_of_time(context))
    missing = Missing(bootstrap.store(), bootstrap.issues(), bootstrap.clock).tell()
    awaited = Awaited(bootstrap.store(), bootstrap.queues(), bootstrap.clock, shortage()).run()
    waiting = WaitingTold(bootstrap.store(), bootstrap.issues(), bootstrap.retailer()).run()
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    hearing = Hearing(store, bootstrap.issues(), clock, retailer)
    touched = hearing.run(out_of_time=out_of_time(context))
    bootstrap.logger.info(
        "swept",
        hints=hints,
        expired=expired,
        missing=missing,
        awaited=awaited,
        waiting=waiting,
        touched=touched,
    )
