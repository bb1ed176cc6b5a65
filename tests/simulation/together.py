"""Calls under way at once in virtual time: each a task of its own, in the caller's container."""

from collections.abc import Callable, Sequence
from functools import partial

from shared.errors import SyncError
from shared.kit.together import tried
from tests.simulation.engine import Engine


def together[T](engine: Engine, works: Sequence[Callable[[], T]]) -> list[T | SyncError]:
    """As `shared.kit.together`; what kills one of them kills its caller, and the others land."""
    caller = engine.current
    if caller is None or len(works) == 1:
        return [tried(work) for work in works]
    found: dict[int, T | SyncError] = {}
    raised: list[BaseException] = []

    def ended(result: object, error: BaseException | None) -> None:
        del result
        if error is not None:
            raised.append(error)
        if raised or len(found) == len(works):
            engine.wake(caller)

    for number, work in enumerate(works):
        body = partial(_keep, found, number, work)
        engine.spawn(caller.name, body, container=caller.container, ended=ended)
    if works:
        engine.park()
    if raised:
        raise raised[0]
    return [found[number] for number in range(len(works))]


def _keep[T](found: dict[int, T | SyncError], number: int, work: Callable[[], T]) -> None:
    found[number] = tried(work)
