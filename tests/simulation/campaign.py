"""Many seeds over several processes: seed k plays scenario k modulo their number."""

import gc
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.simulation.faults import Fault, Kind
from tests.simulation.runner import Result, run
from tests.simulation.scenarios import SCENARIOS

CHUNK = 50
COLLECT = 200  # seeds between two collections: what a seed leaves behind are cycles
ROOT = Path(__file__).resolve().parents[2]
CRASHES = (Kind.CRASH_BEFORE, Kind.CRASH_EFFECT, Kind.CRASH_ANSWER)
CALM_SEED = 7  # the history whose port calls are enumerated


@dataclass(slots=True)
class Task:
    """One history: `given` replaces the faults the seed draws."""

    scenario: str
    seed: int
    given: list[Fault] | None = None


@dataclass(slots=True)
class Failure:
    scenario: str
    seed: int
    given: list[Fault] | None
    fired: list[Fault]
    violations: list[str]


@dataclass(slots=True)
class Tally:
    """What a share of the histories came to; tallies add up."""

    played: int = 0
    calls: int = 0
    virtual_s: int = 0
    faults: Counter[Kind] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    peak_mib: int = 0

    def add(self, other: "Tally") -> None:
        self.played += other.played
        self.calls += other.calls
        self.virtual_s += other.virtual_s
        self.faults += other.faults
        self.failures += other.failures
        self.peak_mib = max(self.peak_mib, other.peak_mib)

    def count(self, task: Task, result: Result) -> None:
        self.played += 1
        self.calls += result.calls
        self.virtual_s += int(result.virtual_s)
        self.faults.update(kind for kind, _ in result.fired)
        if result.violations:
            self.failures.append(
                Failure(task.scenario, task.seed, task.given, result.fired, result.violations)
            )


def seeds(first: int, count: int, *, scenario: str | None = None) -> Iterator[Task]:
    names = list(SCENARIOS)
    for seed in range(first, first + count):
        yield Task(scenario or names[seed % len(names)], seed)


def played(tasks: Sequence[Task]) -> Tally:
    """Play these one after the other, in this process."""
    tally = Tally()
    for number, task in enumerate(tasks):
        tally.count(task, run(SCENARIOS[task.scenario], task.seed, given=task.given))
        if number % COLLECT == COLLECT - 1:
            gc.collect()
    tally.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return tally


def campaign(
    tasks: Iterator[Task],
    *,
    jobs: int,
    tell: Callable[[Tally], None] = lambda _: None,
    until: float | None = None,
) -> Tally:
    """Play all of them, or as many as fit before `until` (of the monotonic clock)."""
    total = Tally()
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, initializer=_begin) as pool:
        for tally in pool.imap_unordered(played, _chunks(tasks, until)):
            total.add(tally)
            tell(total)
    return total


def _begin() -> None:
    gc.disable()


def _chunks(tasks: Iterator[Task], until: float | None) -> Iterator[list[Task]]:
    chunk: list[Task] = []
    for task in tasks:
        chunk.append(task)
        if len(chunk) == CHUNK:
            if until is not None and time.monotonic() > until:
                return
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def crash_points(scenario: str) -> list[list[Fault]]:
    """A crash before, after the effect and after the answer of every port call, each alone."""
    calls = _port_calls(scenario)
    return [[(kind, n)] for n in range(1, calls + 1) for kind in CRASHES]


def crash_pairs(scenario: str, share: float) -> tuple[int, list[list[Fault]]]:
    """How many pairs of port calls there are, and a share of them with modes drawn for each.

    After the first crash the later calls are numbered anew, so the second strikes at the call that
    then has the number.
    """
    calls = _port_calls(scenario)
    pairs = [(a, b) for a in range(1, calls + 1) for b in range(a + 1, calls + 1)]
    rng = Random(f"pairs of {scenario}")
    chosen = rng.sample(pairs, int(len(pairs) * share))
    return len(pairs), [[(rng.choice(CRASHES), a), (rng.choice(CRASHES), b)] for a, b in chosen]


def _port_calls(scenario: str) -> int:
    calm = run(SCENARIOS[scenario], CALM_SEED, given=())
    return calm.opportunities[Kind.CRASH_BEFORE]


def hashes(first: int, count: int) -> list[int]:
    """One number per seed, over every step of its history."""
    return [run(SCENARIOS[task.scenario], task.seed).hash for task in seeds(first, count)]


def unequal(first: int, count: int) -> list[int]:
    """Seeds whose history depends on how Python hashes: two processes must agree on all."""
    children = [
        subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "tests.simulation.campaign", str(first), str(count)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    said = [child.communicate()[0].split() for child in children]
    if any(child.returncode for child in children):
        raise RuntimeError("a child that was to tell its hashes failed")
    return [first + i for i, (a, b) in enumerate(zip(*said, strict=True)) if a != b]


if __name__ == "__main__":
    sys.stdout.write("\n".join(map(str, hashes(int(sys.argv[1]), int(sys.argv[2])))))
