"""`shelfwire bench orders`: how soon orders reach the ERP, how many, and what that costs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from tests.bench import cold, door
from tests.bench.erp import SLOTS, backlog, storm, trickle
from tests.bench.metric import EXACTLY, Area, Line, Size
from tests.bench.timing import UNIT, digest_ns
from tests.simulation.engine import SECOND

WEBHOOK_MOST: Final = Decimal("1.25")
LATENCY_S: Final = Decimal(2)
SLOT_USE_LEAST: Final = Decimal("0.97")
CEILING: Final = Decimal(SLOTS * 3600)
PER_HOUR_LEAST: Final = 50_000 / CEILING
CPU_BOUND: Final = Decimal(5_900)
IMPORT_WEBHOOK_MOST: Final = Decimal("1.05")
IMPORT_WORKER_MOST: Final = Decimal("1.6")
STORM, TRICKLE = 1_200, 400
ROUNDS: Final = 20


def webhook(size: Size) -> Iterator[Line]:
    """The door for one delivery, beside the least that any door has to do."""
    ours, bare = door.cpu(trickle(1, seed=size.seed).delivery)
    yield Line("orders.webhook_cpu", ours / 1000, bare / 1000, "us of a processor", WEBHOOK_MOST)


def latency(size: Size) -> Iterator[Line]:
    found = trickle(min(size.prices, TRICKLE), seed=size.seed).latencies
    p99 = Decimal(found[len(found) * 99 // 100]) / SECOND
    yield Line("orders.erp_latency_p99_s", p99, LATENCY_S, "s", Decimal(1))


def load(size: Size) -> Iterator[Line]:
    """More orders than an ERP of 15 slots takes, a second each."""
    traffic = storm(min(size.prices, STORM), seed=size.seed)
    use = traffic.slot_use
    yield Line("orders.slot_use", use, Decimal(1), "of the slots", least=SLOT_USE_LEAST)
    over = Decimal(max(0, traffic.most - SLOTS))
    yield Line("orders.slot_use.over", over, Decimal(0), "calls beyond the slots", EXACTLY)
    rate = traffic.per_hour
    yield Line("orders.per_hour", rate, CEILING, "orders an hour", least=PER_HOUR_LEAST)
    each = Decimal(traffic.cpu_ns) / len(traffic.accepted) / digest_ns()
    yield Line("orders.cpu", each, CPU_BOUND, UNIT, Decimal(1))


def drain(size: Size) -> Iterator[Line]:
    """Orders that came while the ERP was away, and how fast it gets them then."""
    traffic = backlog(min(size.prices, STORM), seed=size.seed)
    rate = traffic.per_hour
    yield Line("orders.drain_per_hour", rate, CEILING, "orders an hour", least=PER_HOUR_LEAST)
    over = Decimal(max(0, traffic.most - SLOTS))
    yield Line("orders.drain_per_hour.over", over, Decimal(0), "calls beyond the slots", EXACTLY)


def imports(size: Size) -> Iterator[Line]:
    """Cold starts beside that of a function which imports boto3 and makes one client."""
    del size
    ways = {"": cold.BARE, "webhook": cold.WEBHOOK, **cold.workers()}
    took = cold.seconds(ways, rounds=ROUNDS)
    bare, door_s = took.pop("") * 1000, took.pop("webhook") * 1000
    yield Line("orders.import_webhook", door_s, bare, "ms of a processor", IMPORT_WEBHOOK_MOST)
    heaviest = max(took, key=lambda name: took[name])
    unit = f"ms of a processor, {heaviest}"
    yield Line("orders.import_worker", took[heaviest] * 1000, bare, unit, IMPORT_WORKER_MOST)


AREA: Final[Area] = {
    "webhook": webhook,
    "latency": latency,
    "load": load,
    "drain": drain,
    "imports": imports,
}
