"""Many histories over several processes: seed k plays the scenario whose turn it is."""

import gc
import multiprocessing
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from pathlib import Path

from tests.simulation.faults import Fault, Kind
from tests.simulation.opening import opened
from tests.simulation.runner import Result, run
from tests.simulation.scenarios import ROTA, SCENARIOS
from tests.simulation.standins import light_classes

CHUNK = 10  # histories handed over at once
WINDOW = 10 * len(ROTA)  # seeds within which those of one scenario are played in a row
AHEAD = 3  # chunks handed to a process before it has done one

_STANDING = ExitStack()
"""What a process of a campaign holds for as long as it lives."""

type Sabotage = Callable[[], AbstractContextManager[object]]


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

    @property
    def broken(self) -> str:
        """The first invariant that does not hold."""
        return self.violations[0].split(":", 1)[0]


@dataclass(slots=True)
class Tally:
    """What a share of the histories came to; tallies add up.

    `struck` counts histories in which every given fault found its opportunity; `cpu_s` is what they
    took of a processor, however many others wanted it.
    """

    played: int = 0
    struck: int = 0
    calls: int = 0
    virtual_s: int = 0
    faults: Counter[Kind] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    peak_mib: int = 0
    cpu_s: float = 0

    def add(self, other: "Tally") -> None:
        self.played += other.played
        self.struck += other.struck
        self.calls += other.calls
        self.virtual_s += other.virtual_s
        self.faults.update(other.faults)
        self.checks.update(other.checks)
        self.failures += other.failures
        self.peak_mib = max(self.peak_mib, other.peak_mib)
        self.cpu_s += other.cpu_s

    def count(self, task: Task, result: Result) -> None:
        self.played += 1
        self.struck += task.given is not None and len(result.fired) == len(task.given)
        self.calls += result.calls
        self.virtual_s += int(result.virtual_s)
        self.faults.update(kind for kind, _ in result.fired)
        self.checks.update(result.checks)
        if result.violations:
            self.failures.append(
                Failure(task.scenario, task.seed, task.given, result.fired, result.violations)
            )


def scenario_of(seed: int) -> str:
    return ROTA[seed % len(ROTA)]


def seeds(first: int, count: int, *, scenario: str | None = None) -> Iterator[Task]:
    return (Task(scenario or scenario_of(seed), seed) for seed in range(first, first + count))


def attempt(task: Task, *, tracing: bool = False, sabotage: Sabotage = nullcontext) -> Result:
    """Play it. An error of the simulation itself breaks the history and not the campaign."""
    scenario = SCENARIOS[task.scenario]
    try:
        return run(scenario, task.seed, given=task.given, tracing=tracing, sabotage=sabotage)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other histories go on
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        story = f"the simulation itself: {type(error).__name__} {error} at {where}"
        return Result(task.scenario, task.seed, 0, 0, 0, list(task.given or ()), [story])


def played(tasks: Sequence[Task]) -> Tally:
    """Play these one after the other, in this process."""
    tally = Tally()
    began = time.process_time()
    with light_classes():
        for task in tasks:
            tally.count(task, attempt(task))
            gc.collect()  # half a MiB of cycles, which the next history has while they are warm
            gc.freeze()  # what is left is kept for the histories to come
    tally.cpu_s = time.process_time() - began
    tally.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return tally


def campaign(
    tasks: Iterator[Task],
    *,
    jobs: int,
    tell: Callable[[Tally], None] = lambda _: None,
    until: float | None = None,
) -> Tally:
    """Play all of them, or as many as fit before `until` (of the monotonic clock).

    Raises BrokenProcessPool if one of the processes died.
    """
    total = Tally()
    chunks = _chunks(tasks, until)
    _make_ready()
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)
    try:
        under_way = {pool.submit(played, chunk) for chunk in islice(chunks, AHEAD * jobs)}
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                total.add(future.result())
            tell(total)
            under_way |= {pool.submit(played, chunk) for chunk in islice(chunks, len(done))}
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()
    return total


def _make_ready() -> None:
    """Play the openings once for all processes, and keep what is there from being collected."""
    for scenario in SCENARIOS.values():
        for start in scenario.starts:
            opened(scenario, start)
    gc.collect()
    gc.freeze()


def as_child() -> None:
    """Call in each process: it ends when it is told to, and leaves an interrupt to its parent.

    The command turns SIGTERM into an exception; raised in a simulated function here, that would
    be one more error of the function, and the process would go on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _begin() -> None:
    as_child()
    gc.disable()  # collected between histories
    _STANDING.enter_context(light_classes())


def _chunks(tasks: Iterator[Task], until: float | None) -> Iterator[list[Task]]:
    """Those of one scenario together: what it runs through is in the processor's caches then."""
    while window := list(islice(tasks, WINDOW)):
        window.sort(key=attrgetter("scenario"))
        for start in range(0, len(window), CHUNK):
            if until is not None and time.monotonic() >= until:
                return
            yield window[start : start + CHUNK]
