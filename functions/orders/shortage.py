"""What orders took beyond what may be sold, by the rules by which levels are published."""

from functions import bootstrap
from shared.flows.cases import Cases
from shared.flows.derive import Deriver
from shared.flows.shortage import Shortage


def shortage() -> Shortage:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    deriver = Deriver(store, bootstrap.queues(), bootstrap.issues(), clock, retailer)
    return Shortage(store, Cases(store, clock, retailer), deriver, retailer)
