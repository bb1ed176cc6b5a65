"""What comes of shipments that a warehouse reports, whichever function hears of them."""

from functions import bootstrap
from shared.flows.cases import Cases
from shared.flows.despatches import Despatches
from shared.flows.reported import ReportedShipments


def reported() -> ReportedShipments:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    return ReportedShipments(
        store,
        bootstrap.queues(),
        bootstrap.bus(),
        bootstrap.issues(),
        Cases(store, clock, retailer),
        clock,
        retailer,
    )


def despatches() -> Despatches:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    return Despatches(store, bootstrap.issues(), Cases(store, clock, retailer), clock, retailer)
