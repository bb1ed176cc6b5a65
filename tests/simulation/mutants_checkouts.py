"""Planted bugs where checkouts reserve units and orders take them over."""

from tests.simulation.sabotage import Mutant, mutant

LATE = """lines, short = self._sellable.placed(wish, kin, dealt=dealt)
    rows = self.store.get(_cards(wish))"""
FLASH = ("a flash sale",)
SHARDS = "shared.flows.shards:Shards."
KITS = ("a kit and its part at the checkout",)
CROWD = ("fifty checkouts want the last unit",)
RESERVE = "shared.flows.reserve:Reservations."

CHECKOUTS: tuple[Mutant, ...] = (
    mutant(
        "a reservation is written row by row",
        "Of two who reserve the last unit both are told that they have it.",
        CROWD,
        (RESERVE + "_held", "self.store.commit_together(writes)", "any(self.store.commit(writes))"),
    ),
    mutant(
        "cards are read after what may be sold",
        "A unit taken between the two readings is promised again.",
        CROWD,
        (
            RESERVE + "_held",
            "lines, short = self._sellable.placed(wish, kin, dealt=dealt)",
            LATE,
        ),
    ),
    mutant(
        "what expires gives nothing back",
        "Units of a checkout that was left are never sold again.",
        CROWD,
        (RESERVE + "_freed", "partial(ended, known)", "lambda card: card"),
    ),
    mutant(
        "an order does not take its reservation over",
        "Its units count twice until the reservation expires.",
        CROWD,
        (
            "shared.flows.holds:write_holds",
            "taken = _reservation(store, rows.get(pointer))",
            "taken = None",
        ),
    ),
    mutant(
        "what is left in counters is gathered and still counts as dealt",
        "The last units of a flash sale are stranded.",
        FLASH,
        (SHARDS + "gather", "rest[of[key]] -= counter.units or 0", "pass"),
    ),
    mutant(
        "a drawn reservation gives nothing back",
        "What checkouts let go of in a flash sale is never sold again.",
        FLASH,
        ("shared.domain.reservations:ended", "- line.quantity", ""),
    ),
    mutant(
        "counters are not emptied when they are gathered",
        "Units are sold from the card and from the counters.",
        FLASH,
        (SHARDS + "gather", "-(r.units or 0)", "0"),
    ),
    mutant(
        "counters are drawn from by whoever asks",
        "In a flash sale a channel sells what its rules keep from it.",
        FLASH,
        (SHARDS + "location", "channel not in known.channels", "False"),
    ),
    mutant(
        "a kit's promise leaves its components' cards alone",
        "Who looked before it has the same units promised, as the component.",
        KITS,
        ("shared.flows.sellable:parts_of", "if part not in kin", "if False"),
    ),
    mutant(
        "a component is promised by what its kits told it last",
        "Units that a kit took a moment ago are promised again.",
        KITS,
        ("shared.flows.kits_now:_links", '"promised": held_at(_card(kit, facts))', ""),
    ),
    mutant(
        "a kit is promised by what its components told it last",
        "Units that were taken by themselves a moment ago are promised in a kit again.",
        KITS,
        ("shared.flows.kits_now:KitsNow._part", '"free":', '"as_of": now, "unused":'),
    ),
)
