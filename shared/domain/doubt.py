"""How much a level nobody can be sure of is lowered, and when by more."""

from collections.abc import Iterable
from datetime import datetime

from shared.frozen import frozen
from shared.model.stock_rules import Policy, Unknown


@frozen
class Doubted:
    """A reason to doubt, since when, and what the retailer wants done about it."""

    reason: str
    since: datetime
    policy: Unknown

    def off(self, now: datetime) -> int | None:
        """Units taken off by now; None for all of them."""
        match self.policy.then:
            case Policy.KEEP:
                return 0
            case Policy.FLOOR:
                return self.policy.units * (1 + self._steps(now))
            case _:
                return None

    def next_change(self, now: datetime) -> datetime | None:
        """When more is taken off."""
        if self.policy.then is not Policy.FLOOR:
            return None
        return self.since + (self._steps(now) + 1) * self.policy.every

    def _steps(self, now: datetime) -> int:
        return max(0, (now - self.since) // self.policy.every)


def most_careful(doubts: Iterable[Doubted], now: datetime) -> Doubted | None:
    """The one that leaves the least."""
    rated = [(doubt.off(now), doubt) for doubt in doubts]
    none = next((doubt for off, doubt in rated if off is None), None)
    return none or max(rated, key=lambda one: one[0] or 0, default=(0, None))[1]
