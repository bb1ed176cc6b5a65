"""Planted bugs in what holds an order back, and in whose order it is in the ERP."""

from tests.simulation.sabotage import Mutant, mutant

HOLDS, CUSTOMERS = "orders wait for money and verdicts", "customers are created"
JUDGED = "a verdict comes after the order"
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
            "shared.domain.suspicion:suspect",
            "order.fraud in BAD",
            'order.fraud == "rejected"',
        ),
    ),
    mutant(
        "a verdict after the order blocks nothing",
        "Goods leave although the channel says that the order is fraud.",
        (JUDGED,),
        ("shared.domain.demand:_blocked", "if kept_back(case):", "if False:"),
    ),
    mutant(
        "a block outlasts its verdict",
        "An order that turned out to be good is never sent.",
        (JUDGED,),
        (
            "shared.domain.demand:_blocked",
            "known.blocked and (case.suspect or not moves)",
            "known.blocked",
        ),
    ),
    mutant(
        "a block that SAP refuses once the goods have left is called a refusal",
        "Two exceptions tell of one order, and one of them has no remedy.",
        (JUDGED,),
        (
            "shared.connectors.sap.beside:_Header.block_is_late",
            "return self.wish.blocked and self._is_over()",
            "return False",
        ),
    ),
    mutant(
        "what was too late stays told after a better verdict",
        "A person asks the carrier for a parcel that is good.",
        (JUDGED,),
        (
            "shared.flows.suspicion:Suspicion._told",
            "if found is not Suspected.TOO_LATE:",
            "if False:",
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
