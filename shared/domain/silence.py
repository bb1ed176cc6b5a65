"""Whether a channel has been silent for longer than usual: the longest of its last gaps says.

Nights and Sundays are among the last gaps of a shop that sells by day, so they raise nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shared.model.policies import SilenceRules
from shared.model.silence import Rhythm

KEPT: Final = 500  # gaps that are remembered: weeks of a small shop, hours of a large one


def heard(known: Rhythm | None, placed: Iterable[datetime]) -> Rhythm | None:
    """The rhythm with these orders; one that was placed before the last is nothing new."""
    for at in sorted(placed):
        if known is None:
            known = Rhythm(last=at)
        elif at > known.last:
            gap = int((at - known.last).total_seconds())
            known = Rhythm(last=at, gaps=(*known.gaps, gap)[-KEPT:])
    return known


def silent_after(known: Rhythm, rules: SilenceRules) -> datetime | None:
    """The instant from which it is too quiet; None while too little is known."""
    if len(known.gaps) + 1 < rules.after_orders:
        return None
    longest = timedelta(seconds=max(known.gaps) * rules.times)
    return known.last + max(longest, timedelta(minutes=rules.at_least_minutes))
