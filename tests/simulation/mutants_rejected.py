"""Planted bugs in what follows when staff of the ERP reject what is wanted."""

from tests.simulation.sabotage import Mutant, mutant

STAFF = ("staff reject what is wanted",)
ASKS = "demand.unsettled(case) or demand.refused(case)"

REJECTED: tuple[Mutant, ...] = (
    mutant(
        "a rejection by staff is not heard",
        "A customer waits for what nobody sends, and nobody is told.",
        STAFF,
        (
            "shared.domain.promises:closed",
            '{"rejected": line.item in said.rejected}',
            '{"rejected": line.rejected}',
        ),
    ),
    mutant(
        "a rejection that is heard is not asked about",
        "The ERP is never asked for what its staff rejected, so that nobody is told.",
        STAFF,
        ("shared.flows.promises:Promises.record", ASKS, "False"),
    ),
    mutant(
        "what was refused outlives its wish",
        "The exception of a change stays open though nobody wants it any more.",
        STAFF,
        ("shared.flows.amend:Amender._nothing_left", "if demand.as_wished(case):", "if False:"),
    ),
    mutant(
        "a change that was taken ends what was refused",
        "The exception of one line is closed when the ERP takes the change of another.",
        STAFF,
        ("shared.flows.amend:Amender._amended", "if demand.as_wished(after):", "if True:"),
    ),
    mutant(
        "the ERP's word counts only where units are wanted",
        "What staff reject no longer, and nobody wants, stays open in the ERP.",
        STAFF,
        (
            "shared.domain.promises:closed",
            "if line.item in said.promises and",
            "if line.item in said.promises and not line.rejected and",
        ),
    ),
)
