"""Planted bugs on the way of an order: captured, held, posted, shipped, given back."""

from tests.simulation.sabotage import Mutant, mutant

STORM, LAST, SLOW = "order storm", "last unit on two channels", "slow ERP with few slots"
CODE, POISON, REFUNDS = (
    "unknown code becomes known",
    "poison among the orders",
    "refunds on the way",
)
REPLAY, CANCELLED, OPEN, REVOKED = (
    "the day is replayed",
    "orders are cancelled",
    "the day ends in the middle",
    "tokens are revoked",
)

ONCE, RACE = "everything at once", "cancellations race the warehouse"

SEND, CAPTURE = "shared.flows.send:Sender.", "shared.flows.capture:Capture."
SHIPPED, CASES = "shared.flows.shipments:Shipments.", "shared.flows.cases:Cases."
NUMBERED = "numbers come after the goods"
LEFT = "shared.domain.demand:to_leave"

ORDERS: tuple[Mutant, ...] = (
    # to the ERP
    mutant(
        "no lookup before a second POST",
        "An order whose answer was lost is posted again although the ERP has it.",
        (SLOW, STORM),
        (
            SEND + "_ask",
            "posted = self.erp.find_order(found.case.order, intent.reference)",
            "posted = []",
        ),
    ),
    mutant(
        "no waiting for a lost request to land",
        "An order is posted again while the first request is still on its way.",
        (SLOW, STORM),
        (SEND + "_ask", "wait_for_lost(intent, name, self.clock.now(), self.settle)", "pass"),
    ),
    mutant(
        "in doubt counts as unsent",
        "An order whose answer was lost goes out anew, and nobody asks whether it arrived.",
        (SLOW, STORM),
        (
            SEND + "_post",
            "self._doubt(row, sent, str(error))",
            "self._unsent(row, sent, str(error))",
        ),
    ),
    mutant(
        "the intent is not recorded before the POST",
        "Whoever comes after a crash does not know that a request may have been sent.",
        (SLOW, STORM),
        (
            SEND + "_post",
            "if not self.trailing.beside(partial(self.cases.commit, case, found.rev, due=due)):",
            "if False:",
        ),
    ),
    mutant(
        "a line is posted at whole pounds",
        "The pennies of a unit price are rounded away on the way to the ERP.",
        (REVOKED, REPLAY),
        (
            "shared.connectors.sap.orders:element",
            "amount.text()",
            "f'{round(amount.decimal())}.00'",
        ),
    ),
    # taken in
    mutant(
        "an order held for a code is not told of",
        "Nobody learns that an order waits for a code.",
        (OPEN, CODE),
        (CAPTURE + "_problems", "if codes:", "if False:"),
    ),
    mutant(
        "an order is not held for an unknown code",
        "An order with a line nobody knows is released.",
        (CODE, OPEN),
        ("shared.domain.release:reasons", "if orders.unmapped(order):", "if False:"),
    ),
    mutant(
        "totals are not compared",
        "An order whose lines do not sum to its total is sent on.",
        (POISON,),
        (
            "shared.domain.release:reasons",
            "if orders.check_totals(order, tolerance_minor=channel.tolerance_minor):",
            "if False:",
        ),
    ),
    mutant(
        "a held order is not found by its code",
        "The code becomes known and the orders that wait for it are not looked at.",
        (CODE,),
        ("shared.flows.codes:Codes.wait", "for code in new", "for code in ()"),
    ),
    mutant(
        "mapping a code releases nothing",
        "An operator maps the code, and the orders that wait for it stay where they are.",
        (CODE,),
        ("shared.flows.recovery:Mapper.map", "return self.release([code])", "return 0"),
    ),
    mutant(
        "a repeat releases the order again",
        "Hearing once more of an order the ERP has sets its case back.",
        (REPLAY, STORM),
        (
            "shared.flows.capture:_before_erp",
            "case.erp_order is None and case.state in states",
            "True",
        ),
    ),
    mutant(
        "the shopper is named in an exception",
        "Personal data stands in a row that is shown and notified.",
        (CODE,),
        (
            CAPTURE + "_unmapped",
            'value=", ".join(codes)[:200]',
            'value=", ".join(codes)[:100] + str(order.customer)',
        ),
    ),
    mutant(
        "a secret is logged",
        "The client's secret stands in a log line.",
        (STORM,),
        (
            "functions.orders.send:ports",
            "name = bootstrap.environment().connection",
            (
                "name = bootstrap.environment().connection; "
                "bootstrap.logger.info('sending', pacer=str(bootstrap.connector(name)._gateway."
                "_signer._credentials._auth))"
            ),
        ),
    ),
    # held
    mutant(
        "nothing is held at capture",
        "Units that are sold stay on offer until the ERP has delivered them.",
        (LAST, STORM),
        (CAPTURE + "_follow", "self.cases.sync_holds(order_id)", "pass"),
    ),
    mutant(
        "holds are not taken off",
        "Availability is the ERP's own figure, whatever was ordered.",
        (STORM, LAST),
        (
            "shared.domain.availability:held_at",
            "+ hold.quantity",
            "",
        ),
    ),
    mutant(
        "holds outlive the shipment",
        "Units that have left are taken off twice: by the ERP and by their hold.",
        (STORM, SLOW),
        (SHIPPED + "follow", "self.cases.sync_holds(order_id)", "pass"),
    ),
    mutant(
        "a shipment frees all of its order",
        "The units that are still to leave are offered again.",
        (OPEN,),
        (LEFT, "most - gone[line_id]", "(0 if gone[line_id] else most)"),
    ),
    mutant(
        "a hold is released twice",
        "Each unit that leaves frees two.",
        (OPEN,),
        (LEFT, "most - gone[line_id]", "most - 2 * gone[line_id]"),
    ),
    mutant(
        "a cancelled order keeps its hold",
        "Units nobody wants any more are never offered again.",
        (CANCELLED,),
        (
            "shared.domain.demand:wanted",
            "if order.cancelled_at is not None:",
            "if False:",
        ),
    ),
    mutant(
        "the holds of two orders overwrite each other",
        "A hold written between reading and writing the card is lost.",
        (ONCE, STORM, LAST),
        (
            "shared.flows.holds:write_holds",
            "return commit_cards(store, changed_rows(cards, change, others=len(ending)), ending)",
            (
                "return commit_cards(store, [[p._replace(expected=next((r.rev for r in "
                "store.get([p.key]).values()), 0)) for p in puts] for puts in "
                "changed_rows(cards, change, others=len(ending))], ending)"
            ),
        ),
    ),
    mutant(
        "a restocked unit is left on sale",
        "The shop counts a refunded unit as its own, and nobody looks at the level again.",
        (CANCELLED, REFUNDS, RACE),
        (CAPTURE + "_look_again", "if sold or refunded or", "if False and"),
    ),
    # shipped
    mutant(
        "a shipment is kept twice",
        "Hearing again of a shipment adds it to the case again.",
        (OPEN, STORM),
        (
            "shared.domain.lifecycle:shipped",
            "known[shipment.shipment_id] = shipment",
            "known[f'{shipment.shipment_id}/{len(known)}'] = shipment",
        ),
    ),
    mutant(
        "a number that comes late is kept to ourselves",
        "The shop shows the ERP's delivery number for good.",
        (NUMBERED,),
        (SHIPPED + "taken", "if _behind(told, shipment):", "if False:"),
    ),
    mutant(
        "a parcel is known by its number alone",
        "One that was told without a number is told once more.",
        (NUMBERED,),
        (
            "shared.connectors.shopify.fulfilment:numbers",
            "frozenset({shipment.shipment_id, *(t.number for t in shipment.tracking if t.number)})",
            (
                "frozenset(t.number for t in shipment.tracking if t.number) "
                "or frozenset({shipment.shipment_id})"
            ),
        ),
    ),
    mutant(
        "a hold is freed before the stock is read",
        "The units that left are offered until the ERP's own figure is heard of.",
        (LAST, STORM),
        (SHIPPED + "record", "page.items,", "(),"),
    ),
    mutant(
        "a case is written over a newer one",
        "What another worker put down between reading and writing a case is lost.",
        (ONCE, STORM, SLOW, CANCELLED),
        (
            CASES + "change",
            "if self.commit(changed, found.rev):",
            "if self.commit(changed, self.find(order_id).rev):",
        ),
    ),
)
