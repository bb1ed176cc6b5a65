"""Divides what is free at a location between channels; the parts never sum to more than the whole.

Shares are dealt by highest average: each gets its share rounded down, and the units that do not
divide go one by one to whoever has the largest weight for each unit it would then hold. A unit more
to divide never lowers anybody's part, which the largest remainder does not promise.
"""

from collections.abc import Sequence

from shared.model.stock_rules import Allocation, Part


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


def allocated(units: int, allocation: Allocation, channels: Sequence[str]) -> dict[str, int]:
    """What each of these channels gets of so many units; one without a part gets none."""
    named = dict.fromkeys(channels, 0)
    present = [part for part in allocation.parts if part.channel in named]
    match allocation.by:
        case "share":
            found = dealt(units, [part.weight or 0 for part in present])
        case "fixed":
            found = _fixed(units, present)
        case _:
            found = _in_order(units, present)
    for part, got in zip(present, found, strict=True):
        named[part.channel] = got
    return named


def _fixed(units: int, parts: Sequence[Part]) -> list[int]:
    quotas = [part.units or 0 for part in parts]
    if units <= sum(quotas):
        return dealt(units, quotas)
    rest = dealt(units - sum(quotas), [part.weight or 0 for part in parts])
    return [quota + more for quota, more in zip(quotas, rest, strict=True)]


def _in_order(units: int, parts: Sequence[Part]) -> list[int]:
    left = max(0, units)
    found = []
    for part in parts:
        got = left if part.units is None else min(left, part.units)
        found.append(got)
        left -= got
    return found
