"""Each minute: hint what is due, end old reservations, tell of stock and prices that wait."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.orders.reservations import reservations
from functions.orders.shortage import shortage
from functions.reporting import despatches, reported
from functions.returning import returned
from functions.runtime import out_of_time
from shared.connectors.catalog import CATALOG
from shared.flows.hearing import Hearing
from shared.flows.missing import Missing
from shared.flows.recovery import Sweep
from shared.flows.shortage import Awaited
from shared.flows.subscriptions import Lookout
from shared.flows.waiting import WaitingTold
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    archive: str
    bus: str


def watched() -> list[str]:
    """Connections whose subscriptions are looked at."""
    every = bootstrap.retailer().connections
    return [c.name for c in every if CATALOG[c.system].watched(c.settings)]


def work(context: LambdaContext) -> dict[str, Callable[[], int]]:
    """What is done each minute, by what is counted of it."""
    store, issues, clock = bootstrap.store(), bootstrap.issues(), bootstrap.clock
    retailer, stop = bootstrap.retailer(), out_of_time(context)
    return {
        "hints": Sweep(store, bootstrap.queues(), clock, retailer).run,
        "hooks": Lookout(
            store, bootstrap.queues(), clock, issues, retailer, bootstrap.forgotten(), watched()
        ).run,
        "expired": partial(reservations().expire, out_of_time=stop),
        "missing": Missing(store, issues, clock).tell,
        "awaited": Awaited(store, bootstrap.queues(), clock, shortage()).run,
        "waiting": WaitingTold(store, issues, retailer).run,
        "returned": partial(returned().run, stop),
        "reported": partial(reported().run, stop),
        "despatches": partial(despatches().run, stop),
        "touched": partial(
            Hearing(store, issues, clock, retailer, bootstrap.journal).run, out_of_time=stop
        ),
    }


def each(steps: Mapping[str, Callable[[], int]]) -> dict[str, int]:
    """What every step did; one that fails does not keep the others, and is raised in the end."""
    done: dict[str, int] = {}
    failed: list[Exception] = []
    for name, step in steps.items():
        try:
            done[name] = step()
        except Exception as error:  # noqa: BLE001 - raised below
            bootstrap.logger.exception("step failed", step=name)
            failed.append(error)
    bootstrap.logger.info("swept", extra=done)
    if failed:
        raise failed[0]
    return done


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    del event
    each(work(context))
