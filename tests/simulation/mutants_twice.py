"""Planted bugs in the repair of an order that the ERP holds twice."""

from tests.simulation.sabotage import Mutant, mutant

LANDED = ("an order lands twice",)
OTHERS = "shared.flows.duplicates:others"

TWICE: tuple[Mutant, ...] = (
    mutant(
        "the order that is kept is rejected too",
        "The repair of an order that is there twice leaves none of the two.",
        LANDED,
        (OTHERS, "one.erp_order != kept and not one.withdrawn", "not one.withdrawn"),
    ),
    mutant(
        "a second order that comes late is let go",
        "What lands after all that looked for it is never told of.",
        LANDED,
        ("shared.flows.promises:Promises.record", "if row is None:", "if False:"),
    ),
)
