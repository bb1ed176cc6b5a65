"""Planted bugs where an order beyond what there is has to wait."""

from tests.simulation.sabotage import Mutant, mutant

SOLD_TWICE = ("more is sold than there is, and orders wait",)
LACKED = ("what London lacks is sold in Leeds",)
SHORTAGE = "shared.flows.shortage:"

OVERSOLD: tuple[Mutant, ...] = (
    mutant(
        "what one location lacks the others offer",
        "More is sold in London than lies there, and Leeds offers the same units again.",
        LACKED,
        ("shared.domain.availability:spread", "if not any(beyond.values()):", "if True:"),
    ),
    mutant(
        "an order is judged before its units are held",
        "Two that took the last unit know nothing of each other, and both go to the ERP.",
        SOLD_TWICE,
        (
            "shared.flows.capture:Capture._stocked",
            "if not placed:",
            "if not placed and self.short(case):",
        ),
    ),
    mutant(
        "those that wait for stock are not looked at again",
        "Stock has come, and the order waits for ever.",
        SOLD_TWICE,
        (SHORTAGE + "Awaited.run", "for case in ready", "for case in ready[:0]"),
    ),
    mutant(
        "every later order counts as one that waits",
        "The last unit goes to one that came before and to one that was let go.",
        SOLD_TWICE,
        (
            SHORTAGE + "Shortage._waiting",
            "if awaiting.waits(case)]",
            "]",
        ),
    ),
)
