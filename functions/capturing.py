"""How orders are captured, and what comes of their returns, whichever function hears of it."""

from functions import bootstrap
from shared.flows.capture import Capture
from shared.flows.cases import Cases
from shared.flows.returns_moved import ReturnsMoved


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
        limits=bootstrap.address_limits(),
    )


def returned() -> ReturnsMoved:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    cases = Cases(store, clock, retailer)
    return ReturnsMoved(store, bootstrap.bus(), bootstrap.issues(), cases, clock, retailer)
