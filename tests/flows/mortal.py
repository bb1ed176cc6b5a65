"""A world whose functions can die before any of their writes, and are called again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.errors import RetryableError
from shared.model.events import BusinessEvent
from shared.ports import Message, Write
from tests.fakes import MemoryBus, MemoryQueues, MemoryStore
from tests.flows.world import World

CALLS_MAX = 8  # of one message, until it is done with
POINTS_MAX = 60


class DiedError(BaseException):
    """The function is gone; nothing in it catches that."""


@dataclass
class Life:
    """Ends after so many writes, once; None goes on for ever."""

    left: int | None = None

    def spend(self, writes: Sequence[object]) -> None:
        if self.left is None or not writes:
            return
        if self.left == 0:
            self.left = None
            raise DiedError
        self.left -= 1


class MortalStore(MemoryStore):
    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self._life.spend(writes)
        return super().commit(writes)

    def commit_together(self, writes: Sequence[Write]) -> bool:
        self._life.spend(writes)
        return super().commit_together(writes)


@dataclass
class MortalQueues(MemoryQueues):
    life: Life = field(default_factory=Life)

    def send(self, messages: Sequence[Message]) -> None:
        self.life.spend(messages)
        super().send(messages)


@dataclass
class MortalBus(MemoryBus):
    life: Life = field(default_factory=Life)

    def publish(self, events: Sequence[BusinessEvent]) -> None:
        self.life.spend(events)
        super().publish(events)


class MortalWorld(World):
    def __init__(self) -> None:
        self.life = Life()
        life = self.life
        super().__init__(ports=(MortalStore(life), MortalQueues(life=life), MortalBus(life=life)))
        self.know("M")
        self.erp.stock = {"HAT-M": 8}


def handled(world: World, step: Callable[[], object]) -> None:
    """The message is delivered until it is done, each time when it asks to be."""
    for _ in range(CALLS_MAX):
        try:
            step()
        except RetryableError as error:
            world.clock.at += error.after or timedelta(seconds=5)
        else:
            return


def deaths[T](
    prepare: Callable[[MortalWorld], Callable[[], object]], outcome: Callable[[MortalWorld], T]
) -> tuple[T, list[T]]:
    """What comes of a step that nothing disturbs, and of one that dies at each of its writes."""

    def lived(left: int | None) -> tuple[T, bool]:
        world = MortalWorld()
        step = prepare(world)
        world.queues.sent.clear()
        world.bus.events.clear()
        world.life.left = left
        died = False
        try:
            handled(world, step)
        except DiedError:
            died = True
        world.life.left = None
        handled(world, step)
        return outcome(world), died

    undisturbed, _ = lived(None)
    found: list[T] = []
    for left in range(POINTS_MAX):
        after, died = lived(left)
        if not died:
            break
        found.append(after)
    return undisturbed, found
