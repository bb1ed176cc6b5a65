"""What `shelfwire simulate` does: plays histories, reports, and says how to replay a failure."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from shared.model.base import Json
from tests.simulation.campaign import (
    Failure,
    Tally,
    Task,
    campaign,
    crash_pairs,
    crash_points,
    seeds,
    unequal,
)
from tests.simulation.invariants import INVARIANTS
from tests.simulation.runner import run
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.shrink import fewest

PAIRED = "snapshot crossing deltas"  # few port calls, all kinds of functions but the sender
SHRUNK = 3  # failures looked into closely; the others are listed

type Say = Callable[[str], None]


def simulate(
    *, count: int, jobs: int, first: int, scenario: str | None, say: Say, minutes: int | None = None
) -> dict[str, Json]:
    """Play `count` seeds from `first`, or as many as fit into `minutes`."""
    began = time.monotonic()
    until = began + minutes * 60 if minutes else None
    tally = campaign(
        seeds(first, count, scenario=scenario), jobs=jobs, tell=_progress(say, count), until=until
    )
    return _report(tally, began, jobs) | {"first_seed": first}


def nightly(*, jobs: int, minutes: int, say: Say) -> dict[str, Json]:
    """New seeds each day: they begin where the day's number points."""
    first = int(datetime.now(UTC).strftime("%Y%m%d")) * 10_000_000
    return simulate(
        count=10_000_000, jobs=jobs, first=first, scenario=None, say=say, minutes=minutes
    )


def crashes(*, jobs: int, pairs: float, say: Say) -> dict[str, Json]:
    """Every single crash point of every scenario, and a share of the pairs of one."""
    began = time.monotonic()
    tasks: list[Task] = []
    singles: dict[str, Json] = {}
    for name in SCENARIOS:
        points = crash_points(name)
        singles[name] = len(points)
        tasks += [Task(name, 7, given) for given in points]
    say(f"{len(tasks)} single crash points in {len(singles)} scenarios")
    one = campaign(iter(tasks), jobs=jobs, tell=_progress(say, len(tasks)))
    there, chosen = crash_pairs(PAIRED, pairs)
    say(f"{len(chosen)} of {there} pairs in {PAIRED!r}")
    two = campaign(
        iter(Task(PAIRED, 7, given) for given in chosen),
        jobs=jobs,
        tell=_progress(say, len(chosen)),
    )
    both = Tally()
    both.add(one)
    both.add(two)
    return _report(both, began, jobs) | {
        "singles": {"enumerated": len(tasks), "run": one.played, "failed": len(one.failures)},
        "singles_by_scenario": singles,
        "pairs": {"there_are": there, "run": two.played, "failed": len(two.failures)},
    }


def determinism(*, count: int, first: int) -> dict[str, Json]:
    """The same seeds under two values of PYTHONHASHSEED."""
    differ: list[Json] = list(unequal(first, count))
    return {"ok": not differ, "seeds": count, "first_seed": first, "differ": differ}


def story(*, scenario: str, seed: int) -> tuple[list[str], list[str]]:
    """The steps of one history, and what it broke."""
    result = run(SCENARIOS[scenario], seed, tracing=True)
    return result.story or [], result.violations


def scenario_of(seed: int) -> str:
    names = list(SCENARIOS)
    return names[seed % len(names)]


def _report(tally: Tally, began: float, jobs: int) -> dict[str, Json]:
    seconds = max(time.monotonic() - began, 0.001)
    return {
        "ok": not tally.failures,
        "seeds": tally.played,
        "jobs": jobs,
        "violations": len(tally.failures),
        "failures": _told(tally.failures),
        "seconds": round(seconds, 1),
        "seeds_per_second": round(tally.played / seconds, 1),
        "port_calls": tally.calls,
        "virtual_hours": tally.virtual_s // 3600,
        "invariants": len(INVARIANTS),
        "checks": len(INVARIANTS) * tally.played,
        "faults": {str(kind): n for kind, n in sorted(tally.faults.items())},
        "peak_mib_per_process": tally.peak_mib,
    }


def _told(failures: Iterable[Failure]) -> list[Json]:
    found: list[Json] = []
    for number, failure in enumerate(failures):
        told: dict[str, Json] = {
            "scenario": failure.scenario,
            "seed": failure.seed,
            "broke": list[Json](failure.violations[:3]),
            "replay": f'shelfwire simulate --scenario "{failure.scenario}" '
            f"--seed {failure.seed} --trace",
        }
        if failure.given is not None:
            told["given"] = [f"{kind.name} {n}" for kind, n in failure.given]
        elif number < SHRUNK:
            few = fewest(failure)
            told["fewest_faults"] = None if few is None else [f"{k.name} {n}" for k, n in few]
        found.append(told)
        if number >= 50:
            break
    return found


def _progress(say: Say, count: int) -> Callable[[Tally], None]:
    began = time.monotonic()
    last = began

    def tell(tally: Tally) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= 10:
            last = now
            rate = tally.played / (now - began)
            bad = len(tally.failures)
            say(f"{tally.played} of {count}, {rate:.0f} a second, {bad} violations")

    return tell
