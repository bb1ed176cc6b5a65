"""What `shelfwire simulate` does: plays histories, reports, and says how to replay a failure."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

from shared.model.base import Json
from tests.simulation import crashes as crash
from tests.simulation.campaign import (
    Failure,
    Tally,
    Task,
    attempt,
    campaign,
    scenario_of,
    seeds,
)
from tests.simulation.determinism import unequal
from tests.simulation.faults import Fault
from tests.simulation.regressions import entry, faults, spelled
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.shrink import fewest

PAIRED = "an order nobody can read"  # few port calls, yet every function and an order to the ERP
SHRUNK = 3  # failures looked into closely; the others are listed
LISTED = 50
NONE = "none"  # how no faults at all are asked for
DAY = 10_000_000  # seeds there are for a night


class Watch(Protocol):
    """Who is told while it lasts; `over` gives whom to tell how many were played and were bad."""

    def say(self, line: str) -> None: ...

    def over(
        self, what: str, total: int | None
    ) -> AbstractContextManager[Callable[[int, int], None]]: ...


def simulate(
    *, count: int, jobs: int, first: int, scenario: str | None, watch: Watch
) -> dict[str, Json]:
    """Play `count` seeds from `first`."""
    began = time.monotonic()
    tally = _played(seeds(first, count, scenario=scenario), jobs, watch, "seeds", count)
    return _report([tally], began, jobs, watch) | {"first_seed": first}


def nightly(*, jobs: int, minutes: int, watch: Watch) -> dict[str, Json]:
    """New seeds each day, for so many minutes: they begin where the day's number points."""
    began = time.monotonic()
    first = int(datetime.now(UTC).strftime("%Y%m%d")) * DAY
    tasks = seeds(first, DAY)
    tally = _played(tasks, jobs, watch, f"{minutes} minutes", None, until=began + minutes * 60)
    return _report([tally], began, jobs, watch) | {"first_seed": first}


def crashes(*, jobs: int, pairs: float, scenario: str | None, watch: Watch) -> dict[str, Json]:
    """Every single crash point of every scenario, or of this one, and a share of pairs of one.

    One that was counted and struck nothing when it was played is not proven, and is not `ok`.
    """
    began = time.monotonic()
    names = [scenario] if scenario else list(SCENARIOS)
    found = {name: crash.points(name) for name in names}
    alone = [Task(name, crash.CALM_SEED, [at]) for name, at_all in found.items() for at in at_all]
    paired = scenario or PAIRED
    there, chosen = crash.pairs(paired, pairs)
    one = _played(iter(alone), jobs, watch, "crash points", len(alone))
    both = (Task(paired, crash.CALM_SEED, two) for two in chosen)
    two = _played(both, jobs, watch, "pairs of them", len(chosen))
    by_scenario: dict[str, Json] = {name: len(at_all) for name, at_all in found.items()}
    report = _report([one, two], began, jobs, watch)
    return report | {
        "ok": bool(report["ok"]) and one.struck == len(alone),
        "singles": {"enumerated": len(alone), **_ran(one), "by_scenario": by_scenario},
        "pairs": {"scenario": paired, "there_are": there, "chosen": len(chosen), **_ran(two)},
    }


def determinism(*, count: int, first: int) -> dict[str, Json]:
    """The same seeds under two values of PYTHONHASHSEED."""
    differ: list[Json] = list(unequal(first, count))
    return {"ok": not differ, "seeds": count, "first_seed": first, "differ": differ}


def given(text: str) -> list[Fault]:
    """Faults as `--given` names them: `CRASH_BEFORE 9, LOST 2`, or none. Raises ValueError."""
    return [] if text.strip() == NONE else faults(text.split(","))


def story(
    *, scenario: str | None, seed: int, given: Collection[Fault] | None, watch: Watch, trace: bool
) -> dict[str, Json]:
    """One history: its steps if they are asked for, and what it broke."""
    name = scenario or scenario_of(seed)
    task = Task(name, seed, None if given is None else list(given))
    result = attempt(task, tracing=trace)
    for step in result.story or ():
        watch.say(step)
    return {
        "ok": not result.violations,
        "scenario": name,
        "seed": seed,
        "struck": list[Json](map(spelled, result.fired)),
        "broke": list[Json](result.violations),
    }


def _played(
    tasks: Iterable[Task],
    jobs: int,
    watch: Watch,
    what: str,
    total: int | None,
    until: float | None = None,
) -> Tally:
    said = 0

    def told(tally: Tally) -> None:
        nonlocal said
        for broken in tally.failures[said:LISTED]:  # at once: the rest may take an hour
            watch.say(f"{broken.scenario}, seed {broken.seed}: {broken.violations[0]}")
        said = len(tally.failures)
        tell(tally.played, said)

    with watch.over(what, total) as tell:
        return campaign(iter(tasks), jobs=jobs, tell=told, until=until)


def _ran(tally: Tally) -> dict[str, Json]:
    return {"run": tally.played, "struck": tally.struck, "failed": len(tally.failures)}


def _report(tallies: Sequence[Tally], began: float, jobs: int, watch: Watch) -> dict[str, Json]:
    seconds = max(time.monotonic() - began, 0.001)
    tally = Tally()
    for each in tallies:
        tally.add(each)
    return {
        "ok": not tally.failures,
        "seeds": tally.played,
        "jobs": jobs,
        "violations": len(tally.failures),
        "failures": _told(tally.failures, watch),
        "seconds": round(seconds, 1),
        "seeds_per_second": round(tally.played / seconds, 1),
        "cpu_ms_per_seed": round(1000 * tally.cpu_s / max(tally.played, 1), 1),
        "port_calls": tally.calls,
        "virtual_hours": tally.virtual_s // 3600,
        "checks": {name: tally.checks[name] for name in sorted(tally.checks, key=_numbered)},
        "faults": {str(kind): n for kind, n in sorted(tally.faults.items())},
        "peak_mib_per_process": tally.peak_mib,
    }


def _numbered(check: str) -> tuple[bool, int, str]:
    """I1 to I12 in their order, then the others by name."""
    head = check.split(maxsplit=1)[0].removeprefix("I")
    return not head.isdecimal(), int(head) if head.isdecimal() else 0, check


def _told(failures: Sequence[Failure], watch: Watch) -> list[Json]:
    found: list[Json] = []
    for number, failure in enumerate(failures[:LISTED]):
        told: dict[str, Json] = {
            "scenario": failure.scenario,
            "seed": failure.seed,
            "broke": list[Json](failure.violations[:3]),
            "replay": _replay(failure, failure.given),
        }
        if number < SHRUNK:
            watch.say(f"{failure.scenario} {failure.seed}: {failure.violations[0]}")
            watch.say(f"  looking for the fewest of {len(failure.fired)} faults that break it")
            few = fewest(failure)
            told["fewest_faults"] = None if few is None else [spelled(fault) for fault in few]
            told["replay"] = _replay(failure, failure.given if few is None else few)
            told["regression"] = entry(failure, failure.given if few is None else few)
        found.append(told)
    return found


def _replay(failure: Failure, given: Collection[Fault] | None) -> str:
    faults = "" if given is None else f' --given "{", ".join(map(spelled, given)) or NONE}"'
    head = f'uv run shelfwire simulate --scenario "{failure.scenario}" --seed {failure.seed}'
    return f"{head}{faults} --trace"
