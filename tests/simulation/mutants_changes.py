"""Planted bugs where an order is changed: cancelled, given up in part, raced by the warehouse."""

from tests.simulation.sabotage import Mutant, mutant

RACE, CANCELLED = "cancellations race the warehouse", "orders are cancelled"
AMEND, DEMAND = "shared.flows.amend:Amender.", "shared.domain.demand:"

CHANGES: tuple[Mutant, ...] = (
    mutant(
        "the ERP is not told of a cancellation",
        "An order cancelled after the ERP took it is sent to a customer who wants none.",
        (CANCELLED, RACE),
        (
            "shared.flows.capture:Capture._follow",
            "demand.unsettled(case) or ",
            "",
        ),
        (
            "shared.flows.cases:Cases._lane",
            "demand.unsettled(case) or ",
            "",
        ),
        (
            "shared.flows.send:Sender._look_again",
            "demand.amendment(case) or ",
            "",
        ),
    ),
    mutant(
        "units go without their amounts",
        "Of a line cancelled in part the ERP keeps discount and tax, and invoices another total.",
        (RACE, CANCELLED),
        (
            "shared.connectors.sap.amending:_Line._next",
            "repricing.of_item(self.editing, item, costs, self.settings) if costs else None",
            "None",
        ),
    ),
    mutant(
        "freight outlives its order",
        "A cancelled order stays open in the ERP for its freight alone.",
        (CANCELLED, RACE),
        (DEMAND + "_header", "told.freight if _alive(case) else {}", "told.freight"),
    ),
    mutant(
        "an edited discount is dropped",
        "The shop has given money off, and the ERP invoices what it was told at first.",
        (RACE,),
        (DEMAND + "_target", "or costs == now", "or bool(costs)"),
    ),
    mutant(
        "what left of an item is rejected with the rest",
        "The ERP invoices nothing for goods the customer has and has paid.",
        (RACE,),
        (DEMAND + "_target", "stopped = units < gone or", "stopped = units <= gone or"),
    ),
    mutant(
        "units are freed before the ERP has let them go",
        "What the warehouse may still send is offered again.",
        (RACE, CANCELLED),
        (
            DEMAND + "to_leave",
            "max(wish.get(line_id, 0), _committed(case, line_id))",
            "wish.get(line_id, 0)",
        ),
    ),
    mutant(
        "units the ERP let go stay held",
        "What nobody wants is never offered again.",
        (CANCELLED, RACE),
        (AMEND + "_follow", "self.cases.sync_holds(case.order.order_id)", "pass"),
    ),
    mutant(
        "what left in vain is not told",
        "A customer gets what was cancelled, and nobody knows that it is to come back.",
        (RACE,),
        ("shared.flows.late:Lateness.tell", "if not case.late:", "if True:"),
    ),
    mutant(
        "a change that is too late in the ERP counts as done",
        "The ERP says that it had delivered, and the units count as stopped.",
        (RACE,),
        ("shared.connectors.sap.amending:_line", "rejected=bool(item.rejected)", "rejected=True"),
    ),
)
