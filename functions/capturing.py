"""How orders are captured, whichever function hears of them."""

from functions import bootstrap
from shared.flows.capture import Capture
from shared.flows.cases import Cases


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
