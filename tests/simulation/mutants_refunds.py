"""Planted bugs on the way of money that goes back."""

from tests.simulation.sabotage import Mutant, mutant

BACK, WAY = "goods and money go back", "refunds on the way"
INTENTS = "shared.flows.intents:Intents."
CREDITING = "shared.flows.credits:Crediting."

REFUNDS: tuple[Mutant, ...] = (
    mutant(
        "a credit is posted again without looking",
        "A refund whose answer was lost is credited a second time.",
        (BACK,),
        (INTENTS + "carry_out", "held = steps.find(found.case)", "held = ()"),
    ),
    mutant(
        "nobody waits for a lost credit to land",
        "A refund is credited again while the first request is still on its way.",
        (BACK,),
        (INTENTS + "carry_out", "if wait > timedelta():", "if False:"),
    ),
    mutant(
        "a credit is not recorded before it is sent",
        "Whoever comes after a crash does not know that a credit may have been sent.",
        (BACK,),
        (
            INTENTS + "_send",
            "if not self.cases.commit(case, found.rev, due=now + self.settle):",
            "if False:",
        ),
    ),
    mutant(
        "units that never left are credited",
        "A unit taken off an order before it left is credited as if it had been delivered.",
        (WAY, "orders are cancelled"),
        (CREDITING + "_wish", "if not credit.cancelled", "if True"),
    ),
)
