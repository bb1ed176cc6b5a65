"""What only DynamoDB does: calls, lost answers, throttling, attributes beside the body."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from shared.aws.backoff import ATTEMPTS
from shared.aws.config import config
from shared.aws.faults import COME_BACK
from shared.aws.store import DynamoStore
from shared.errors import AccessError, RejectedError, RetryableError, ThrottledError
from shared.ports import Delete, Key, Put, Table, Write
from tests.aws.calls import CallCounter
from tests.aws.partiql import with_statements
from tests.aws.scripted import lose_first_answer, script
from tests.aws.tables import create_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
A = Key(Table.FACTS, "sku#A", "item#erp")
B = Key(Table.FACTS, "sku#B", "item#erp")
KEYS = [Key(Table.FACTS, f"sku#{i:04}") for i in range(100)]

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=config())


@pytest.fixture
def tables(client: "DynamoDBClient") -> dict[Table, str]:
    return create_tables(client)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def store(client: "DynamoDBClient", tables: dict[Table, str], slept: list[float]) -> DynamoStore:
    return DynamoStore(with_statements(client), tables, sleep=slept.append)


def put(key: Key = A, expected: int = 0) -> Put:
    return Put(key, {"value": 1}, expected)


def refusal(code: str) -> dict[str, object]:
    return {"Error": {"Code": code, "Message": "said DynamoDB"}}


def test_a_hundred_rows_cost_four_writes_and_one_read(
    client: "DynamoDBClient", tables: dict[Table, str]
) -> None:
    store = DynamoStore(with_statements(client), tables)
    calls = CallCounter(client)
    store.commit([put(key) for key in KEYS])
    inner = calls.pop("PutItem")  # moto's PartiQL is made of these
    assert (inner, dict(calls)) == (100, {"BatchExecuteStatement": 4})
    store.get(KEYS)
    assert calls["BatchGetItem"] == 1


def test_one_row_costs_one_call(store: DynamoStore, client: "DynamoDBClient") -> None:
    calls = CallCounter(client)
    store.commit([put()])
    store.commit([put()])
    store.commit([Delete(A, 1)])
    assert dict(calls) == {"PutItem": 2, "DeleteItem": 1}


def test_a_hundred_rows_together_cost_one_call(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    calls = CallCounter(client)
    store.commit_together([put(key) for key in KEYS])
    assert dict(calls) == {"TransactWriteItems": 1}


def test_deletes_go_one_by_one_as_a_batch_would_hide_that_nothing_was_there(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    store.commit([put(A)])
    calls = CallCounter(client)
    assert store.commit([Delete(A, 1), Delete(B, 1)]) == [True, False]
    assert dict(calls) == {"DeleteItem": 2}


def test_state_and_expiry_lie_beside_the_body(
    store: DynamoStore, client: "DynamoDBClient", tables: dict[Table, str]
) -> None:
    store.commit([Put(A, {"x": [1]}, 0, lane="shop", due=NOW, state="dirty", expires=NOW)])
    item = client.get_item(
        TableName=tables[Table.FACTS], Key={"pk": {"S": A.pk}, "sk": {"S": A.sk}}
    )["Item"]
    assert item["ttl"] == {"N": str(int(NOW.timestamp()))}
    assert item["state"] == {"S": "dirty"}
    assert item["lane"] == {"S": "shop"}
    assert item["due"] == {"S": "2026-11-27T09:00:00.000000Z"}
    assert item["body"] == {"S": '{"x":[1]}'}


def test_a_put_that_landed_before_its_answer_was_lost_counts_as_done(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    lose_first_answer(client, "dynamodb.PutItem")
    assert store.commit([put()]) == [True]
    assert store.get([A])[A].rev == 1


def test_a_batch_that_landed_before_its_answer_was_lost_counts_as_done(
    client: "DynamoDBClient", tables: dict[Table, str]
) -> None:
    store = DynamoStore(with_statements(client, answers_lost=2), tables)
    store.commit([put(KEYS[2])])
    writes: list[Write] = [put(KEYS[0]), put(KEYS[1]), put(KEYS[2])]
    assert store.commit(writes) == [True, True, False]
    assert store.commit([put(KEYS[0], 1), put(KEYS[1], 1)]) == [True, True]


def test_a_transaction_that_landed_before_its_answer_was_lost_counts_as_done(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    store.commit([put(B)])
    lose_first_answer(client, "dynamodb.TransactWriteItems")
    assert store.commit_together([put(A), Delete(B, 1)]) is True
    assert store.get([A, B]).keys() == {A}


def test_a_lost_race_is_not_taken_for_a_lost_answer(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    store.commit([put()])
    lose_first_answer(client, "dynamodb.PutItem")
    assert store.commit([put()]) == [False]


def test_a_refused_write_is_not_read_again_when_nothing_was_repeated(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    store.commit([put()])
    calls = CallCounter(client)
    assert store.commit([put()]) == [False]
    assert store.commit_together([put()]) is False
    assert calls["BatchGetItem"] == 0


def test_throttled_statements_are_sent_again_and_the_others_are_not(
    store: DynamoStore, client: "DynamoDBClient", slept: list[float]
) -> None:
    some = {"Responses": [{}, refusal("ThrottlingError"), refusal("ConditionalCheckFailed")]}
    script(client, "dynamodb.BatchExecuteStatement", some)
    assert store.commit([put(KEYS[0]), put(KEYS[1]), put(KEYS[2])]) == [True, True, False]
    assert store.get(KEYS[:3]).keys() == {KEYS[1]}
    assert len(slept) == 1


def test_a_batch_that_stays_throttled_is_for_later(
    store: DynamoStore, client: "DynamoDBClient", slept: list[float]
) -> None:
    busy = {"Responses": [refusal("ProvisionedThroughputExceeded")] * 2}
    script(client, "dynamodb.BatchExecuteStatement", *[busy] * ATTEMPTS)
    with pytest.raises(ThrottledError) as raised:
        store.commit([put(A), put(B)])
    assert raised.value.after == COME_BACK
    assert len(slept) == ATTEMPTS - 1
    assert sum(slept) <= 1.6


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ValidationError", RejectedError),
        ("AccessDenied", AccessError),
        ("ResourceNotFound", RejectedError),
    ],
)
def test_a_statement_refused_for_good_is_not_sent_again(
    store: DynamoStore, client: "DynamoDBClient", code: str, error: type[Exception]
) -> None:
    script(client, "dynamodb.BatchExecuteStatement", {"Responses": [{}, refusal(code)]})
    with pytest.raises(error):
        store.commit([put(A), put(B)])


def test_rows_left_unread_are_asked_for_again(
    store: DynamoStore, client: "DynamoDBClient", tables: dict[Table, str], slept: list[float]
) -> None:
    store.commit([put(A), put(B)])
    wanted = {tables[Table.FACTS]: {"Keys": [{"pk": {"S": B.pk}, "sk": {"S": B.sk}}]}}
    nothing = {"Responses": {}, "UnprocessedKeys": wanted}
    item = {"pk": {"S": A.pk}, "sk": {"S": A.sk}, "rev": {"N": "7"}, "body": {"S": "{}"}}
    half = {"Responses": {tables[Table.FACTS]: [item]}, "UnprocessedKeys": wanted}
    script(client, "dynamodb.BatchGetItem", half, nothing)
    found = store.get([A, B])
    assert (found[A].rev, found[B].rev) == (7, 1)
    assert len(slept) == 1


def test_rows_that_stay_unread_are_for_later(
    store: DynamoStore, client: "DynamoDBClient", tables: dict[Table, str]
) -> None:
    wanted = {tables[Table.FACTS]: {"Keys": [{"pk": {"S": A.pk}, "sk": {"S": A.sk}}]}}
    nothing = {"Responses": {}, "UnprocessedKeys": wanted}
    script(client, "dynamodb.BatchGetItem", *[nothing] * ATTEMPTS)
    with pytest.raises(ThrottledError):
        store.get([A])


def cancelled(*codes: str) -> dict[str, object]:
    error = {"Code": "TransactionCanceledException", "Message": "said DynamoDB"}
    return {"Error": error, "CancellationReasons": [{"Code": code} for code in codes]}


def test_a_transaction_in_the_way_of_another_is_tried_again(
    store: DynamoStore, client: "DynamoDBClient", slept: list[float]
) -> None:
    script(client, "dynamodb.TransactWriteItems", cancelled("None", "TransactionConflict"))
    assert store.commit_together([put(A), put(B)]) is True
    assert len(slept) == 1


def test_a_transaction_that_stays_in_the_way_is_for_later(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    busy = [cancelled("TransactionConflict", "None")] * ATTEMPTS
    script(client, "dynamodb.TransactWriteItems", *busy)
    with pytest.raises(RetryableError, match="TransactionConflict"):
        store.commit_together([put(A), put(B)])


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (("ConditionalCheckFailed", "ValidationError"), RejectedError),
        (("TransactionConflict", "AccessDenied"), AccessError),
    ],
)
def test_a_transaction_that_can_never_be_is_refused(
    store: DynamoStore, client: "DynamoDBClient", codes: tuple[str, ...], error: type[Exception]
) -> None:
    script(client, "dynamodb.TransactWriteItems", cancelled(*codes))
    with pytest.raises(error):
        store.commit_together([put(A), put(B)])


def test_a_lost_race_outweighs_a_conflict(store: DynamoStore, client: "DynamoDBClient") -> None:
    script(
        client,
        "dynamodb.TransactWriteItems",
        cancelled("TransactionConflict", "ConditionalCheckFailed"),
    )
    assert store.commit_together([put(A), put(B)]) is False


@pytest.mark.parametrize("operation", ["PutItem", "Query", "BatchGetItem", "TransactWriteItems"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDeniedException", AccessError),
        ("ValidationException", RejectedError),
        ("InternalServerError", RetryableError),
        ("ThrottlingException", ThrottledError),
    ],
)
def test_every_error_says_what_to_do_next(
    store: DynamoStore, client: "DynamoDBClient", operation: str, code: str, error: type[Exception]
) -> None:
    script(client, f"dynamodb.{operation}", code)
    calls: dict[str, Callable[[], object]] = {
        "PutItem": lambda: store.commit([put()]),
        "Query": lambda: store.query(Table.FACTS, "sku#A"),
        "BatchGetItem": lambda: store.get([A]),
        "TransactWriteItems": lambda: store.commit_together([put()]),
    }
    with pytest.raises(error, match=f"^{operation}: {code}$") as raised:
        calls[operation]()
    assert type(raised.value) is error


def test_no_answer_at_all_may_be_tried_again(store: DynamoStore, client: "DynamoDBClient") -> None:
    script(client, "dynamodb.BatchGetItem", ReadTimeoutError(endpoint_url="https://aws"))
    with pytest.raises(RetryableError, match="ReadTimeoutError") as raised:
        store.get([A])
    assert raised.value.after is None
