"""What came of a run over a channel's lanes."""

from collections.abc import Callable
from dataclasses import field
from datetime import datetime

from shared.flows.issues import Problem
from shared.frozen import slotted
from shared.ports import Key


@slotted
class Published:
    """What a run of a publisher did, and what of it is to be looked at once more, by when.

    `woken` is whether a pass over the lanes is to begin anew: something became due in one that it
    had passed.
    """

    out_of_time: Callable[[], bool]
    applied: int = 0
    rejected: int = 0
    retried: int = 0
    withheld: int = 0
    woken: bool = False
    problems: list[Problem] = field(default_factory=list)
    waiting: dict[Key | None, datetime] = field(default_factory=dict)

    @property
    def again(self) -> datetime | None:
        """When to look once more; None when nothing is left."""
        return min(self.waiting.values(), default=None)

    def come_back(self, at: datetime | None, *, key: Key) -> None:
        """Look again at this target then; None takes back an earlier wish."""
        if at is None:
            self.waiting.pop(key, None)
        else:
            self.waiting[key] = at

    def soon(self, at: datetime | None) -> None:
        """Look again at everything, by then at the latest."""
        if at is not None:
            self.waiting[None] = min(at, self.waiting.get(None, at))

    def not_before(self, at: datetime) -> None:
        """Nothing can be done until then; what was to be looked at earlier is then."""
        self.waiting = {key: max(at, wish) for key, wish in self.waiting.items()}
        self.soon(at)
