"""Planted bugs in what holds prices back: limits, measures, approvals, the list of what waits."""

from tests.simulation.sabotage import Mutant, mutant

WRONG, WHOLESALE = "prices typed wrong", "a price list goes wrong"
PROMOTION = "a promotion beyond the limits"
COURT, GUARDING = "shared.domain.guardrails:_Court.", "shared.flows.guarding:Guarding."

GUARDRAILS: tuple[Mutant, ...] = (
    mutant(
        "no limit is looked at",
        "A price that is typed wrong is sent like any other.",
        (WRONG,),
        (COURT + "_reasons", "if found:", "found = ()\n    if found:"),
    ),
    mutant(
        "a value that was never shown is a measure",
        "Two steps within the limits, of which the shop sees only the sum, go out.",
        (WRONG,),
        (COURT + "present", "self.guard.regular or self.guard.let", "self.guard.let"),
    ),
    mutant(
        "an approval is of the article",
        "Whatever is asked for after somebody approved another price goes out.",
        (WRONG,),
        ("shared.domain.guardrails:_kept", "asked = {", "asked = {r.name for r in rulings} | {"),
        (
            "shared.model.target:Guard.ruling",
            "if r.name == name and not r.lapsed",
            "if not r.lapsed",
        ),
    ),
    mutant(
        "what is held is not listed",
        "A price waits, and nobody can see it.",
        (WRONG,),
        (GUARDING + "listed", "writes += _entry(key, change.waits, rows.get(key))", "pass"),
    ),
    mutant(
        "what waits no more stays on the list",
        "People are asked about prices that nobody asks for any more.",
        (WRONG,),
        (
            "shared.flows.guarding:_entry",
            "return [Delete(key, rev)] if row else []",
            "return []",
        ),
    ),
    mutant(
        "a held price keeps what is shown",
        "A promotion whose way back is held goes on for good.",
        (PROMOTION,),
        (COURT + "_held", "value = shown if stays", "value = shown if shown"),
    ),
    mutant(
        "moved prices are not counted",
        "A price list that goes wrong is published whole.",
        (WHOLESALE,),
        (
            "shared.flows.moves:reserve",
            "refused = moved > limit.most(window.size)",
            "refused = False",
        ),
    ),
    mutant(
        "moved prices are counted and go out all the same",
        "What has no room any more is not held.",
        (WHOLESALE,),
        (GUARDING + "guarded", "if full:", "if False:"),
    ),
    mutant(
        "an exception about what waits is never solved",
        "People look for prices that went out long ago.",
        (WRONG,),
        ("shared.flows.waiting:WaitingTold._told", "elif opened:", "elif False:"),
    ),
)
