"""How orders are captured, whichever function hears of them."""

from importlib import import_module
from typing import Final

from functions import bootstrap
from shared.flows.capture import Capture
from shared.flows.cases import Cases
from shared.model.case import Case

SHORTAGE: Final = "functions.orders.shortage"
"""Asked where a retailer holds orders that took more than there is, and then imported."""


def capture() -> Capture:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    return Capture(
        store=store,
        queues=bootstrap.queues(),
        bus=bootstrap.bus(),
        issues=bootstrap.issues(),
        cases=Cases(store, clock, retailer),
        clock=clock,
        retailer=retailer,
        short=short,
        limits=bootstrap.address_limits(),
    )


def short(case: Case) -> dict[str, int]:
    found: dict[str, int] = import_module(SHORTAGE).shortage().of(case)
    return found
