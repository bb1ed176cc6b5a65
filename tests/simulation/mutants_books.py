"""Planted bugs of what follows the orders: the books, and the ear for silence."""

from tests.simulation.sabotage import Mutant, mutant

DAY = ("the books of shop and ERP",)
FLOW = "shared.flows.books:Books."

SILENT = ("a shop falls silent",)

BOOKS: tuple[Mutant, ...] = (
    mutant(
        "a day of the books is never corrected",
        "An invoice of a day that is in the books already is not in them.",
        DAY,
        (FLOW + "_ledger", "if row.body != body if row else said:", "if row is None and said:"),
    ),
    mutant(
        "a difference that is gone stays in the books",
        "Shop and ERP agree again, and nobody notices.",
        DAY,
        (FLOW + "_differing", "if known is None and not found:", "if not found:"),
    ),
    mutant(
        "orders are not heard",
        "A channel falls silent, and nobody knows how often orders came.",
        SILENT,
        ("shared.flows.silence:Silence._note", "if now is None or now == known:", "if True:"),
    ),
)
