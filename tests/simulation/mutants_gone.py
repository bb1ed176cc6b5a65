"""Planted bugs in what is done about stock that its source no longer lists."""

from tests.simulation.sabotage import Mutant, mutant

VANISHED = "an article vanishes from the ERP"

GONE: tuple[Mutant, ...] = (
    mutant(
        "what a poll no longer meets stays as it was",
        "The last position of an article was archived: its old quantity stays on sale for good.",
        (VANISHED,),
        (
            "shared.flows.read_facts:FactsRead.page",
            "self.entity in VANISHING",
            "self.entity is Entity.PRICE",
        ),
    ),
)
