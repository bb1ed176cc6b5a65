"""`shelfwire simulate`: the simulation lives beside the tests, so a checkout is needed."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from sandbox.failures import CannotRunError
from shared.model.base import Json

LINE_S = 10  # between two lines, where there is no terminal


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; of several things the rarer one is done."""

    seeds: int
    jobs: int
    first: int
    scenario: str | None
    seed: int | None
    trace: bool
    given: str | None
    crashes: bool
    pairs: float
    mutants: bool
    determinism: int
    nightly: int


@dataclass(frozen=True, slots=True)
class Watch:
    """A bar on a terminal; a line now and then elsewhere."""

    say: Callable[[str], None]

    @contextmanager
    def over(self, what: str, total: int | None) -> Iterator[Callable[[int, int], None]]:
        console = Console(stderr=True)
        if not console.is_terminal:
            yield self._lines(what, total)
            return
        rate = TextColumn("{task.fields[rate]:.0f} a second, {task.fields[bad]} violations")
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), rate)
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        began = time.monotonic()
        # Refreshed by hand: processes are forked meanwhile, and a thread would not survive that.
        with Progress(*columns, *times, console=console, auto_refresh=False) as bar:
            task = bar.add_task(what, total=total, rate=0, bad=0)

            def tell(played: int, bad: int) -> None:
                rate = played / (time.monotonic() - began)
                bar.update(task, completed=played, rate=rate, bad=bad, refresh=True)

            yield tell

    def _lines(self, what: str, total: int | None) -> Callable[[int, int], None]:
        began = last = time.monotonic()
        of = what if total is None else f"of {total} {what}"

        def tell(played: int, bad: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= LINE_S or played == total:
                last = now
                rate = played / (now - began)
                self.say(f"{played} {of}, {rate:.0f} a second, {bad} violations")

        return tell


def simulate(wish: Wish, say: Callable[[str], None]) -> dict[str, Json]:
    """Do what was asked for; `ok` says whether everything held."""
    try:
        from tests.simulation.scenarios import SCENARIOS  # noqa: PLC0415 - only in a checkout
    except ModuleNotFoundError as error:
        raise CannotRunError(
            f"the simulation is not here: {error}", "run it in a checkout, after `make setup`"
        ) from error
    if wish.scenario is not None and wish.scenario not in SCENARIOS:
        known = ", ".join(SCENARIOS)
        raise CannotRunError(f"no scenario is called {wish.scenario!r}", f"known: {known}")
    if wish.seed is None and (wish.trace or wish.given is not None):
        raise CannotRunError("--trace and --given are about one history", "say which with --seed N")
    if wish.jobs < 1 or not 0 <= wish.pairs <= 1:
        raise CannotRunError(
            f"--jobs {wish.jobs} --pairs {wish.pairs}", "at least 1 process, a share from 0 to 1"
        )
    if wish.scenario is not None and (wish.determinism or wish.nightly):
        raise CannotRunError(
            "--determinism and --nightly play all scenarios", "leave --scenario out"
        )
    try:
        return _done(wish, Watch(say))
    except BrokenProcessPool as error:
        remedy = "fewer --jobs need less memory; --seed N plays one in this process"
        raise CannotRunError("a process of the simulation died", remedy) from error


def _done(wish: Wish, watch: Watch) -> dict[str, Json]:
    from tests.simulation import command  # noqa: PLC0415

    if wish.seed is not None:
        return _one(wish, wish.seed, watch)
    if wish.mutants:
        from tests.simulation.hunt import hunt, of_scenario  # noqa: PLC0415

        mutants = of_scenario(wish.scenario)
        if not mutants:
            raise CannotRunError(
                f"no bug is planted in {wish.scenario!r}", "leave --scenario out to hunt all"
            )
        return hunt(jobs=wish.jobs, say=watch.say, mutants=mutants)
    if wish.crashes:
        return command.crashes(
            jobs=wish.jobs, pairs=wish.pairs, scenario=wish.scenario, watch=watch
        )
    if wish.determinism:
        return command.determinism(count=wish.determinism, first=wish.first)
    if wish.nightly:
        return command.nightly(jobs=wish.jobs, minutes=wish.nightly, watch=watch)
    return command.simulate(
        count=wish.seeds, jobs=wish.jobs, first=wish.first, scenario=wish.scenario, watch=watch
    )


def _one(wish: Wish, seed: int, watch: Watch) -> dict[str, Json]:
    from tests.simulation import command  # noqa: PLC0415

    try:
        given = None if wish.given is None else command.given(wish.given)
    except ValueError as error:
        raise CannotRunError(
            f"--given {wish.given!r}: {error}", 'for example --given "CRASH_BEFORE 9, LOST 2"'
        ) from error
    return command.story(
        scenario=wish.scenario, seed=seed, given=given, watch=watch, trace=wish.trace
    )
