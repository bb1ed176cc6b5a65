"""What is left to write of the order before, written while the next one is recorded.

What gets lost with a crash in between is found as any other: the order stands as sent, is in its
lane, and the ERP is asked for it.
"""

from collections.abc import Callable
from dataclasses import field

from shared.errors import SyncError
from shared.frozen import frozen
from shared.kit import together as at_once


@frozen
class Trailing:
    works: list[Callable[[], object]] = field(default_factory=list)

    def beside(self, work: Callable[[], bool]) -> bool:
        """What `work` says, done at once with all that is left; raises what any of them raised."""
        left = tuple(self.works)
        self.works.clear()
        done, *others = at_once.together([work, *left])
        for one in (done, *others):
            if isinstance(one, SyncError):
                raise one
        return done is True

    def finish(self) -> None:
        while self.works:
            self.works.pop(0)()
