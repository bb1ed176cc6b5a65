"""How often, and after how long, a call that was only partly taken is sent again."""

import random
from collections.abc import Callable, Iterator

ATTEMPTS = 6
FIRST_S = 0.05

type Sleep = Callable[[float], None]


def attempts(sleep: Sleep) -> Iterator[int]:
    """Count tries from 0, sleeping up to 50 ms, 100 ms, ... in between: 1.6 s in all at most."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(random.uniform(0, FIRST_S * 2 ** (attempt - 1)))  # noqa: S311 - jitter
        yield attempt
