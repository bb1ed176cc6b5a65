"""Planted bugs in rules of stock: shares, kits, held snapshots, silent sources."""

from tests.simulation.sabotage import Mutant, mutant

SHARED, KIT = "two shops divide what is there", "a kit sold beside its parts"
HELD, SILENT = "a snapshot without a unit", "a source falls silent"
ENGINE, KITS = "shared.domain.availability:", "shared.domain.kits:"

RULES: tuple[Mutant, ...] = (
    mutant(
        "every channel shows all there is",
        "An allocation is read and not applied: two shops offer the same units.",
        (SHARED,),
        (ENGINE + "_levels", "if division is not None:", "if False:"),
    ),
    mutant(
        "a cap is for each location",
        "A channel that may show five shows five at each of its locations.",
        (SHARED,),
        (ENGINE + "_limited", "room -= levels[name]", "pass"),
    ),
    mutant(
        "a share that stays is not looked at after a sale",
        "The shop took a unit off, our wish is what it was, and nobody puts the unit back.",
        (SHARED,),
        (
            "shared.model.retailer:Retailer.stays_when_sold",
            "return bool(self.allocations or self.kits) or any(",
            "return False and any(",
        ),
    ),
    mutant(
        "what a level follows from is noted once",
        "Orders that leave a level below its cap as it is are forgotten by the next movement.",
        (SHARED,),
        (
            "shared.domain.targets:_same_wish",
            "same_terms = same_terms and old.basis == draft.basis",
            "",
        ),
    ),
    mutant(
        "what orders took is noted and never read again",
        "A reservation or an order changes no level until the article is derived as a whole.",
        (SHARED,),
        (
            "shared.flows.stock_alone:Alone.noted",
            "None if self.holds_changed(partition) else promised",
            "promised",
        ),
    ),
    mutant(
        "a kit's orders do not reach its components",
        "Sets are sold, and their hats stay on offer by themselves.",
        (KIT,),
        (KITS + "taken", "+ units * kit.quantity", ""),
    ),
    mutant(
        "a kit counts its orders twice",
        "Once by itself and once by its components, which have counted them.",
        (KIT,),
        (KITS + "_place", "promised - part.counted.get(name, 0)", "promised"),
    ),
    mutant(
        "a kit takes one of each component",
        "The quantity of a component is left out.",
        (KIT,),
        (KITS + "_place", "makes.append(free // component.quantity)", "makes.append(free)"),
    ),
    mutant(
        "what runs out is not counted",
        "A snapshot without a unit takes the whole catalogue off sale.",
        (HELD,),
        (
            "shared.flows.moves:reserve",
            "refused = moved > limit.most(window.size)",
            "refused = False",
        ),
    ),
    mutant(
        "an approval changes nothing",
        "What was approved keeps its last good level.",
        (HELD,),
        (
            "shared.domain.zeroing:decided",
            "if ruling is not None and ruling.decision is Decision.APPROVED:",
            "if False:",
        ),
    ),
    mutant(
        "silence is noticed and nothing follows",
        "The articles of a silent source are not derived anew.",
        (SILENT,),
        ("shared.flows.walks:Walks.run", 'row.body["after"] != DONE', "False"),
    ),
    mutant(
        "a source is never heard again",
        "Once silent, it stays so whatever it tells.",
        (SILENT,),
        (
            "shared.flows.hearing:Hearing._polled",
            "ends if ends <= self.clock.now() else None",
            "ends",
        ),
    ),
)
