"""What holds for any sequence of writes, in every form of the store."""

from collections import Counter
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ports import Delete, Key, Put, Row, Store, Table, Write
from tests.fakes import MemoryStore
from tests.strategies import instants, json_bodies

NAMES = ("a", "b", "c")
LANES = (None, "shop#1", "shop#2")
FEWER = settings().max_examples // 3  # moto costs milliseconds a call
_fresh = count()


def partition() -> str:
    """A partition no earlier example has written to."""
    return f"law#{next(_fresh)}"


@st.composite
def batches(draw: st.DrawFn) -> list[list[tuple[str, bool, Put]]]:
    """Batches of (row, whether it is deleted, what is put), to be given a partition later."""
    puts = st.builds(
        Put,
        key=st.sampled_from(NAMES).map(lambda sk: Key(Table.TARGETS, "-", sk)),
        body=json_bodies(),
        expected=st.integers(0, 3),
        lane=st.sampled_from(LANES),
        due=st.none() | instants(),
        state=st.none() | st.just("dirty"),
        raw=st.none() | st.binary(max_size=8),
    )
    one = puts.flatmap(lambda put: st.booleans().map(lambda gone: (put.key.sk, gone, put)))
    return draw(st.lists(st.lists(one, min_size=1, max_size=5), min_size=1, max_size=8))


def write(pk: str, sk: str, put: Put, *, gone: bool) -> Write:
    key = Key(Table.TARGETS, pk, sk)
    if gone:
        return Delete(key, put.expected)
    lane = f"{pk}#{put.lane}" if put.lane else None
    return Put(key, put.body, put.expected, lane, put.due, put.state, put.expires, put.raw)


def lanes(store: Store, pk: str) -> list[list[Row]]:
    return [store.due(Table.TARGETS, f"{pk}#{lane}") for lane in LANES]


@settings(max_examples=FEWER)
@given(batches=batches())
def test_dynamodb_answers_as_the_form_in_memory(
    dynamo: Store, batches: list[list[tuple[str, bool, Put]]]
) -> None:
    pk, model = partition(), MemoryStore()
    for batch in batches:
        writes = [write(pk, sk, put, gone=gone) for sk, gone, put in batch]
        if len({w.key for w in writes}) == len(writes) and len(batch) % 2 == 0:
            assert dynamo.commit_together(writes) == model.commit_together(writes)
        else:
            assert dynamo.commit(writes) == model.commit(writes)
        assert dynamo.query(Table.TARGETS, pk) == model.query(Table.TARGETS, pk)
    for mine, theirs in zip(lanes(dynamo, pk), lanes(model, pk), strict=True):
        assert sorted(mine, key=repr) == sorted(theirs, key=repr)


@settings(max_examples=FEWER)
@given(writers=st.lists(st.integers(0, 3), min_size=1, max_size=24))
def test_no_update_is_ever_lost(store: Store, writers: list[int]) -> None:
    """Writers read at one step and write at the next, in any interleaving."""
    key = Key(Table.FACTS, partition())
    read: dict[int, int] = {}
    done = Counter[int]()
    for writer in writers:
        if writer in read:
            put = Put(key, {"by": writer}, read.pop(writer))
            done[writer] += store.commit([put])[0]
        else:
            row = store.get([key]).get(key)
            read[writer] = row.rev if row else 0
    row = store.get([key]).get(key)
    assert (row.rev if row else 0) == done.total()


@settings(max_examples=FEWER)
@given(
    first=st.sets(st.sampled_from(NAMES), min_size=1),
    second=st.sets(st.sampled_from(NAMES), min_size=1),
)
def test_of_two_that_write_together_and_overlap_only_the_first_writes(
    store: Store, first: set[str], second: set[str]
) -> None:
    pk = partition()
    by = {"first": sorted(first), "second": sorted(second)}
    done = {
        who: store.commit_together([Put(Key(Table.ORDERS, pk, sk), {"by": who}, 0) for sk in rows])
        for who, rows in by.items()
    }
    assert done == {"first": True, "second": not first & second}
    kept = Counter(row.body["by"] for row in store.query(Table.ORDERS, pk))
    assert kept == Counter({who: len(rows) for who, rows in by.items() if done[who]})
