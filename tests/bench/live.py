"""A warehouse that moves goods while shops are watched: how soon each shows what lies there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final

from tests.bench.watch import PLACE, Watch, steady
from tests.simulation.engine import HOUR
from tests.simulation.faults import Faults
from tests.simulation.opening import Opening, opened
from tests.simulation.scenario import Play, Scenario, catalogue
from tests.simulation.truth import Truth
from tests.simulation.warehouse import Warehouse
from tests.simulation.world import World

OPENING_UNITS: Final = 100
DAY_MINUTES: Final = 1440
SIZES_MOST: Final = 50  # of one product


@dataclass(slots=True)
class Live:
    """Everything at rest, a hundred of each article in Leeds; `watches` by shop."""

    play: Play
    skus: list[str]
    house: Warehouse = field(init=False)
    watches: dict[str, Watch] = field(init=False)

    def __post_init__(self) -> None:
        self.house = Warehouse(self.play)
        self.watches = {shop: Watch(self.world, shop) for shop in self.world.shops}
        self.receive_all(OPENING_UNITS)
        self.run(2 * HOUR)

    @property
    def world(self) -> World:
        return self.play.world

    def run(self, for_ms: int, *, calm: bool = True) -> None:
        """For so long, or until nothing moves any more."""
        until = self.world.engine.now_ms + for_ms
        self.world.engine.run(until_ms=until, calm=lambda: calm and self.world.calm)

    def later(self, at_ms: int, sku: str) -> None:
        """One more comes in then, and the warehouse says so."""
        self.world.owed += 1
        self.world.engine.at(at_ms, partial(self._receive, sku))

    def _receive(self, sku: str) -> None:
        self.world.owed -= 1
        row = self.house.receive(sku, PLACE, 1)
        for watch in self.watches.values():
            watch.expect(sku, self.house.books[sku, PLACE, "available"])
        self.house.tell([row])

    def receive_all(self, units: int) -> None:
        """So many of each come in, told by one call."""
        self.house.tell([self.house.receive(sku, PLACE, units) for sku in self.skus])

    def differing(self, shop: str) -> list[str]:
        """Articles of which the shop shows other than what lies there."""
        wanted = {sku: self.house.books[sku, PLACE, "available"] for sku in self.skus}
        return [sku for sku, units in wanted.items() if self.watches[shop].shown(sku) != units]


@contextmanager
def live(count: int, *shops: str, seed: int, even: bool = False) -> Iterator[Live]:
    """So many articles in these shops, which are watched; `even` if no call takes longer."""
    scenario = _scenario(count, shops)
    opening = _opening(count, shops)
    world = World(seed, Faults(seed, on=()), setup=scenario.setup, start=scenario.starts[0])
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opening.restore(play)
    if even:
        steady(world)
    with world.playing():
        yield Live(play, _skus(count))


@cache
def _opening(count: int, shops: tuple[str, ...]) -> Opening:
    scenario = _scenario(count, shops)
    return opened(scenario, scenario.starts[0])


@cache
def _scenario(count: int, shops: tuple[str, ...]) -> Scenario:
    """Nothing is polled meanwhile, on the plan with the least room."""
    return Scenario(
        "a warehouse at work",
        partial(_open, count=count),
        lambda _: None,
        shops=shops,
        kinds=(),
        warehouse=True,
        poll_minutes=DAY_MINUTES,
        points=100,
    )


def _skus(count: int) -> list[str]:
    return [f"P{n // SIZES_MOST:03}-{n % SIZES_MOST:02}" for n in range(count)]


def _open(play: Play, *, count: int) -> None:
    for product in range(-(-count // SIZES_MOST)):
        sizes = min(SIZES_MOST, count - product * SIZES_MOST)
        catalogue(play, *(f"{n:02}" for n in range(sizes)), product=f"P{product:03}", units=0)
