"""One suite for every form of the store: what flows may rely on."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.errors import RejectedError
from shared.ports import Delete, Key, Put, Store, Table, Write

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
A = Key(Table.FACTS, "sku#A", "item#erp")
B = Key(Table.FACTS, "sku#B", "item#erp")


def sku(i: int) -> Key:
    return Key(Table.FACTS, f"sku#{i:04}")


def put(key: Key = A, expected: int = 0, value: object = 1, **over: Any) -> Put:
    return Put(key, {"value": value}, expected, **over)  # type: ignore[dict-item]


def value(store: Store, key: Key = A) -> object:
    row = store.get([key]).get(key)
    return row.body["value"] if row else None


def test_a_row_that_was_never_written_is_absent(store: Store) -> None:
    assert store.get([A]) == {}


def test_a_new_row_is_at_revision_one(store: Store) -> None:
    assert store.commit([put()]) == [True]
    assert store.get([A])[A].rev == 1


def test_a_row_is_glanced_at_as_it_is_read(store: Store) -> None:
    """None of these stores lags behind; how one that does is lived with is the ledger's test."""
    store.commit([put(), put(B, value="other", lane="wake", due=NOW)])
    assert store.glance([A, B, sku(1), A]) == store.get([A, B])


def test_a_row_is_made_only_once(store: Store) -> None:
    store.commit([put(value="first")])
    assert store.commit([put(value="second")]) == [False]
    assert value(store) == "first"


def test_a_write_on_an_older_revision_is_refused(store: Store) -> None:
    store.commit([put()])
    assert store.commit([put(expected=1, value=2)]) == [True]
    assert store.commit([put(expected=1, value=3)]) == [False]
    assert value(store) == 2


def test_a_write_to_a_row_that_is_gone_is_refused(store: Store) -> None:
    store.commit([put()])
    assert store.commit([Delete(A, 1)]) == [True]
    assert store.commit([put(expected=1)]) == [False]
    assert store.get([A]) == {}


def test_a_delete_names_the_revision_it_read(store: Store) -> None:
    store.commit([put()])
    assert store.commit([Delete(A, 2)]) == [False]
    assert value(store) == 1


def test_each_write_of_a_batch_stands_for_itself_and_answers_in_order(store: Store) -> None:
    store.commit([put(sku(0)), put(sku(2))])
    writes: list[Write] = [put(sku(0)), put(sku(1)), put(sku(2), 1, "new"), Delete(sku(3), 1)]
    assert store.commit(writes) == [False, True, True, False]
    assert (value(store, sku(0)), value(store, sku(2))) == (1, "new")


@pytest.mark.parametrize("count", [26, 130])
def test_any_number_of_rows_is_written_and_read(store: Store, count: int) -> None:
    keys = [sku(i) for i in range(count)]
    assert all(store.commit([put(key, value=i) for i, key in enumerate(keys)]))
    assert {row.body["value"] for row in store.get(keys).values()} == set(range(count))


def test_one_row_may_be_named_twice_in_a_batch_and_is_written_in_order(store: Store) -> None:
    assert store.commit([put(), put(B), put(expected=1, value=2), put(expected=1)]) == [
        True,
        True,
        True,
        False,
    ]
    assert value(store) == 2


def test_a_delete_of_a_row_somebody_else_deleted_is_refused(store: Store) -> None:
    store.commit([put()])
    assert store.commit([Delete(A, 1), put(B)]) == [True, True]
    assert store.commit([Delete(A, 1), put(B, 1)]) == [False, True]
    assert store.commit([Delete(A, 1)]) == [False]
    assert store.commit([Delete(A, 0)]) == [False]


def test_a_row_is_made_deleted_and_made_again_in_one_batch(store: Store) -> None:
    writes: list[Write] = [put(), Delete(A, 1), put(value="again"), put(B)]
    assert store.commit(writes) == [True, True, True, True]
    assert (store.get([A])[A].rev, value(store)) == (1, "again")


def test_nothing_to_write_is_no_trouble(store: Store) -> None:
    assert store.commit([]) == []
    assert store.commit_together([]) is True
    assert store.get([]) == {}


def test_rows_of_many_tables_are_read_and_written_at_once(store: Store) -> None:
    keys = [Key(table, "same") for table in Table]
    assert store.commit([put(key, value=str(key.table)) for key in keys]) == [True] * len(Table)
    assert {row.body["value"] for row in store.get(keys).values()} == set(map(str, Table))


def test_a_key_may_be_asked_for_twice(store: Store) -> None:
    store.commit([put()])
    assert list(store.get([A, A])) == [A]


def test_a_partition_is_walked_in_pages_and_each_begins_behind_the_last(store: Store) -> None:
    names = ["A", "B b", "a", "\u00e4", "\U0001f3a9"]
    store.commit([put(Key(Table.CONTROL, "roster", name)) for name in reversed(names)])
    store.commit([put(Key(Table.CONTROL, "rosters", "A"))])
    found: list[str] = []
    while page := store.query(Table.CONTROL, "roster", after=found[-1] if found else "", limit=2):
        found += [row.key.sk for row in page]
    assert found == names


def test_together_is_all_or_nothing(store: Store) -> None:
    store.commit([put(B)])
    assert store.commit_together([put(A), put(B)]) is False
    assert store.get([A]) == {}
    assert store.commit_together([put(A), put(B, 1, 2)]) is True
    assert (value(store, A), value(store, B)) == (1, 2)


def test_together_takes_deletes(store: Store) -> None:
    store.commit([put(A)])
    assert store.commit_together([Delete(A, 1), put(B)]) is True
    assert store.get([A, B]).keys() == {B}


def test_together_over_many_tables(store: Store) -> None:
    elsewhere = Key(Table.LINKS, "sku#A", "shop")
    assert store.commit_together([put(A), put(elsewhere)]) is True
    assert store.get([A, elsewhere]).keys() == {A, elsewhere}


def test_a_hundred_rows_are_written_together(store: Store) -> None:
    keys = [sku(i) for i in range(100)]
    assert store.commit_together([put(key) for key in keys]) is True
    assert store.commit_together([put(key, 1) for key in keys[:-1]] + [put(keys[-1], 2)]) is False
    assert {row.rev for row in store.get(keys).values()} == {1}


def test_together_is_bounded(store: Store) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        store.commit_together([put(sku(i)) for i in range(101)])
    with pytest.raises(ValueError, match="each of another row"):
        store.commit_together([put(A), put(A)])


def test_a_partition_is_read_in_order_of_its_sort_key(store: Store) -> None:
    rows = [Key(Table.FACTS, "sku#A", sk) for sk in ("stock#wms", "item#erp", "stock#erp")]
    store.commit([put(key) for key in rows])
    found = [row.key.sk for row in store.query(Table.FACTS, "sku#A")]
    assert found == ["item#erp", "stock#erp", "stock#wms"]
    stocks = store.query(Table.FACTS, "sku#A", prefix="stock#", limit=1)
    assert [row.key.sk for row in stocks] == ["stock#erp"]


def test_a_partition_larger_than_one_answer_is_read_whole(store: Store) -> None:
    keys = [Key(Table.FACTS, "sku#A", f"{i}") for i in range(5)]
    for key in keys:
        store.commit([put(key, value="x" * 350_000)])
    assert [row.key for row in store.query(Table.FACTS, "sku#A")] == keys
    for limit in range(1, 6):
        assert [row.key for row in store.query(Table.FACTS, "sku#A", limit=limit)] == keys[:limit]


def test_no_row_is_read_where_none_is_asked_for(store: Store) -> None:
    store.commit([put(lane="shop#1", due=NOW)])
    assert store.query(Table.FACTS, A.pk, limit=0) == []
    assert store.due(Table.FACTS, "shop#1", limit=0) == []


def test_another_partition_is_not_read(store: Store) -> None:
    store.commit([put(A), put(Key(Table.FACTS, "sku#AA")), put(Key(Table.TARGETS, "sku#A"))])
    assert [row.key for row in store.query(Table.FACTS, "sku#A")] == [A]


@pytest.mark.parametrize(
    "due",
    [
        NOW + timedelta(microseconds=1),
        NOW.astimezone(timezone(timedelta(hours=-5))) + timedelta(microseconds=1),
    ],
)
def test_a_lane_is_ordered_to_the_microsecond_in_any_zone(store: Store, due: datetime) -> None:
    store.commit([put(A, lane="shop#1", due=due), put(B, lane="shop#1", due=NOW)])
    assert [row.key for row in store.due(Table.FACTS, "shop#1")] == [B, A]
    assert [row.key for row in store.due(Table.FACTS, "shop#1", until=NOW)] == [B]


def test_a_row_without_an_instant_is_in_no_lane(store: Store) -> None:
    store.commit([put(A, lane="shop#1"), put(B, due=NOW)])
    assert store.due(Table.FACTS, "shop#1") == []


def test_a_deleted_row_is_in_no_lane(store: Store) -> None:
    store.commit([put(lane="shop#1", due=NOW)])
    store.commit([Delete(A, 1)])
    assert store.due(Table.FACTS, "shop#1") == []


def test_a_row_written_together_moves_from_lane_to_lane(store: Store) -> None:
    store.commit_together([put(A, lane="shop#1", due=NOW), put(B, lane="shop#1", due=NOW)])
    store.commit_together([put(A, 1, lane="shop#2", due=NOW), put(B, 1)])
    assert store.due(Table.FACTS, "shop#1") == []
    assert [row.key for row in store.due(Table.FACTS, "shop#2")] == [A]


def test_a_lane_gives_what_is_due_longest_due_first(store: Store) -> None:
    for i, minutes in enumerate((5, -5, 0)):
        due = NOW + timedelta(minutes=minutes)
        store.commit([put(sku(i), lane="shop#1", due=due)])
    store.commit([put(sku(9), lane="shop#2", due=NOW)])
    found = [row.key for row in store.due(Table.FACTS, "shop#1", until=NOW)]
    assert found == [sku(1), sku(2)]
    assert [row.key for row in store.due(Table.FACTS, "shop#1", limit=1)] == [sku(1)]


def test_a_lane_is_looked_through_from_one_instant_to_another(store: Store) -> None:
    for i in range(4):
        store.commit([put(sku(i), lane="shop#1", due=NOW + timedelta(microseconds=i))])
    first, last = NOW + timedelta(microseconds=1), NOW + timedelta(microseconds=2)

    def found(**bounds: Any) -> list[Key]:
        return [row.key for row in store.due(Table.FACTS, "shop#1", **bounds)]

    assert found(since=first) == [sku(1), sku(2), sku(3)]
    assert found(since=first, until=last) == [sku(1), sku(2)]
    assert found(since=last, limit=1) == [sku(2)]
    assert found(since=last, until=first) == []


@pytest.mark.parametrize("batched", [False, True])
def test_a_write_without_a_lane_leaves_the_lane(store: Store, *, batched: bool) -> None:
    other = [put(B)] if batched else []
    store.commit([put(lane="shop#1", due=NOW, state="dirty", expires=NOW, raw=b"x"), *other])
    store.commit([put(expected=1), *([put(B, 1)] if batched else [])])
    assert store.due(Table.FACTS, "shop#1") == []
    assert store.get([A])[A].raw is None


@pytest.mark.parametrize("batched", [False, True])
def test_a_row_moves_from_lane_to_lane(store: Store, *, batched: bool) -> None:
    other = [put(B)] if batched else []
    store.commit([put(lane="shop#1", due=NOW), *other])
    store.commit([put(expected=1, lane="shop#2", due=NOW), *([put(B, 1)] if batched else [])])
    assert store.due(Table.FACTS, "shop#1") == []
    assert [row.key for row in store.due(Table.FACTS, "shop#2")] == [A]


def test_raw_bytes_come_back_as_they_were(store: Store) -> None:
    everything = bytes(range(256))
    store.commit([put(raw=everything)])
    store.commit([put(B, raw=everything), put(expected=1, raw=everything[::-1])])
    rows = store.get([A, B])
    assert (rows[A].raw, rows[B].raw) == (everything[::-1], everything)


def test_text_comes_back_as_it_was(store: Store) -> None:
    text = "Größe 42 — “é” \N{SNOWMAN} \\ \" ' \n"
    store.commit([put(value=text), put(B, value=text)])
    assert value(store) == value(store, B) == text


@pytest.mark.parametrize("batched", [False, True])
def test_a_row_too_large_to_keep_is_refused(store: Store, *, batched: bool) -> None:
    other = [put(B)] if batched else []
    assert all(store.commit([put(value="x" * 400_000), *other]))
    with pytest.raises(RejectedError):
        store.commit([put(expected=1, value="x" * 410_000), *([put(B, 1)] if batched else [])])
    assert store.get([A])[A].rev == 1


def test_rows_are_as_large_as_their_bytes(store: Store) -> None:
    with pytest.raises(RejectedError):
        store.commit([put(value="é" * 205_000)])
    with pytest.raises(RejectedError):
        store.commit([put(raw=b"x" * 410_000)])


def test_together_is_refused_when_one_row_is_too_large(store: Store) -> None:
    with pytest.raises(RejectedError):
        store.commit_together([put(A), put(B, value="x" * 410_000)])
    assert store.get([A, B]) == {}


@pytest.mark.parametrize(("pk", "sk"), [("", "-"), ("sku#A", ""), ("x" * 2049, "-")])
def test_a_key_that_is_empty_or_too_long_is_refused(store: Store, pk: str, sk: str) -> None:
    with pytest.raises(RejectedError):
        store.commit([put(Key(Table.FACTS, pk, sk))])


def test_the_same_write_by_another_writer_is_refused(store: Store) -> None:
    """Two takers of one token must not both get it, even when they write the same bytes."""
    assert store.commit([put()]) == [True]
    assert store.commit([put()]) == [False]
    assert store.commit([put(), put(B)]) == [False, True]
    assert store.commit_together([put(A), put(sku(1))]) is False
