"""Planted bugs where a price has two owners, or comes two ways."""

from tests.simulation.sabotage import Mutant, mutant

TWO, OVER = "two owners of one price", "posted over what is read"
OWNED = "shared.domain.ownership:"

OWNERS: tuple[Mutant, ...] = (
    mutant(
        "whoever says a promotion is believed",
        "The ERP's own promotions are shown beside those of the engine that owns them.",
        (TWO,),
        (OWNED + "_priced", "if retailer.price_owner(c.kind) == card.source", "if True"),
        (OWNED + "believed", "if retailer.price_owner(condition.kind) == card.source", "if True"),
    ),
    mutant(
        "only the owner of base prices is read",
        "What the owner of promotions says is kept and never shown.",
        (TWO,),
        (
            "shared.flows.sku_facts:price_keys",
            "for name in retailer.price_sources]",
            "for name in retailer.price_sources[:1]]",
        ),
    ),
    mutant(
        "a reading replaces what was posted",
        "A promotion that was posted is gone with the next poll.",
        (OVER,),
        ("shared.domain.price_cards:reread", "if card is None or not single:", "if True:"),
    ),
    mutant(
        "a repeated call is applied anew",
        "A call that is made again under its key brings back what was corrected since.",
        (TWO, OVER),
        (
            "shared.flows.calls:Calls.once",
            "return _known(row.raw)",
            "return apply(self.clock.now())",
        ),
    ),
)
