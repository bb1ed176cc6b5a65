"""Which way so many lines reach a channel soonest: one by one, grouped, or all in one document.

A vendor's figures are data (`Way`), what it would let through now is `Room`; the rest follows. Of
ways that are as fast the one named first is taken, so a connector names first what can be corrected
at once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.frozen import frozen

_MS = timedelta(milliseconds=1)


@frozen
class Way:
    """How a vendor takes lines, and what it charges, in the units its rate is counted in.

    A call costs `call` and `line` for each of at most `lines_most` lines; where it takes lines of
    one group alone, `one_group`. `latency` passes beside that until the first line is shown, and
    the vendor works through `calls_per_second` where that is not our doing. At most `taken_most`
    lines go this way at once.
    """

    name: str
    call: int
    line: int = 0
    lines_most: int = 1
    one_group: bool = False
    latency: timedelta = timedelta()
    calls_per_second: int | None = None
    taken_most: int | None = None


@frozen
class Room:
    """Units that may be spent at once, and how many come back each second."""

    level: int
    per_second: int


def cost(way: Way, groups: Iterable[str]) -> int:
    """What so many lines cost at least, given the group of each."""
    sizes = Counter(groups)
    return calls(way, sizes) * way.call + sizes.total() * way.line


def calls(way: Way, sizes: Counter[str]) -> int:
    """How many calls lines take, given how many there are of each group."""
    each = sizes.values() if way.one_group else (sizes.total(),)
    return sum(-(-lines // way.lines_most) for lines in each)


def bound(way: Way, groups: Sequence[str], room: Room) -> timedelta:
    """The soonest that the last of these lines is shown; groups beyond `taken_most` are not asked.

    Whole milliseconds, rounded up.
    """
    taken = groups[: way.taken_most]
    missing = max(cost(way, taken) - room.level, 0)
    paced = -(-missing * 1000 // room.per_second) * _MS
    worked = timedelta()
    if way.calls_per_second is not None:
        worked = -(-calls(way, Counter(taken)) * 1000 // way.calls_per_second) * _MS
    return way.latency + max(paced, worked)


def choose(ways: Sequence[Way], groups: Sequence[str], room: Room) -> Way:
    """The way whose bound is least for what it would be given."""
    taken = min((way.taken_most or len(groups) for way in ways), default=len(groups))
    return min(ways, key=lambda way: bound(way, groups[:taken], room))


def fullest_first(groups: Sequence[str], most: int) -> list[int]:
    """Positions of at most `most` lines, in whole groups, the largest first.

    What a call costs is shared by its lines, so that where not all can go at once those go first
    that share it among the most. Groups as large stay in their order; only one too large is cut.
    """
    found: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        found.setdefault(group, []).append(position)
    chosen: list[int] = []
    for positions in sorted(found.values(), key=len, reverse=True):
        if not chosen or len(chosen) + len(positions) <= most:
            chosen += positions[:most]
    return chosen
