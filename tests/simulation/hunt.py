"""Hunts every planted bug: seed after seed until an invariant breaks, or the limit is reached."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from shared.model.base import Json
from tests.simulation.campaign import as_child
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS

LIMIT = 600  # seeds until a bug counts as one that survives
MEDIAN_MAX = 200


@dataclass(frozen=True, slots=True)
class Found:
    """`seeds` is how many were played until it was noticed; None when it never was."""

    mutant: str
    seeds: int | None
    scenario: str
    broke: str


def hunted(mutant: Mutant, *, limit: int = LIMIT) -> Found:
    """Play the mutant's scenarios in turn until something breaks."""
    for number in range(limit):
        name = mutant.scenarios[number % len(mutant.scenarios)]
        found = run(SCENARIOS[name], number, sabotage=mutant.planted).violations
        if found:
            return Found(mutant.name, number + 1, name, found[0][:200])
    return Found(mutant.name, None, "", "")


def hunt(*, jobs: int, say: Callable[[str], None], limit: int = LIMIT) -> dict[str, Json]:
    """All of them; `ok` when every one was found and half of them within 200 seeds."""
    began = time.monotonic()
    results: list[Found] = []
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, initializer=as_child, maxtasksperchild=4) as pool:
        for found in pool.imap_unordered(hunted, MUTANTS, chunksize=1):
            results.append(found)
            say(f"{found.seeds or 'SURVIVES':>8}  {found.mutant}: {found.broke[:100]}")
    return _report(results, time.monotonic() - began, limit)


def _report(results: list[Found], seconds: float, limit: int) -> dict[str, Json]:
    alive: list[Json] = [r.mutant for r in results if r.seeds is None]
    middle = int(median(r.seeds if r.seeds is not None else limit for r in results))
    listed: list[Json] = [
        {"mutant": r.mutant, "seeds": r.seeds, "scenario": r.scenario, "broke": r.broke}
        for r in sorted(results, key=lambda r: r.seeds or limit + 1)
    ]
    return {
        "ok": not alive and middle <= MEDIAN_MAX,
        "mutants": len(results),
        "found": len(results) - len(alive),
        "survive": alive,
        "median_seeds": middle,
        "seconds": round(seconds, 1),
        "detections": listed,
    }
