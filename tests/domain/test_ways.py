"""The way that is taken is never the slower one, and the planner crosses over where bounds do."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ways import Room, Way, bound, choose, cost, fullest_first

ONE = Way("one by one", 10)
GROUPED = Way("grouped", 10_000, 200, lines_most=250, one_group=True)
FEED = Way("feed", 0, lines_most=10_000, latency=timedelta(minutes=30), taken_most=10_000)
ROOM = Room(2_000_000, 100_000)

groups = st.lists(st.sampled_from("abcdefgh"), max_size=200)
rooms = st.builds(Room, st.integers(0, 10**6), st.integers(1, 10**6))
ways = st.builds(
    Way,
    st.text(max_size=3),
    st.integers(0, 10**5),
    st.integers(0, 10**4),
    lines_most=st.integers(1, 300),
    one_group=st.booleans(),
    latency=st.timedeltas(timedelta(), timedelta(hours=12)),
    lines_per_second=st.one_of(st.none(), st.integers(1, 1000)),
)


@given(st.lists(ways, min_size=1, max_size=4), groups, rooms)
def test_no_other_way_would_be_faster(known: list[Way], lines: list[str], room: Room) -> None:
    chosen = choose(known, lines, room)
    assert all(bound(chosen, lines, room) <= bound(way, lines, room) for way in known)


@given(ways, groups, groups, rooms)
def test_more_lines_are_never_there_sooner(
    way: Way, few: list[str], more: list[str], room: Room
) -> None:
    assert bound(way, few, room) <= bound(way, few + more, room)


@given(st.permutations([ONE, FEED]), st.integers(0, 20_000), st.integers(1, 500))
def test_once_a_feed_is_worth_it_more_lines_never_lead_back(
    known: list[Way], count: int, rate: int
) -> None:
    room = Room(0, rate)
    if choose(known, ["g"] * count, room) is FEED:
        assert choose(known, ["g"] * (count + 1), room) is FEED


@given(st.lists(st.sampled_from("abcdefgh"), max_size=100), st.integers(1, 120))
def test_the_fullest_groups_go_first_and_whole(lines: list[str], most: int) -> None:
    chosen = fullest_first(lines, most)
    assert len(chosen) <= most
    assert len(set(chosen)) == len(chosen)
    taken = {lines[i] for i in chosen}
    sizes = {group: lines.count(group) for group in lines}
    fit = [group for group in taken if sizes[group] <= most]
    assert all(sum(lines[i] == group for i in chosen) == sizes[group] for group in fit)
    assert bool(chosen) == bool(lines)


def test_half_an_hour_of_feed_is_worth_nine_thousand_single_calls() -> None:
    room = Room(0, 50)
    assert choose((ONE, FEED), ["g"] * 9_000, room) is ONE
    assert choose((ONE, FEED), ["g"] * 9_001, room) is FEED


@pytest.mark.parametrize(
    ("lines", "points"),
    [(["a"] * 10, 12_000), (["a"] * 251, 70_200), (["a", "b"], 20_400), ([], 0)],
)
def test_a_group_takes_a_call_of_its_own(lines: list[str], points: int) -> None:
    assert cost(GROUPED, lines) == points


def test_what_a_full_bucket_pays_for_takes_no_time() -> None:
    lines = [f"p{i // 10}" for i in range(1_660)]
    assert bound(GROUPED, lines, ROOM) == timedelta()
    more = [f"q{line}" for line in lines]
    assert bound(GROUPED, [*lines, *more], ROOM) == timedelta(milliseconds=19_840)
