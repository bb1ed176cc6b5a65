"""Local times become instants as the policy says, at every switch of twenty zones until 2040."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.wall_clock import Disambiguation, day_start, instant
from shared.errors import RejectedError

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",  # clocks go back for a month a year, at Ramadan
    "America/Asuncion",
    "America/Havana",  # midnight is skipped
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",  # midnight is skipped
    "America/St_Johns",
    "Antarctica/Troll",  # by two hours
    "Asia/Beirut",  # midnight is skipped
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Atlantic/Azores",  # midnight is repeated
    "Australia/Lord_Howe",  # by half an hour
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",  # summer time is its standard
    "Europe/London",
    "Pacific/Chatham",
)


class Switch(NamedTuple):
    """`at` is the first instant of the offset `after`."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta


def offset(at: datetime, zone: str) -> timedelta:
    found = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert found is not None
    return found


def wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def switches(zone: str) -> Iterator[Switch]:
    day, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
    while day < until:
        before, after = offset(day, zone), offset(day + DAY, zone)
        if before != after:
            low, high = day, day + DAY
            while high - low > SECOND:
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
            yield Switch(zone, high, before, after)
        day += DAY


SWITCHES = [switch for zone in ZONES for switch in switches(zone)]
FORWARD = [s for s in SWITCHES if s.after > s.before]
BACK = [s for s in SWITCHES if s.after < s.before]


def within(switch: Switch) -> list[datetime]:
    """Local times that are skipped or repeated: the first, one amid, the last."""
    start = (switch.at + min(switch.before, switch.after)).replace(tzinfo=None)
    length = abs(switch.after - switch.before)
    return [start, start + length / 3, start + length - SECOND]


def test_the_zones_switch_often_enough_to_say_something() -> None:
    assert {switch.zone for switch in SWITCHES} == set(ZONES)
    assert len(FORWARD) > 300
    assert len(BACK) > 300


@pytest.mark.parametrize("zone", ZONES)
def test_a_repeated_time_is_its_first_or_its_second_instant(zone: str) -> None:
    for switch in (s for s in BACK if s.zone == zone):
        for local in within(switch):
            early, late = (
                instant(local, zone, p) for p in (Disambiguation.EARLIER, Disambiguation.LATER)
            )
            assert early < switch.at <= late
            assert wall(early, zone) == wall(late, zone) == local


@pytest.mark.parametrize("zone", ZONES)
def test_a_skipped_time_is_as_far_before_or_after_as_the_clocks_jump(zone: str) -> None:
    for switch in (s for s in FORWARD if s.zone == zone):
        jump = switch.after - switch.before
        for local in within(switch):
            early, late = (
                instant(local, zone, p) for p in (Disambiguation.EARLIER, Disambiguation.LATER)
            )
            assert early < switch.at <= late
            assert wall(early, zone) == local - jump
            assert wall(late, zone) == local + jump


@pytest.mark.parametrize("switch", [FORWARD[0], BACK[0]])
def test_a_doubtful_time_is_refused_by_name_where_that_is_the_policy(switch: Switch) -> None:
    local = within(switch)[1]
    with pytest.raises(RejectedError, match=r"skipped|repeated") as refused:
        instant(local, switch.zone, Disambiguation.REFUSE)
    assert (refused.value.field, refused.value.value) == ("local time", local.isoformat())


def test_every_switch_is_refused_within_and_nowhere_else() -> None:
    for switch in SWITCHES:
        first, *_, last = within(switch)
        for local in within(switch):
            with pytest.raises(RejectedError):
                instant(local, switch.zone, Disambiguation.REFUSE)
        for local in (first - SECOND, last + SECOND):
            assert wall(instant(local, switch.zone, Disambiguation.REFUSE), switch.zone) == local


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_where_its_date_begins_to_be_shown(zone: str) -> None:
    for switch in (s for s in SWITCHES if s.zone == zone):
        for days in (-1, 0, 1):
            day = wall(switch.at, zone).date() + timedelta(days=days)
            start = day_start(day, zone)
            assert wall(start, zone).date() == day
            assert wall(start - SECOND, zone).date() == day - DAY


@given(
    zone=st.sampled_from(ZONES),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31)),  # noqa: DTZ001 - read in UTC
    policy=st.sampled_from((Disambiguation.EARLIER, Disambiguation.LATER)),
)
def test_what_a_clock_shows_is_read_back_as_an_instant_at_which_it_shows_it(
    zone: str, at: datetime, policy: Disambiguation
) -> None:
    shown = wall(at.replace(tzinfo=UTC), zone)
    assert wall(instant(shown, zone, policy), zone) == shown


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2020, 1, 1), date(2040, 12, 30)))
def test_days_tile_the_time_of_a_zone(zone: str, day: date) -> None:
    first, second = day_start(day, zone), day_start(day + DAY, zone)
    assert timedelta(hours=21) < second - first < timedelta(hours=27)
    assert wall(second - SECOND, zone).date() == day


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(RejectedError, match="no time zone") as refused:
        day_start(date(2026, 1, 1), zone)
    assert refused.value.value == zone
