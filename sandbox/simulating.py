"""`shelfwire simulate`: the simulation lives beside the tests, so a checkout is needed."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.failures import CannotRunError
from shared.model.base import Json


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; of several things the rarer one is done."""

    seeds: int
    jobs: int
    first: int
    scenario: str | None
    seed: int | None
    trace: bool
    crashes: bool
    pairs: float
    mutants: bool
    determinism: int
    nightly: int


def simulate(wish: Wish, say: Callable[[str], None]) -> dict[str, Json]:
    """Do what was asked for; `ok` says whether everything held."""
    try:
        from tests.simulation import command  # noqa: PLC0415 - only here, and only in a checkout
        from tests.simulation.scenarios import SCENARIOS  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CannotRunError(
            f"the simulation is not here: {error}", "run it in a checkout, after `make setup`"
        ) from error
    if wish.scenario is not None and wish.scenario not in SCENARIOS:
        known = ", ".join(SCENARIOS)
        raise CannotRunError(f"no scenario is called {wish.scenario!r}", f"known: {known}")
    if wish.seed is not None:
        return _one(wish, wish.seed, say)
    if wish.mutants:
        from tests.simulation.hunt import hunt  # noqa: PLC0415

        return hunt(jobs=wish.jobs, say=say)
    if wish.crashes:
        return command.crashes(jobs=wish.jobs, pairs=wish.pairs, say=say)
    if wish.determinism:
        return command.determinism(count=wish.determinism, first=wish.first)
    if wish.nightly:
        return command.nightly(jobs=wish.jobs, minutes=wish.nightly, say=say)
    return command.simulate(
        count=wish.seeds, jobs=wish.jobs, first=wish.first, scenario=wish.scenario, say=say
    )


def _one(wish: Wish, seed: int, say: Callable[[str], None]) -> dict[str, Json]:
    from tests.simulation import command  # noqa: PLC0415

    name = wish.scenario or command.scenario_of(seed)
    steps, broken = command.story(scenario=name, seed=seed)
    for step in steps if wish.trace else ():
        say(step)
    return {"ok": not broken, "scenario": name, "seed": seed, "broke": list[Json](broken)}
