"""Planted bugs where movements and counts become positions."""

from tests.simulation.sabotage import Mutant, mutant

NONSENSE = ("a warehouse that tells nonsense",)
SILENT = ("a warehouse falls silent",)
DISORDER = ("movements with gaps, duplicates and counts between",)
TRANSFERS = ("transfers between two locations under crashes",)
BOOKS = "shared.domain.ledger:_Books."
TELLERS = "shared.flows.hearing:Hearing._tellers"
LEDGER = "shared.domain.ledger:"
ASIDE = "shared.domain.aside:"

MOVEMENTS: tuple[Mutant, ...] = (
    mutant(
        "a gap is passed over",
        "What comes after a missing movement is counted, and the missing one is then a repeat.",
        DISORDER,
        (
            LEDGER + "_next",
            "return movement.follows is not None and movement.follows <= stream.sequence",
            "return movement.follows is not None",
        ),
    ),
    mutant(
        "a repeated movement counts again",
        "A call that is sent twice moves its goods twice.",
        DISORDER + TRANSFERS,
        (BOOKS + "move", "if movement.sequence <= stream.sequence:", "if False:"),
    ),
    mutant(
        "a count overwrites newer movements",
        "A count that lingered takes back what was moved after it.",
        DISORDER + TRANSFERS,
        (LEDGER + "_older", "return level.sequence < stream.sequence", "return False"),
    ),
    mutant(
        "the second half of a transfer is lost",
        "Goods that leave are nowhere until they arrive, and then come from nowhere.",
        TRANSFERS,
        (
            "shared.domain.legs:legs",
            "if movement.destination is not None:",
            "if movement.destination is not None and not on_the_road(movement.destination):",
        ),
    ),
    mutant(
        "what a count holds stays on the road",
        "Goods that a count found on hand are in transit for ever.",
        DISORDER + TRANSFERS,
        (
            BOOKS + "_late",
            "if not self._post(movement, physical=open_):",
            "if open_ and not self._post(movement, physical=open_):",
        ),
    ),
    mutant(
        "what waited is forgotten",
        "Movements that were parked are not counted when the gap before them closes.",
        DISORDER,
        (BOOKS + "_release", "self._counted(first, location, stream)", "pass"),
    ),
    mutant(
        "a lost race counts as written",
        "Of two calls about one article at once, one is answered and not kept.",
        DISORDER + TRANSFERS,
        (
            "shared.flows.ledger:Ledger._round",
            "done = {put.key: held for put, held in zip(puts, committed, strict=True)}",
            "done = {put.key: True for put in puts}",
        ),
    ),
    mutant(
        "a count is believed whatever it says",
        "Five million hats are on sale because somebody scanned a barcode into a quantity.",
        NONSENSE,
        (ASIDE + "strange_count", "if most > guards.absurd.above:", "if False:"),
    ),
    mutant(
        "a movement is believed whatever it says",
        "A receipt that was mistyped puts millions on sale until it is corrected.",
        NONSENSE,
        (ASIDE + "strange_move", "if guards.absurd.believes:", "if True:"),
    ),
    mutant(
        "what nobody believes blocks what follows",
        "A number is not passed over, and what comes after it waits for ever.",
        NONSENSE,
        ("shared.domain.streams:skipping", "sequence=until", "sequence=stream.sequence"),
    ),
    mutant(
        "what was passed over never counts",
        "A movement that a false count overtook, or that is corrected, is taken for a repeat.",
        NONSENSE,
        (BOOKS + "_late", "open_ = skipped != stream.skipped", "open_ = False"),
    ),
    mutant(
        "what is set aside is forgotten",
        "Nobody is told of what was not believed, and nobody can have it judged again.",
        NONSENSE,
        (ASIDE + "Shelf.put", "self.kept = [*left, aside]", "self.kept = left"),
    ),
    mutant(
        "a warehouse is believed for ever",
        "What it told last stays on sale though nobody has heard of it for hours.",
        SILENT,
        (TELLERS, "recorded.since(self.journal(), source, now - after)", "True"),
    ),
    mutant(
        "a warehouse is silent while it speaks",
        "Its levels are none, whatever it tells.",
        SILENT,
        (TELLERS, "recorded.since(self.journal(), source, now - after)", "False"),
    ),
    mutant(
        "that a warehouse is silent changes no level",
        "Somebody is told of it, and what it told last stays on sale.",
        SILENT,
        ("shared.flows.hearing:silent", "if since is not None:", "if False:"),
    ),
)
