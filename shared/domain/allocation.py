"""Divides what is free at a location between channels; the parts never sum to more than the whole.

Shares are dealt by highest average: each gets its share rounded down, and the units that do not
divide go one by one to whoever has the largest weight for each unit it would then hold. A unit more
to divide never lowers anybody's part, which the largest remainder does not promise.
"""

from collections.abc import Sequence

from shared.frozen import frozen
from shared.model.stock_rules import Allocation


def dealt(units: int, weights: Sequence[int]) -> list[int]:
    """All of `units` by weight; none where no weight is above 0. Of two as entitled, the first."""
    whole = sum(weights)
    if units <= 0 or not whole:
        return [0] * len(weights)
    parts = [units * weight // whole for weight in weights]
    for _ in range(units - sum(parts)):
        best = 0
        for i in range(1, len(weights)):
            if weights[i] * (parts[best] + 1) > weights[best] * (parts[i] + 1):
                best = i
        parts[best] += 1
    return parts


@frozen
class Division:
    """An allocation between those channels that sell at a location and have a part, in its order.

    `weights` and `units` are what they are entitled to.
    """

    name: str
    by: str
    channels: tuple[str, ...]
    weights: tuple[int, ...]
    units: tuple[int | None, ...]

    def of(self, units: int) -> list[int]:
        """What each of its channels gets of so many units, in their order."""
        match self.by:
            case "share":
                return dealt(units, self.weights)
            case "fixed":
                return self._fixed(units)
            case _:
                return self._in_order(units)

    def _fixed(self, units: int) -> list[int]:
        quotas = [quota or 0 for quota in self.units]
        if units <= sum(quotas):
            return dealt(units, quotas)
        rest = dealt(units - sum(quotas), self.weights)
        return [quota + more for quota, more in zip(quotas, rest, strict=True)]

    def _in_order(self, units: int) -> list[int]:
        left = max(0, units)
        found = []
        for most in self.units:
            got = left if most is None else min(left, most)
            found.append(got)
            left -= got
        return found


def division(allocation: Allocation, channels: Sequence[str]) -> Division:
    """How these channels divide what is free."""
    present = [part for part in allocation.parts if part.channel in channels]
    return Division(
        name=allocation.name,
        by=allocation.by,
        channels=tuple(part.channel for part in present),
        weights=tuple(part.weight or 0 for part in present),
        units=tuple(part.units for part in present),
    )
