"""The world as it stands when the first publication and sweep have come to rest, kept for seeds.

It is played once per kind of opening, without faults; every seed then begins from a copy.
"""

import pickle
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from tests.simulation import warm
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Faults
from tests.simulation.retailer import Setup
from tests.simulation.scenario import Play, Scenario
from tests.simulation.truth import Truth
from tests.simulation.world import World

OPENING_MS = 20 * MINUTE

type Kind = tuple[Callable[[Play], None], Setup, datetime]

_OPENED: dict[Kind, "Opening"] = {}


class Opening:
    """`now_ms` is when it came to rest; the rest is what a copy needs."""

    def __init__(self, play: Play) -> None:
        world, truth = play.world, play.truth
        self.now_ms = world.engine.now_ms
        self.notes = dict(play.notes)
        self._rows = world.store.kept()
        self._opened = warm.Opened((row.body for row in self._rows[0].values()), warm.tokens())
        self._granted = {name: _granted(vendor) for name, vendor in world.vendors.items()}
        self._vendors = pickle.dumps({name: _state(v) for name, v in world.vendors.items()})
        watched = (truth.prices, truth.shown, truth.known, truth.on_hand)
        self._truth = pickle.dumps(watched)

    def restore(self, play: Play) -> None:
        """Make a new world stand where the opening came to rest."""
        world, truth = play.world, play.truth
        world.engine.now_ms = self.now_ms
        world.store.restore(self._rows)
        world.stage.opened = self._opened
        for name, state in pickle.loads(self._vendors).items():  # noqa: S301 - made above
            _put_back(world.vendors[name], state)
            _grant(world.vendors[name], self._granted[name])
        truth.prices, truth.shown, truth.known, truth.on_hand = pickle.loads(self._truth)  # noqa: S301
        play.notes.update(self.notes)


def opened(scenario: Scenario, start: datetime) -> Opening:
    """The opening of this scenario at this instant, played when it is asked for first."""
    kind = (scenario.open, scenario.setup, start)
    if kind not in _OPENED:
        _OPENED[kind] = _played(scenario, start)
    return _OPENED[kind]


def _played(scenario: Scenario, start: datetime) -> Opening:
    world = World(0, Faults(0, on=()), setup=scenario.setup, start=start)
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    with world.playing():
        scenario.open(play)
        for connection in world.retailer.connections:
            for entity in world.polled(connection.name):
                world.poll(connection.name, entity)
        for begin in (_nothing, world.sweep):
            begin()
            if not _rests(world):
                raise AssertionError(f"the opening of {scenario.name} never came to rest")
        if play.truth.broken:
            raise AssertionError(f"the opening of {scenario.name}: {play.truth.broken}")
        return Opening(play)


def _nothing() -> None:
    """The first publication begins by the polls."""


def _rests(world: World) -> bool:
    engine = world.engine
    from_ms = engine.now_ms + SECOND
    until_ms = engine.now_ms + OPENING_MS
    return engine.run(until_ms=until_ms, calm=lambda: engine.now_ms > from_ms and world.calm)


def _state(vendor: Any) -> Any:
    book = next(name for name in ("shop", "seller", "tenant") if hasattr(vendor, name))
    return getattr(vendor, book)


def _put_back(vendor: Any, state: Any) -> None:
    """Fill the vendor's own book in place: its parts hold on to it."""
    own = _state(vendor)
    for name in _named(own.__class__):
        setattr(own, name, getattr(state, name))


def _granted(vendor: Any) -> tuple[dict[str, datetime], int]:
    """The tokens a vendor gave and until when they are good, and how many they are."""
    return dict(vendor._tokens), vendor.counts["tokens"]  # noqa: SLF001


def _grant(vendor: Any, granted: tuple[dict[str, datetime], int]) -> None:
    tokens, vendor.counts["tokens"] = granted
    vendor._tokens.update(tokens)  # noqa: SLF001


@cache
def _named(kind: Any) -> list[str]:
    return [each.name for each in fields(kind)]
