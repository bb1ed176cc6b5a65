"""OData V2 values: dates in two spellings, times, literals.

Source: the recorded answers and the `$metadata` documents of the API_*_SRV services.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

OPEN_END = date(9999, 12, 31)
_TICKS = re.compile(r"/Date\((-?\d+)(?:[+-]\d+)?\)/")
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)S")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str) -> datetime:
    """`/Date(ms)/` or ISO 8601; a date without a zone is UTC, as OData V2 means it."""
    ticks = _TICKS.fullmatch(text)
    if ticks:
        return _EPOCH + timedelta(milliseconds=int(ticks[1]))
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def day(text: str) -> date:
    return instant(text).date()


def day_in(zone: str, at: datetime) -> date:
    """The day it is at an instant in the zone in which the tenant means its days."""
    return at.astimezone(ZoneInfo(zone)).date()


def at_time(on: date, clock: str, zone: str) -> datetime:
    """A day and an OData time such as `PT07H30M00S`, read in a zone."""
    parts = _DURATION.fullmatch(clock)
    hours, minutes, seconds = (int(part) for part in parts.groups()) if parts else (0, 0, 0)
    local = datetime(on.year, on.month, on.day, hours, minutes, seconds, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def ticks(at: datetime) -> str:
    """An instant as a body carries it."""
    return f"/Date({int((at - _EPOCH) / timedelta(milliseconds=1))})/"


def quoted(text: str) -> str:
    """A string literal of a filter or a key; a quote is doubled."""
    return "'" + text.replace("'", "''") + "'"


def datetime_literal(on: date) -> str:
    return f"datetime'{on.isoformat()}T00:00:00'"


def offset_literal(at: datetime) -> str:
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"datetimeoffset'{text}'"
