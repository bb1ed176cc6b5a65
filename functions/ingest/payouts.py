"""What a channel's provider paid out, as it is read for it."""

from functions import bootstrap
from shared.flows.books import Books
from shared.flows.cases import Cases
from shared.flows.payouts import Payouts, PayoutsRead
from shared.model.policies import BookRules


def books() -> Books:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    return Books(
        store=store,
        cases=Cases(store, clock, retailer),
        issues=bootstrap.issues(),
        clock=clock,
        retailer=retailer,
        rules=retailer.books or BookRules(),
    )


def read() -> PayoutsRead:
    name = bootstrap.environment().connection
    return PayoutsRead(bootstrap.connector(name), Payouts(name, books(), bootstrap.queues()))
