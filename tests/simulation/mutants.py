"""Planted bugs: each is a line of the deployed code, put another way, that must not go unnoticed.

They are the proof that a green simulation means something. What cannot be seen from outside, and
so is no mutant here, is said in `docs/simulation.md`.
"""

import sys
from argparse import ArgumentParser

from tests.simulation.mutants_books import BOOKS
from tests.simulation.mutants_bulk import BULK
from tests.simulation.mutants_changes import CHANGES
from tests.simulation.mutants_channels import CHANNELS
from tests.simulation.mutants_checkouts import CHECKOUTS
from tests.simulation.mutants_enrichment import ENRICHMENT
from tests.simulation.mutants_gone import GONE
from tests.simulation.mutants_guardrails import GUARDRAILS
from tests.simulation.mutants_hooks import HOOKS
from tests.simulation.mutants_markets import MARKETS
from tests.simulation.mutants_messages import MESSAGES
from tests.simulation.mutants_movements import MOVEMENTS
from tests.simulation.mutants_notices import NOTICES
from tests.simulation.mutants_open import OPEN
from tests.simulation.mutants_orders import ORDERS
from tests.simulation.mutants_oversold import OVERSOLD
from tests.simulation.mutants_owners import OWNERS
from tests.simulation.mutants_pacing import PACING
from tests.simulation.mutants_refunds import REFUNDS
from tests.simulation.mutants_rejected import REJECTED
from tests.simulation.mutants_returns import RETURNS
from tests.simulation.mutants_rules import RULES
from tests.simulation.mutants_shipments import SHIPMENTS
from tests.simulation.mutants_twice import TWICE
from tests.simulation.sabotage import Mutant

__all__ = ["MUTANTS", "Mutant"]

MUTANTS: tuple[Mutant, ...] = (
    *ORDERS,
    *CHANGES,
    *REFUNDS,
    *RETURNS,
    *CHANNELS,
    *MESSAGES,
    *GUARDRAILS,
    *CHECKOUTS,
    *ENRICHMENT,
    *OWNERS,
    *BULK,
    *RULES,
    *MOVEMENTS,
    *PACING,
    *BOOKS,
    *NOTICES,
    *OVERSOLD,
    *HOOKS,
    *GONE,
    *OPEN,
    *SHIPMENTS,
    *TWICE,
    *REJECTED,
    *MARKETS,
)


def main() -> int:
    """`python -m tests.simulation.mutants [--json] [--jobs 2] [--limit 600]`."""
    from tests.simulation.hunt import LIMIT, as_json, hunt, table  # noqa: PLC0415 - it hunts these

    parser = ArgumentParser(description="Plant each bug and hunt it.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=LIMIT)
    wish = parser.parse_args()
    report = hunt(jobs=wish.jobs, limit=wish.limit, say=_say)
    sys.stdout.write((as_json(report) if wish.json else table(report)) + "\n")
    return 0 if report["ok"] else 1


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
