"""Several calls of one vendor under way at once, where they do not depend on each other."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.errors import SyncError


def together[T](works: Sequence[Callable[[], T]]) -> list[T | SyncError]:
    """What each gave or raised, in order, once all are done; a bug of any is raised after that."""
    if len(works) < 2:  # noqa: PLR2004 - one needs no thread
        return [tried(work) for work in works]
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(tried, works))


def tried[T](work: Callable[[], T]) -> T | SyncError:
    try:
        return work()
    except SyncError as error:
        return error
