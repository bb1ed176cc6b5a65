"""What comes of returns, whichever function hears of them."""

from functions import bootstrap
from shared.flows.cases import Cases
from shared.flows.returns_moved import ReturnsMoved


def returned() -> ReturnsMoved:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    cases = Cases(store, clock, retailer)
    return ReturnsMoved(store, bootstrap.bus(), bootstrap.issues(), cases, clock, retailer)
