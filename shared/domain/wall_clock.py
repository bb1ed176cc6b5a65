"""What a clock on the wall of some zone shows, as the instant it means.

When clocks go forward some local times never come; when they go back some come twice. Which instant
such a time means is a setting. The words are those of ECMAScript's Temporal, the bounds PEP 495's.
"""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.errors import RejectedError


class Disambiguation(StrEnum):
    """What a local time means that comes twice, or never.

    A time that comes twice is the first or the second of the two. One that is skipped is read with
    the offset that holds after the switch (earlier) or before it (later): with clocks going from 2
    to 3, 02:30 is 01:30 before the switch, or 03:30 after it.
    """

    EARLIER = "earlier"
    LATER = "later"
    REFUSE = "refuse"


def instant(local: datetime, zone: str, policy: Disambiguation) -> datetime:
    """The instant in UTC of a naive local time.

    RejectedError names the value, where the zone is unknown, or the time is skipped or repeated
    and the policy is to refuse.
    """
    at = local.replace(tzinfo=_zone(zone))
    first, second = (at.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if policy is Disambiguation.REFUSE:
        what = "repeated" if first < second else "skipped"
        raise RejectedError(
            f"{local.isoformat()} is {what} in {zone}",
            code="doubtful_time",
            field="local time",
            value=local.isoformat(),
            remedy="write its offset, or an instant in UTC",
        )
    return min(first, second) if policy is Disambiguation.EARLIER else max(first, second)


@lru_cache(maxsize=4096)
def day_start(day: date, zone: str) -> datetime:
    """The first instant of a day in a zone: never in doubt, wherever the switch falls."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local to the zone
    first = instant(midnight, zone, Disambiguation.EARLIER)
    if first.astimezone(_zone(zone)).date() == day:
        return first
    return _switch(
        first, instant(midnight, zone, Disambiguation.LATER), zone
    )  # midnight is skipped


def _switch(before: datetime, after: datetime, zone: str) -> datetime:
    """The instant in (before, after] from which the offset is that of `after`."""
    offset = after.astimezone(_zone(zone)).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(_zone(zone)).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise RejectedError(
            f"there is no time zone {name!r}",
            code="unknown_zone",
            field="zone",
            value=name,
            remedy="use a name like Europe/London or UTC",
        ) from error
