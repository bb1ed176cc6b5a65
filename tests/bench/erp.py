"""Orders on their way from a shop's webhook into an ERP of so many slots, in virtual time.

All functions on the way are those that are deployed. What is noted is when a webhook reaches the
door, when the ERP is called and until when, and when the case says that the ERP holds the order.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final

import httpx

from shared.ports import Key, Put, Row, Table
from tests.bench.limits import PLUS
from tests.simulation.compute import Ended, Function
from tests.simulation.engine import HOUR, MINUTE, SECOND, Task
from tests.simulation.faults import Faults
from tests.simulation.opening import opened
from tests.simulation.retailer import Setup
from tests.simulation.scenario import Play, Scenario, catalogue, spread
from tests.simulation.truth import Truth
from tests.simulation.world import World

SLOTS: Final = 15
CALL_MS: Final = SECOND
AWAY_MS: Final = 5 * MINUTE  # after the last order, so that none is on its way any more
SIZES: Final = tuple(f"{number:02}" for number in range(60))
UNITS: Final = 100_000
READERS: Final = 40  # calls under way at the shop: reading must not be what limits
CREATED: Final = "orders/create"


class _Busy(Scenario):
    """A large shop, whose orders are read as fast as they come."""

    __slots__ = ()

    @property
    def setup(self) -> Setup:
        return Setup(
            slots=SLOTS, counted=True, points=PLUS.points_per_second, bucket=PLUS.bucket,
            calls=READERS, poll_minutes=1440,
        )  # fmt: skip


@dataclass(slots=True)
class Call:
    """One call of the ERP, in virtual milliseconds; `reference` of an order that it creates."""

    begun: int
    ended: int = 0
    reference: str = ""


@dataclass(slots=True)
class Traffic:
    """What was noted. `cpu_ns` is what the process took for all of it, simulators included.

    `delivery` is the body of the last webhook.
    """

    world: World
    call_ms: int | None
    delivery: bytes = b""
    knocked: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    cpu_ns: int = 0

    def __post_init__(self) -> None:
        erp = self.world.transports["erp"]
        answer = erp.handle_request if self.call_ms is None else self._in_call_ms
        erp.handle_request = partial(self._called, answer)  # type: ignore[method-assign]
        courier = self.world.couriers["shop"]
        courier.door = _Door(courier.door, self)  # type: ignore[assignment]
        self.world.store.tell(self._wrote, Table.ORDERS)

    def knocks(self, event: Mapping[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["headers"].items()}
        if headers["x-shopify-topic"] == CREATED:
            self.delivery = event["body"].encode()
            number = json.loads(self.delivery)["id"]
            self.knocked.setdefault(f"shop:{number}", self.world.engine.now_ms)

    def _wrote(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        del old, put
        if new is None or not new.body.get("erp_order"):
            return
        order = key.pk.removeprefix("order#")
        if order not in self.accepted:
            self.accepted[order] = self.world.engine.now_ms
            self.references[order] = str(new.body["reference"])

    def _called(self, answer: Any, request: httpx.Request) -> httpx.Response:
        request.read()
        call = Call(self.world.engine.now_ms, reference=_reference(request))
        self.calls.append(call)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            response: httpx.Response = answer(request)
        finally:
            self.under_way -= 1
            call.ended = self.world.engine.now_ms
        return response

    def _in_call_ms(self, request: httpx.Request) -> httpx.Response:
        """An ERP that takes as long for each call, and does what is asked half-way."""
        engine, half = self.world.engine, (self.call_ms or 0) // 2
        engine.calls += 1
        if engine.now_ms < self.world.transports["erp"].down_until_ms:
            raise httpx.ConnectError("no route")
        engine.pause(half)
        response = self.world.transports["erp"]._effect(request)  # noqa: SLF001
        engine.pause(half)
        return response

    # what follows from it

    @property
    def latencies(self) -> list[int]:
        """From webhook to accepted, less the call that created the order there, in order."""
        own = {call.reference: call.ended - call.begun for call in self.calls if call.reference}
        return sorted(
            at - self.knocked[order] - own[self.references[order]]
            for order, at in self.accepted.items()
        )

    @property
    def _window(self) -> tuple[int, int, int]:
        """From two tenths of the orders to eight: when there is more to do than slots."""
        instants = sorted(self.accepted.values())
        first, last = len(instants) * 2 // 10, len(instants) * 8 // 10
        return instants[first], instants[last], last - first

    @property
    def per_hour(self) -> Decimal:
        begun, ended, count = self._window
        return Decimal(count) * HOUR / (ended - begun)

    @property
    def slot_use(self) -> Decimal:
        begun, ended, _ = self._window
        busy = sum(max(0, min(c.ended, ended) - max(c.begun, begun)) for c in self.calls)
        return Decimal(busy) / (SLOTS * (ended - begun))


@dataclass(frozen=True, slots=True)
class _Door:
    """The door's function, with a look at who knocks."""

    function: Function
    traffic: Traffic

    def invoke(self, event: dict[str, Any], ended: Ended) -> Task:
        self.traffic.knocks(event)
        return self.function.invoke(event, ended)


def trickle(orders: int, *, seed: int = 1) -> Traffic:
    """So many orders, one every three seconds on average, and an ERP as slow as its network."""
    return _played(orders, over_ms=orders * 3 * SECOND, call_ms=None, seed=seed)


def storm(orders: int, *, seed: int = 1) -> Traffic:
    """So many orders at once, and an ERP that takes a second for each call."""
    return _played(orders, over_ms=5 * SECOND, call_ms=CALL_MS, seed=seed)


def backlog(orders: int, *, seed: int = 1) -> Traffic:
    """So many orders while the ERP is away, and then it takes a second for each call again."""
    over_ms = max(MINUTE, orders * SECOND // 10)
    return _played(orders, over_ms=over_ms, call_ms=CALL_MS, seed=seed, away_ms=over_ms + AWAY_MS)


def _played(
    orders: int, *, over_ms: int, call_ms: int | None, seed: int, away_ms: int = 0
) -> Traffic:
    scenario = _Busy("orders", _stocked, lambda _: None, kinds=())
    start = scenario.start(seed)
    opening = opened(scenario, start)
    world = World(seed, Faults(seed, on=()), setup=scenario.setup, start=start)
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opening.restore(play)
    for tells in world.store.told.values():
        tells[:] = [tell for tell in tells if not _watches(tell, play.truth)]
    traffic = Traffic(world, call_ms)
    play.out("erp", away_ms)
    for number, at in enumerate(spread(play, over_ms, orders)):
        play.later(at, partial(play.order, "shop", (f"HAT-{SIZES[number % len(SIZES)]}", 1)))
    with world.playing():
        begun = world.engine.now_ms
        cpu = time.process_time_ns()
        until = begun + over_ms + away_ms + HOUR
        world.engine.run(until_ms=until, calm=lambda: len(traffic.accepted) >= orders)
        traffic.cpu_ns = time.process_time_ns() - cpu
    if len(traffic.accepted) != orders:
        raise AssertionError(f"the ERP holds {len(traffic.accepted)} of {orders} orders")
    return traffic


def _stocked(play: Play) -> None:
    catalogue(play, *SIZES, units=UNITS)


def _watches(tell: Any, truth: Truth) -> bool:
    return getattr(tell, "__self__", None) is truth


def _reference(request: httpx.Request) -> str:
    if request.method != "POST" or not request.url.path.endswith("/A_SalesOrder"):
        return ""
    return str(json.loads(request.content)["PurchaseOrderByCustomer"])
