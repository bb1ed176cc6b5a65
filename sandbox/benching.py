"""`shelfwire bench`: the measurements live beside the tests, so a checkout is needed."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.failures import CannotRunError


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured, and how much; a size of none is that by which metrics are defined."""

    area: str
    only: tuple[str, ...] = ()
    prices: int | None = None
    rows: int | None = None
    seed: int = 1


def bench(wish: Wish, line: Callable[[str], None]) -> bool:
    """Give each measurement as one JSON object; whether all bounds are met."""
    try:
        from tests.bench import command  # noqa: PLC0415 - only in a checkout
        from tests.bench.metric import Size  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CannotRunError(
            f"the benchmarks are not here: {error}", "run it in a checkout, after `make setup`"
        ) from error
    if wish.area not in command.AREAS:
        raise CannotRunError(
            f"nothing is measured of {wish.area!r}", f"known: {', '.join(command.AREAS)}"
        )
    unknown = [name for name in wish.only if name not in command.AREAS[wish.area]]
    if unknown:
        known = ", ".join(command.AREAS[wish.area])
        raise CannotRunError(f"{wish.area} has no {', '.join(unknown)}", f"known: {known}")
    size = Size()
    prices = size.prices if wish.prices is None else wish.prices
    rows = size.rows if wish.rows is None else wish.rows
    given = Size(prices, rows, wish.seed)
    if min(given.prices, given.rows) < 1:
        raise CannotRunError("a size below 1", "measure at least one price and one row")
    return command.run(wish.area, given, lambda one: line(json.dumps(one.to_json())), wish.only)
