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
        ("shared.flows.intents:wait_for_lost", "if wait > timedelta():", "if False:"),
    ),
    mutant(
        "a lost credit is not looked for once there is nothing to credit",
        "The order was taken back since; what had landed is in the books of the ERP alone.",
        (BACK,),
        (
            INTENTS + "carry_out",
            "if intent.state is not IntentState.PLANNED:",
            "if intent.state is not IntentState.PLANNED and instead is None:",
        ),
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
        "a bill that overtakes its link is forgotten",
        "What the ERP billed before we knew the document is never read again.",
        (BACK,),
        (
            "shared.flows.erp_links:ErpLinks.link",
            "for entity in _WAITING",
            "for entity in ()",
        ),
    ),
    mutant(
        "a bill is kept beside its older telling",
        "A bill heard of again stands on its case twice.",
        (BACK,),
        (
            "shared.flows.billing:Bills._billed",
            "if known.key != bill.key",
            "if True",
        ),
    ),
    mutant(
        "units that never left are credited",
        "A unit taken off an order before it left is credited as if it had been delivered.",
        (WAY, "orders are cancelled"),
        (CREDITING + "_wish", "if not credit.cancelled", "if True"),
    ),
    mutant(
        "postage of an order that never left is credited",
        "Of an order taken back whole the postage is credited, and was never billed.",
        ("an order is taken back with its postage",),
        ("shared.flows.credits:_moot", "if never_left.whole(case)", "if False"),
    ),
    mutant(
        "a refund is taken off another payment",
        "What went back to the card is taken off the gift card, or the other way round.",
        (BACK,),
        (
            "shared.domain.tenders:_told",
            "captures[i].reference == back.parent",
            "captures[i].reference != back.parent",
        ),
    ),
    mutant(
        "the shopper's money is taken for the shop's",
        "A refund of an order shown in another currency is booked at the amount that was shown.",
        (BACK,),
        (
            "shared.connectors.shopify.orders:_refund",
            'total=_money(theirs.total_refunded_set, currency, "totalRefundedSet")',
            'total=_shoppers(theirs.total_refunded_set, order, "") or Money.zero(currency)',
        ),
    ),
    mutant(
        "the echo of a refund is a second one",
        "What was asked for is a refund at once, and another when the shop tells of it.",
        ("refunds are asked for",),
        (
            "shared.flows.refund_calls:RefundCalls._asked",
            'return orders.with_intent(self._noted(case, asked, "refund asked"), intent)',
            "return orders.with_intent(self._recorded(case, asked), intent)",
        ),
    ),
)
