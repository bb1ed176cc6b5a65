"""One suite for every form of a counter: what may be drawn, by whom, and what goes back."""

from typing import Any

import boto3
import pytest

from shared.aws.counters import DynamoCounters
from shared.aws.store import DynamoStore
from shared.kit.counters import Counters
from shared.ports import Key, Put, Row, Store, Table
from tests.aws.tables import create_tables
from tests.fakes import MemoryStore

KEY = Key(Table.CONTROL, "counter#HAT-M#london#0")


@pytest.fixture(params=["memory", "dynamodb"])
def both(request: pytest.FixtureRequest) -> tuple[Store, Counters]:
    if request.param == "memory":
        memory = MemoryStore()
        return memory, memory
    request.getfixturevalue("aws")
    tables = create_tables()
    client: Any = boto3.client("dynamodb")
    return DynamoStore(client, tables), DynamoCounters(client, tables)


@pytest.fixture
def store(both: tuple[Store, Counters]) -> Store:
    both[0].commit([Put(KEY, {}, 0, units=5)])
    return both[0]


@pytest.fixture
def counters(both: tuple[Store, Counters], store: Store) -> Counters:
    del store
    return both[1]


def row(store: Store) -> Row:
    return store.get([KEY])[KEY]


def test_units_are_drawn_and_the_token_is_kept(store: Store, counters: Counters) -> None:
    drawn = counters.draw(KEY, 2, "a")
    assert drawn is not None
    assert (drawn.units, drawn.drawn, drawn.rev) == (3, {"a": 2}, 2)
    assert row(store) == drawn


def test_no_more_is_drawn_than_there_is(store: Store, counters: Counters) -> None:
    assert counters.draw(KEY, 6, "a") is None
    assert counters.draw(KEY, 5, "a") is not None
    assert counters.draw(KEY, 1, "b") is None
    assert row(store).units == 0


def test_a_token_draws_once(store: Store, counters: Counters) -> None:
    counters.draw(KEY, 1, "a")
    assert counters.draw(KEY, 1, "a") is None
    assert row(store).units == 4


def test_what_is_settled_is_forgotten(store: Store, counters: Counters) -> None:
    counters.draw(KEY, 1, "a")
    counters.draw(KEY, 1, "b", settled=["a", "nobody"])
    assert row(store).drawn == {"b": 1}


def test_a_draw_is_undone_once(store: Store, counters: Counters) -> None:
    counters.draw(KEY, 2, "a")
    assert counters.undo(KEY, 2, "a") is not None
    assert counters.undo(KEY, 2, "a") is None
    assert counters.undo(KEY, 2, "b") is None
    assert (row(store).units, row(store).drawn) == (5, {})


def test_a_counter_that_is_not_there_gives_nothing(counters: Counters) -> None:
    other = Key(Table.CONTROL, "counter#HAT-M#london#1")
    assert counters.draw(other, 1, "a") is None
    assert counters.undo(other, 1, "a") is None


def test_whoever_gathers_is_refused_when_somebody_has_drawn_meanwhile(
    store: Store, counters: Counters
) -> None:
    before = row(store)
    counters.draw(KEY, 1, "a")
    assert not store.commit_together([Put(KEY, {}, before.rev, units=0)])
    now = row(store)
    assert store.commit([Put(KEY, {}, now.rev, units=0, drawn=now.drawn)]) == [True]
    assert (row(store).units, row(store).drawn) == (0, {"a": 1})


def test_a_row_that_is_no_counter_has_no_units(store: Store) -> None:
    plain = Key(Table.CONTROL, "plain")
    store.commit([Put(plain, {}, 0)])
    assert (store.get([plain])[plain].units, dict(store.get([plain])[plain].drawn)) == (None, {})
