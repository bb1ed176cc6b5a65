"""`shelfwire bench stock`: what stock costs, how soon it is told, and what a flash sale takes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from tests.bench.hot import CAPACITY, flash_sale
from tests.bench.limits import PLUS, STANDARD
from tests.bench.metric import EXACTLY, Area, Line, Size
from tests.bench.movements import costs, cpu
from tests.bench.pacing import saturated
from tests.bench.speed import busy, conflation, outage

ACCEPTED_MOST: Final = Decimal("1.25")  # of what eight partitions take, at least 0.8 is accepted
UNITS_PER_CALL: Final = Decimal("0.05")
USED_MOST: Final = 1 / Decimal("0.97")


def hot(size: Size) -> Iterator[Line]:
    """A flash sale, to the last unit. The bound is what was accepted: a smaller ratio is better."""
    sale = flash_sale(min(size.prices, 6000), seed=size.seed)
    sold = Decimal(len(sale.accepted))
    unit = "writes a second of 8 partitions"
    yield Line("stock.hot_sku", Decimal(CAPACITY), sale.per_second, unit, ACCEPTED_MOST)
    yield Line("stock.hot_sku.stranded", Decimal(sale.left), Decimal(0), "units", EXACTLY)
    over = max(sold - sale.units, Decimal(0))
    yield Line("stock.hot_sku.oversold", over, Decimal(0), "units", EXACTLY)


def pacing(size: Size) -> Iterator[Line]:
    """A vendor's rate used to the full, on the plan with the least room and on a large one."""
    del size
    for name, plan in (("", STANDARD), (".plus", PLUS)):
        found = saturated(plan)
        calls = Decimal(found.calls)
        units = found.units_per_call
        yield Line(f"stock.limiter_units{name}", units, UNITS_PER_CALL, "units a call", Decimal(1))
        yield Line(f"stock.quota_used{name}", found.granted, calls, "calls granted", USED_MOST)
        share = Decimal(found.throttled) / calls
        yield Line(f"stock.throttled{name}", share, Decimal("0.001"), "of calls", Decimal(1))


AREA: Final[Area] = {
    "hot": hot,
    "pacing": pacing,
    "costs": costs,
    "cpu": cpu,
    "conflation": conflation,
    "outage": outage,
    "busy": busy,
}
