"""How much of a vendor's rate is used when there is always more to do, and what that costs us.

Four containers call as often as they are let, for ten minutes of virtual time, against a bucket of
the vendor's own that refuses what is too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from shared.errors import ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.kit.bucket import MILLI, Bucket
from shared.model.limits import Limits
from shared.ports import Write
from tests.bench.limits import Plan
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryStore, SetClock

CONTAINERS: Final = 4
SECONDS: Final = 600
CALL_POINTS: Final = 10  # a mutation of Shopify's that sets levels
STEP: Final = timedelta(milliseconds=1)


class CountingStore(MemoryStore):
    """Counts write units; a rate row is far below a kilobyte, and a refused write is billed too."""

    def __init__(self) -> None:
        super().__init__()
        self.units = 0

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self.units += len(writes)
        return super().commit(writes)


@dataclass(frozen=True, slots=True)
class Saturated:
    calls: int
    throttled: int
    units: int
    granted: Decimal

    @property
    def units_per_call(self) -> Decimal:
        return Decimal(self.units) / self.calls


def saturated(plan: Plan) -> Saturated:
    """`granted` are the calls that the vendor would have allowed in that time."""
    store, clock = CountingStore(), SetClock(NOW)
    limits = Limits(points_per_second=plan.points_per_second, bucket=plan.bucket)
    connection = RETAILER.connection("shop").model_copy(update={"limits": limits})
    containers = [LeasedPacer(connection, store, clock) for _ in range(CONTAINERS)]
    free_at = [NOW] * CONTAINERS
    vendor = Bucket(plan.bucket * MILLI, NOW, plan.points_per_second, plan.bucket)
    calls = throttled = 0
    end = NOW + timedelta(seconds=SECONDS)
    while (now := min(free_at)) < end:
        clock.at = now
        who = free_at.index(now)
        try:
            containers[who].take(CALL_POINTS)
        except ThrottledError as wait:
            free_at[who] = now + max(wait.after or STEP, STEP)
            continue
        vendor = vendor.refilled(now)
        calls += 1
        free_at[who] = now + STEP
        if vendor.level < CALL_POINTS * MILLI:
            throttled += 1
        else:
            vendor = vendor.spent(CALL_POINTS)
    points = plan.bucket + plan.points_per_second * SECONDS
    return Saturated(calls, throttled, store.units, Decimal(points) / CALL_POINTS)
