"""Rules of stock under faults: shares and caps, kits, a snapshot without a unit, a silent source.

What each channel should show is worked out here by hand from the ERP's books, for I3.
"""

from collections import Counter
from functools import partial

from shared.flows.approvals import Approvals, Said
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.steps import Decision
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread
from tests.simulation.truth import Truth

PLACES = ("london", "leeds")
SIZES = ("S", "M", "L", "XL")
CAP, BUFFER, LEAST, UNITS = 5, 2, 2, 8
KIT = {"HAT-M": 2, "CAP-M": 1}

_SHARES = f"""
[[stock_rules]]
channels = ["outlet"]
cap = {CAP}

[[stock_rules]]
channels = ["outlet"]
locations = ["leeds"]
buffer = {BUFFER}

[[allocations]]
name = "both"
by = "share"
parts = [{{ channel = "shop", weight = 3 }}, {{ channel = "outlet", weight = 2 }}]
"""
_KITS = """
[kits]
per_component = 3

[[kits.defined]]
sku = "SET-M"
components = [{ sku = "HAT-M", quantity = 2 }, { sku = "CAP-M" }]
"""
_HELD = f"""
[stock_guards.zeroed]
percent = 1
least = {LEAST}
within_minutes = 60
hold_minutes = 40
"""
_SILENT = """
[stock_guards.stale]
after_minutes = 12
then = "suppress"
"""


def _free(truth: Truth, sku: str) -> Counter[str]:
    """What lies there and nobody ordered, of itself; below 0 where all places lack it."""
    return truth.left_of(sku, truth.open_units(sku))


# shares


def _two_sizes(play: Play) -> None:
    catalogue(play, "M", "L", units=12, leeds=7)


def _shared(play: Play) -> None:
    """Both shops sell from both places, while goods come and go."""
    for at in spread(play, 90 * SECOND, some(play, 4)):
        sku, shop = play.rng.choice(("HAT-M", "HAT-L")), play.rng.choice(play.world.shops)
        play.later(at, partial(play.order, shop, (sku, play.rng.randint(1, 3))))
    for at in spread(play, 80 * SECOND, some(play, 3)):
        plant, storage = play.rng.choice((("1710", "171A"), ("1720", "172A")))
        sku, units = play.rng.choice(("HAT-M", "HAT-L")), play.rng.randint(-4, 9)
        play.later(at, partial(play.stock, sku, units, plant=plant, storage=storage))


def shares(truth: Truth, shop: str, sku: str) -> dict[str, int]:
    """Three of five units for the shop, two for the outlet, unit by unit; then its own reserves."""
    found = {}
    for place in PLACES:
        parts = {"shop": 0, "outlet": 0}
        for _ in range(max(0, _free(truth, sku)[place])):
            weights = {"shop": 3 / (parts["shop"] + 1), "outlet": 2 / (parts["outlet"] + 1)}
            parts["shop" if weights["shop"] >= weights["outlet"] else "outlet"] += 1
        found[place] = parts[shop]
    if shop == "outlet":
        found["leeds"] = max(0, found["leeds"] - BUFFER)
        found["london"] = min(found["london"], CAP)
        found["leeds"] = min(found["leeds"], CAP - found["london"])
    return found


# kits


def _kit_open(play: Play) -> None:
    for product, units in (("HAT", 11), ("CAP", 6), ("SET", 0)):
        catalogue(play, "M", product=product, units=units, leeds=units // 2)
    play.truth.on_hand.pop("SET-M")  # it is sold, and never there


def _kits(play: Play) -> None:
    """Hats, caps and sets of both are sold at once, while goods come and go."""
    for at in spread(play, 90 * SECOND, some(play, 4)):
        sku = play.rng.choice(("HAT-M", "CAP-M", "SET-M"))
        play.later(20 * SECOND + at, partial(play.order, "shop", (sku, play.rng.randint(1, 2))))
    for at in spread(play, 80 * SECOND, some(play, 3)):
        sku, units = play.rng.choice(("HAT-M", "CAP-M")), play.rng.randint(-2, 6)
        play.later(at, partial(play.stock, sku, units))


def kits(truth: Truth, shop: str, sku: str) -> dict[str, int]:
    """Of a component what sets left of it, of a set what its scarcest component makes."""
    del shop
    sets = truth.open_units("SET-M")
    free = {}
    for part, each in KIT.items():
        taken = truth.open_units(part)
        for place in PLACES:
            taken[place] += sets[place] * each
        free[part] = truth.left_of(part, taken)
    if sku != "SET-M":
        return {place: max(0, free[sku][place]) for place in PLACES}
    return {
        place: max(0, min(free[part][place] // each for part, each in KIT.items()))
        for place in PLACES
    }


# an empty catalogue


def _catalogue(play: Play) -> None:
    catalogue(play, *SIZES, units=UNITS)


def _emptied(play: Play) -> None:
    """The ERP tells of nothing left, of all articles one by one; then somebody approves."""
    for at, size in zip(spread(play, 40 * SECOND, len(SIZES)), SIZES, strict=True):
        play.later(20 * SECOND + at, partial(play.stock, f"HAT-{size}", -UNITS))
    play.later(110 * SECOND, partial(_approved, play))


def _approved(play: Play) -> None:
    """What waits by then is approved, once it is known how much was off sale before."""
    gone = [
        variant.sku
        for variant in play.world.vendors["shop"].shop.variants.values()
        if not any(level.available > 0 for level in variant.levels.values())
    ]
    play.notes["gone"] = len(gone)
    play.world.engine.note(f"somebody approves; off sale are {gone}")
    _approve(play)


def _approve(play: Play) -> None:
    world = play.world
    approvals = Approvals(world.store, world.stage.clock, world.retailer)
    waiting = list(approvals._every("shop"))  # noqa: SLF001 - as the list shows it
    approvals.rule(Said(Decision.APPROVED, "anna", "counted"), [one.named for one in waiting])
    if len(waiting) < len(SIZES) - LEAST:  # what is told of later is approved later
        world.engine.at(2 * MINUTE, partial(_approve, play))


def _held_until_approved(play: Play) -> list[str]:
    gone = play.notes.get("gone", 0)
    if isinstance(gone, int) and gone > LEAST:
        return [f"{gone} articles were off sale before anybody approved, at most {LEAST} may be"]
    return []


def none_left(truth: Truth, shop: str, sku: str) -> dict[str, int]:
    """None; or what there was, where it is listed as waiting because it was told of late."""
    rows = truth.world.store.rows(Table.CONTROL)
    if any(row.key.pk == f"held#{shop}" and row.key.sk == f"{sku}#stock" for row in rows):
        return {"london": UNITS, "leeds": 0}
    return {place: max(0, _free(truth, sku)[place]) for place in PLACES}


# a source that falls silent


def _silent(play: Play) -> None:
    """The ERP cannot be reached for longer than the file allows, then it can."""
    play.later(15 * SECOND, partial(play.out, "erp", 15 * MINUTE))
    play.later(15 * MINUTE, partial(_look, play))


def _look(play: Play) -> None:
    levels = {
        variant.sku: sum(level.available for level in variant.levels.values())
        for variant in play.world.vendors["shop"].shop.variants.values()
    }
    play.notes["silent"] = levels
    play.world.engine.note(f"the ERP was silent for long; the shop offers {levels}")


def _suppressed_and_told(play: Play) -> list[str]:
    found = []
    if any(dict(play.notes["silent"]).values()):  # type: ignore[call-overload]
        found.append(f"levels of a silent source were shown: {play.notes['silent']}")
    rows = play.world.store.rows(Table.ISSUES)
    told = [str(r.body["state"]) for r in rows if r.body["kind"] == IssueKind.STOCK_STALE]
    if told != ["solved"]:
        found.append(f"that the source was silent is {told or 'not told of'}, not solved")
    return found


RULES = (
    Scenario(
        "two shops divide what is there",
        _two_sizes,
        _shared,
        shops=("shop", "outlet"),
        rules=_SHARES,
        expected=shares,
    ),
    Scenario("a kit sold beside its parts", _kit_open, _kits, rules=_KITS, expected=kits),
    Scenario(
        "a snapshot without a unit",
        _catalogue,
        _emptied,
        reads=(Entity.STOCK,),
        rules=_HELD,
        expected=none_left,
        check=_held_until_approved,
    ),
    Scenario(
        "a source falls silent",
        _two_sizes,
        _silent,
        chaos_ms=18 * MINUTE,
        beats=1,
        poll_minutes=5,
        reads=(Entity.STOCK,),
        kinds=(),
        rules=_SILENT,
        check=_suppressed_and_told,
    ),
)
