from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.aws.packs import packs

COUNT_MAX, BYTES_MAX = 4, 10


@given(sizes=st.lists(st.integers(0, 12), max_size=40))
def test_nothing_is_lost_doubled_or_moved(sizes: list[int]) -> None:
    made = list(packs(sizes, size=int, count_max=COUNT_MAX, bytes_max=BYTES_MAX))
    assert [size for pack in made for size in pack] == sizes
    assert all(made)


@given(sizes=st.lists(st.integers(0, 12), max_size=40))
def test_no_pack_is_over_a_limit_unless_one_entry_is(sizes: list[int]) -> None:
    for pack in packs(sizes, size=int, count_max=COUNT_MAX, bytes_max=BYTES_MAX):
        assert len(pack) <= COUNT_MAX
        assert sum(pack) <= BYTES_MAX or len(pack) == 1


@given(sizes=st.lists(st.integers(0, 10), max_size=40))
def test_a_pack_ends_only_where_the_next_entry_would_not_fit(sizes: list[int]) -> None:
    made = list(packs(sizes, size=int, count_max=COUNT_MAX, bytes_max=BYTES_MAX))
    for pack, following in pairwise(made):
        assert len(pack) == COUNT_MAX or sum(pack) + following[0] > BYTES_MAX
