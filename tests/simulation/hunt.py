"""Hunts every planted bug: seed after seed until an invariant breaks, or the limit is reached."""

import gc
import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

from shared.model.base import Json
from tests.simulation.campaign import as_child
from tests.simulation.mutants import MUTANTS
from tests.simulation.runner import BUG, run
from tests.simulation.sabotage import Mutant
from tests.simulation.scenarios import SCENARIOS

LIMIT = 1500  # seeds until a bug counts as one that survives
MEDIAN_MAX = 200
COLLECT = 100  # seeds between two collections


@dataclass(frozen=True, slots=True)
class Found:
    """`seeds` is how many were played until it was noticed; None when it never was."""

    mutant: str
    seeds: int | None
    scenario: str
    broke: str

    @property
    def invariant(self) -> str:
        """What told of it: the part of the story before the first colon."""
        return self.broke.split(":", 1)[0]


def hunted(mutant: Mutant, *, limit: int = LIMIT) -> Found:
    """Play the mutant's scenarios in turn until something breaks that holds without it.

    A mutant that only makes its function raise what no program should raise is not found by that.
    """
    for number in range(limit):
        name = mutant.scenarios[number % len(mutant.scenarios)]
        found = run(SCENARIOS[name], number, sabotage=mutant.planted).violations
        crashes = any(story.startswith(BUG) for story in found)
        if found and not crashes and not run(SCENARIOS[name], number).violations:
            return Found(mutant.name, number + 1, name, found[0][:200])
        if number % COLLECT == COLLECT - 1:
            gc.collect()
    return Found(mutant.name, None, "", "")


def of_scenario(name: str | None) -> list[Mutant]:
    """Those that are hunted in a scenario, and there alone; all of them if none is named."""
    if name is None:
        return list(MUTANTS)
    return [replace(one, scenarios=(name,)) for one in MUTANTS if name in one.scenarios]


def hunt(
    *,
    jobs: int,
    say: Callable[[str], None] = lambda _: None,
    limit: int = LIMIT,
    mutants: Sequence[Mutant] = MUTANTS,
) -> dict[str, Json]:
    """All of these; `ok` when every one was found and half of them within 200 seeds.

    Processes are begun once and before any thread of ours, so that ending early ends them too.
    """
    began = time.monotonic()
    results: list[Found] = []
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, initializer=_begin) as pool:
        for found in pool.imap_unordered(partial(hunted, limit=limit), mutants, chunksize=1):
            results.append(found)
            say(f"{found.seeds or 'SURVIVES':>8}  {found.mutant}: {found.broke[:100]}")
    return report(results, mutants, seconds=time.monotonic() - began, limit=limit)


def _begin() -> None:
    as_child()
    gc.disable()  # collected between seeds


def report(
    results: Sequence[Found], mutants: Sequence[Mutant], *, seconds: float, limit: int
) -> dict[str, Json]:
    """A survivor counts with the limit in the median."""
    breaks = {mutant.name: mutant.breaks for mutant in mutants}
    alive: list[Json] = [r.mutant for r in results if r.seeds is None]
    middle = int(median(r.seeds if r.seeds is not None else limit for r in results))
    listed: list[Json] = [
        {
            "mutant": r.mutant,
            "breaks": breaks[r.mutant],
            "found": r.seeds is not None,
            "seeds": r.seeds,
            "invariant": r.invariant,
            "scenario": r.scenario,
            "broke": r.broke,
        }
        for r in sorted(results, key=lambda r: (r.seeds or limit + 1, r.mutant))
    ]
    return {
        "ok": not alive and middle <= MEDIAN_MAX,
        "mutants": len(results),
        "found": len(results) - len(alive),
        "survive": alive,
        "median_seeds": middle,
        "limit": limit,
        "seconds": round(seconds, 1),
        "detections": listed,
    }


def as_json(said: dict[str, Json]) -> str:
    return json.dumps(said, indent=2)


def table(said: dict[str, Any]) -> str:
    """A line for each mutant, and the sum of it."""
    rows = [("mutant", "found", "seeds", "invariant")]
    rows += [
        (d["mutant"], "yes" if d["found"] else "NO", str(d["seeds"] or "-"), d["invariant"])
        for d in said["detections"]
    ]
    lines = [f"{name:52}  {found:5}  {seeds:>5}  {by}".rstrip() for name, found, seeds, by in rows]
    sums = f"{said['found']} of {said['mutants']} found, median {said['median_seeds']} seeds"
    return "\n".join([*lines, "", f"{sums}, {said['seconds']} s"])
