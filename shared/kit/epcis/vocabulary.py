"""What business steps and dispositions of the Core Business Vocabulary mean for stock.

Source: GS1 CBV 2.0, sections 7.1 (business steps) and 7.2 (dispositions). Which status of ours a
disposition stands for is our choice where several are near.
"""

import re
from typing import Final

from shared.model.movement import MovementKind as Kind
from shared.model.movement import StockStatus as Status

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

COUNTING: Final = frozenset({"cycle_counting", "stock_taking"})
NOTHING_MOVES: Final = frozenset(
    {
        "accepting",
        "arriving",
        "collecting",
        "consigning",
        "departing",
        "encoding",
        "entering_exiting",
        "loading",
        "packing",
        "sensor_reporting",
        "staging_outbound",
        "stocking",
        "storing",
        "transporting",
        "unloading",
        "unpacking",
    }
)
"""Steps of goods that stay where they are in the books, or whose shipping and receiving counts."""

STEPS: Final = {
    "receiving": Kind.RECEIPT,  # or a return, or a transfer's arrival
    "shipping": Kind.SHIP,  # or a transfer's departure
    "retail_selling": Kind.SHIP,
    "dispensing": Kind.SHIP,
    "picking": Kind.PICK,
    "reserving": Kind.PICK,
    "destroying": Kind.SCRAP,
    "decommissioning": Kind.SCRAP,
    "holding": Kind.RECLASSIFY,
    "inspecting": Kind.RECLASSIFY,
}
STATUSES: Final = {
    "sellable_accessible": Status.AVAILABLE,
    "sellable_not_accessible": Status.AVAILABLE,
    "available": Status.AVAILABLE,
    "reserved": Status.RESERVED,
    "returned": Status.QUALITY_INSPECTION,
    "non_sellable_other": Status.QUARANTINE,
    "non_conformant": Status.QUARANTINE,
    "no_pedigree_match": Status.QUARANTINE,
    "damaged": Status.DAMAGED,
    "needs_replacement": Status.DAMAGED,
    "unavailable": Status.BLOCKED,
    "recalled": Status.BLOCKED,
    "expired": Status.BLOCKED,
    "in_transit": Status.IN_TRANSIT,
}
NO_STATUS: Final = frozenset(
    {
        "active",
        "conformant",
        "destroyed",
        "dispensed",
        "disposed",
        "in_progress",
        "inactive",
        "mismatch_class",
        "mismatch_instance",
        "mismatch_quantity",
        "retail_sold",
        "unknown",
    }
)
"""Dispositions that leave it to the step in what state goods are."""

DISPOSITIONS: Final = {
    Status.AVAILABLE: "sellable_accessible",
    Status.RESERVED: "reserved",
    Status.QUALITY_INSPECTION: "returned",
    Status.QUARANTINE: "non_sellable_other",
    Status.DAMAGED: "damaged",
    Status.BLOCKED: "unavailable",
    Status.IN_TRANSIT: "in_transit",
}

# UN/ECE Recommendation 20; each stands for one piece of what the identifier names.
PIECES: Final = frozenset({"C62", "EA", "H87", "PCE"})
UNITS: Final = {"KGM": "KG", "GRM": "G", "LTR": "L", "MLT": "ML", "MTR": "M", "CMT": "CM"}
CODES: Final = {ours: code for code, ours in UNITS.items()}


def bare(word: str) -> str:
    """`shipping`, whether it came so, as a URN or as a web URI of the vocabulary."""
    return re.sub(r"^.*[/:](?:BizStep-|Disp-|BTT-|SDT-)?", "", word)
