"""One suite for both forms of the store: what flows may rely on."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from shared.aws.store import DynamoStore
from shared.errors import RejectedError
from shared.ports import Delete, Key, Put, Store, Table, Write
from tests.aws.partiql import WithStatements
from tests.aws.tables import create_tables
from tests.fakes import MemoryStore

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
A = Key(Table.FACTS, "sku#A", "item#erp")
B = Key(Table.FACTS, "sku#B", "item#erp")


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with mock_aws():
        yield DynamoStore(WithStatements(boto3.client("dynamodb")), create_tables())


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


def test_a_key_may_be_asked_for_twice(store: Store) -> None:
    store.commit([put()])
    assert list(store.get([A, A])) == [A]


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


def test_a_lane_gives_what_is_due_longest_due_first(store: Store) -> None:
    for i, minutes in enumerate((5, -5, 0)):
        due = NOW + timedelta(minutes=minutes)
        store.commit([put(sku(i), lane="shop#1", due=due)])
    store.commit([put(sku(9), lane="shop#2", due=NOW)])
    found = [row.key for row in store.due(Table.FACTS, "shop#1", until=NOW)]
    assert found == [sku(1), sku(2)]
    assert [row.key for row in store.due(Table.FACTS, "shop#1", limit=1)] == [sku(1)]


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
    store.commit([put(raw=bytes(range(256)))])
    assert store.get([A])[A].raw == bytes(range(256))


def test_text_comes_back_as_it_was(store: Store) -> None:
    text = "Größe 42 — “é” \N{SNOWMAN} \\ \" ' \n"
    store.commit([put(value=text), put(B, value=text)])
    assert value(store) == value(store, B) == text


def test_a_row_too_large_to_keep_is_refused(store: Store) -> None:
    with pytest.raises(RejectedError):
        store.commit([put(value="x" * 420_000)])


@given(writers=st.lists(st.integers(0, 3), min_size=1, max_size=24))
def test_no_update_is_ever_lost(writers: list[int]) -> None:
    """Writers read at one step and write at the next, in any interleaving."""
    store = MemoryStore()
    read: dict[int, int] = {}
    done = Counter[int]()
    for writer in writers:
        if writer in read:
            rev = read.pop(writer)
            done[writer] += store.commit([put(expected=rev, value=writer)])[0]
        else:
            row = store.get([A]).get(A)
            read[writer] = row.rev if row else 0
    row = store.get([A]).get(A)
    assert (row.rev if row else 0) == done.total()


class Repeating(WithStatements):
    """Every write reaches DynamoDB twice, as when the SDK repeats one whose answer was lost."""

    def put_item(self, **request: Any) -> Any:
        self._client.put_item(**request)
        return self._client.put_item(**request)

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        super().batch_execute_statement(Statements=Statements)
        return super().batch_execute_statement(Statements=Statements)


@pytest.mark.usefixtures("aws")
def test_a_write_that_was_repeated_because_its_answer_was_lost_counts_as_done() -> None:
    store = DynamoStore(Repeating(boto3.client("dynamodb")), create_tables())
    assert store.commit([put()]) == [True]
    assert store.commit([put(expected=1), put(B)]) == [True, True]


def test_the_same_write_by_another_writer_is_refused(store: Store) -> None:
    """Two takers of one token must not both get it, even when they write the same bytes."""
    assert store.commit([put()]) == [True]
    assert store.commit([put()]) == [False]
    assert store.commit([put(), put(B)]) == [False, True]


@pytest.mark.usefixtures("aws")
def test_a_hundred_rows_cost_four_writes_and_one_read() -> None:
    client = WithStatements(boto3.client("dynamodb"))
    store = DynamoStore(client, create_tables())
    reads = Counter[str]()
    client.meta.events.register("before-call", lambda model, **_: reads.update([model.name]))
    keys = [sku(i) for i in range(100)]
    store.commit([put(key) for key in keys])
    store.get(keys)
    assert (client.batches, reads["BatchGetItem"]) == (4, 1)
