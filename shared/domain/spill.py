"""Units held where they are not: they will come from the other locations of who sells there."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Spill(NamedTuple):
    """Units taken off a location, and where they are held."""

    units: int
    origin: str


def spilled(
    free: Mapping[str, int], beyond: Mapping[str, int], pools: Iterable[Iterable[str]]
) -> dict[str, Spill]:
    """By location, what its channels' other locations lack and it has to make good.

    `beyond` are units held at a location that are not there, `pools` the locations of each channel.
    A channel's first location with anything free gives first. Nobody knows for which channel a unit
    is held, so of what two channels would take off a location the larger part comes off, for both.
    """
    found: dict[str, Spill] = {}
    for pool in pools:
        places = tuple(pool)
        lacking = [name for name in places if beyond[name]]
        left = sum(beyond[name] for name in lacking)
        for name in places:
            units = min(left, max(0, free[name]))
            left -= units
            if units > (found[name].units if name in found else 0):
                found[name] = Spill(units, " and ".join(lacking))
    return found
