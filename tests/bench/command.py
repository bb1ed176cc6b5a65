"""What `shelfwire bench` runs: the measurements of one area, one line after another."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tests.bench import orders, prices, stock
from tests.bench.metric import Area, Line, Size

AREAS: Final[Mapping[str, Area]] = {
    "prices": prices.AREA,
    "stock": stock.AREA,
    "orders": orders.AREA,
}


def run(area: str, size: Size, say: Callable[[Line], None], only: Iterable[str] = ()) -> bool:
    """Measure, and say every line as soon as it is known; whether all bounds are met."""
    ok = True
    for name in only or AREAS[area]:
        for line in AREAS[area][name](size):
            say(line)
            ok = ok and line.ok
    return ok
