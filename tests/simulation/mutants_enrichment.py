"""Planted bugs in what holds an order back, and in whose order it is in the ERP."""

from tests.simulation.sabotage import Mutant, mutant

HOLDS, CUSTOMERS = "orders wait for money and verdicts", "customers are created"
BOOK = "shared.flows.customers:Customers."

ENRICHMENT: tuple[Mutant, ...] = (
    mutant(
        "an expired authorisation counts",
        "An order goes to the ERP although nobody can take its money any more.",
        (HOLDS,),
        (
            "shared.domain.payments:_authorisations",
            "if p.expires_at is None or now < p.expires_at",
            "if True",
        ),
    ),
    mutant(
        "a little money releases an order",
        "A gift card that paid a little of an order passes for all of it.",
        (HOLDS,),
        ("shared.domain.release:_payment", "got.amount >= due.amount", "got.amount > 0"),
    ),
    mutant(
        "a verdict that is pending holds nothing",
        "An order goes on before anybody has said that it is no fraud.",
        (HOLDS,),
        (
            "shared.domain.release:told_of",
            "order.fraud in {FraudVerdict.PENDING, FraudVerdict.REJECTED}",
            "order.fraud is FraudVerdict.REJECTED",
        ),
    ),
    mutant(
        "no lookup before a second customer",
        "A customer whose answer was lost is created again although the ERP has him.",
        (CUSTOMERS,),
        (BOOK + "_account", "known = self._found(wish)", "known = None"),
    ),
    mutant(
        "a customer is created without a row that says so",
        "Two orders of one person create him twice.",
        (CUSTOMERS,),
        (BOOK + "_create", "if not self.store.commit([Put(key, sent, rev)])[0]:", "if False:"),
    ),
    mutant(
        "no waiting for a lost customer to land",
        "A customer is created again while the first request is still on its way.",
        (CUSTOMERS,),
        (BOOK + "_wait", "if now < safe_at:", "if False:"),
    ),
    mutant(
        "an order is booked before its customer is known",
        "The order goes on the house account, whoever placed it.",
        (CUSTOMERS,),
        (
            "shared.flows.send:Sender._booked",
            "order = self.customers.booked(found.case.order)",
            "order = found.case.order",
        ),
    ),
)
