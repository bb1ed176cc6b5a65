"""What a lost race makes derive anew is told of as the last round found it, and once."""

from collections.abc import Callable, Sequence

import pytest

from shared.ports import Write
from tests.flows.world import World


@pytest.fixture
def world() -> World:
    """An article without a price."""
    world = World()
    world.know("M", price=0)
    return world


def lose(world: World, to: Callable[[], object]) -> None:
    """The next write finds that somebody else was faster."""
    commit = world.store.commit

    def raced(writes: Sequence[Write]) -> list[bool]:
        world.store.commit = commit  # type: ignore[method-assign]
        to()
        return [False for _ in writes]

    world.store.commit = raced  # type: ignore[method-assign]


def test_what_both_rounds_find_is_told_once(world: World) -> None:
    lose(world, lambda: None)
    world.derive()
    assert [(issue.kind, issue.count) for issue in world.open()] == [("no_price", 1)]


def test_what_only_the_first_round_found_is_not_told(world: World) -> None:
    def priced() -> None:
        world.clock.advance(seconds=1)
        world.price(1999)

    lose(world, priced)
    world.derive()
    assert world.open() == []
