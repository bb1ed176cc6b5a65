"""Planted bugs where prices go by bulk operation."""

from tests.simulation.sabotage import Mutant, mutant

OVERTAKEN = ("a bulk operation is overtaken",)
COMPANIES = ("companies pay by a price list",)
BULK_CLASS = "shared.connectors.shopify.bulk:Bulk."
RECEIPTS = "shared.domain.receipts:"

BULK: tuple[Mutant, ...] = (
    mutant(
        "lists are not read back",
        "A list that says something else than was wished is taken for right.",
        COMPANIES,
        (
            "shared.connectors.shopify.price_lines:PriceLines.shown",
            "segments = self.lists.shown(variants)",
            "segments = {p.key: mapping.parse_price(p.desired).segments for p in pushes}",
        ),
    ),
    mutant(
        "what overtook a bulk operation counts at once",
        "A line of it that lands later puts the old price back, and nobody looks.",
        OVERTAKEN,
        (
            RECEIPTS + "overtaken",
            'update={"state": TargetState.IN_DOUBT, "attempts": (*settled.attempts[:-1], kept)}',
            "update={}",
        ),
    ),
    mutant(
        "the result of a bulk operation settles what overtook it",
        "Which of the two landed last is not known from it.",
        OVERTAKEN,
        (
            RECEIPTS + "decided",
            "if last.overtook or (outcome.verdict is Verdict.APPLIED and other):",
            "if outcome.verdict is Verdict.APPLIED and last.version < 0:",
        ),
    ),
    mutant(
        "a bulk operation that expired counts as run",
        "Lines that were never run are taken for shown.",
        OVERTAKEN,
        (
            BULK_CLASS + "decided",
            "outcome = self._judged(push, receipt, result) if result else None",
            "outcome = Outcome(key=push.key, verdict=Verdict.APPLIED, shown=push.desired)",
        ),
    ),
    mutant(
        "a line that a result does not hold counts as shown",
        "Of a result that is cut off nobody reads back the rest.",
        OVERTAKEN,
        (
            BULK_CLASS + "decided",
            "if outcome is not None:",
            (
                "outcome = outcome or Outcome(\n"
                "            key=push.key, verdict=Verdict.APPLIED, shown=push.desired)\n"
                "        if outcome:"
            ),
        ),
    ),
    mutant(
        "a file that was refused counts as uploaded",
        "An operation that never began is waited for, and its lines are taken for shown.",
        OVERTAKEN,
        (
            BULK_CLASS + "_begun",
            "path = self._uploaded(_file(groups))",
            (
                "path = str(self._off_until)\n"
                "        try: path = self._uploaded(_file(groups))\n"
                "        except SyncError: return 'gid://shopify/BulkOperation/0', "
                "Verdict.APPLIED, began"
            ),
        ),
    ),
)
