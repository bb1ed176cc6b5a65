"""The store on disk answers as the store does that flows are given."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.ports import Delete, Key, Put, Table
from tests.load.disk import DiskStore

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
A, B = Key(Table.FACTS, "sku#A", "item#erp"), Key(Table.FACTS, "sku#A", "price#erp")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    with closing(DiskStore(tmp_path / "rows.sqlite")) as made:
        yield made


def test_a_row_is_deleted_on_its_revision_alone(store: DiskStore) -> None:
    store.commit([Put(A, {"x": 1}, 0), Put(A, {"x": 2}, 1)])
    assert store.commit([Delete(A, 1)]) == [False]
    assert store.commit([Delete(A, 2), Delete(B, 1)]) == [True, False]
    assert store.get([A]) == {}


def test_a_partition_is_read_in_order_by_prefix_or_from_behind_a_key(store: DiskStore) -> None:
    store.commit([Put(B, {}, 0), Put(A, {}, 0), Put(Key(Table.FACTS, "sku#B"), {}, 0)])
    assert [row.key for row in store.query(Table.FACTS, "sku#A")] == [A, B]
    assert [row.key for row in store.query(Table.FACTS, "sku#A", prefix="price#")] == [B]
    assert [row.key for row in store.query(Table.FACTS, "sku#A", after=A.sk)] == [B]
    assert [row.key for row in store.query(Table.FACTS, "sku#A", limit=1)] == [A]


def test_a_lane_holds_what_its_last_write_put_there_the_longest_due_first(store: DiskStore) -> None:
    later = NOON + timedelta(microseconds=1)
    store.commit([Put(A, {}, 0, lane="wake", due=later), Put(B, {}, 0, lane="wake", due=NOON)])
    assert [row.key for row in store.due(Table.FACTS, "wake")] == [B, A]
    assert [row.key for row in store.due(Table.FACTS, "wake", until=NOON)] == [B]
    assert [row.key for row in store.due(Table.FACTS, "wake", since=later)] == [A]
    store.commit([Put(B, {}, 1)])
    assert [row.key for row in store.due(Table.FACTS, "wake")] == [A]
