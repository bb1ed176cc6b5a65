"""Versioned rows in DynamoDB: every write names the revision it read."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.aws.backoff import Sleep, attempts
from shared.aws.faults import error_of, is_final, translated
from shared.aws.items import (
    action,
    delete_request,
    instant_text,
    key_item,
    put_request,
    row_of,
    statement,
)
from shared.ports import Delete, Key, Put, Row, Store, Table, Write

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        KeysAndAttributesUnionTypeDef,
        QueryInputTypeDef,
    )

GET_MAX = 100  # BatchGetItem
STATEMENTS_MAX = 25  # BatchExecuteStatement
TOGETHER_MAX = 100  # TransactWriteItems
LAST = datetime.max.replace(tzinfo=UTC)
_CONFLICT = frozenset({"ConditionalCheckFailed", "DuplicateItem"})


class DynamoStore(Store):
    """One item per row: `pk`, `sk`, `rev`, `body` (JSON), and beside it what indexes need.

    One write is a conditional PutItem or DeleteItem; several are PartiQL statements, 25 a call,
    each with its own condition. Deletes always go alone: a PartiQL DELETE of an item that does not
    exist succeeds, and would not say that somebody else was first.

    A call whose answer was lost is repeated by the SDK, and then finds the revision moved on by
    itself. So every put carries a `token` of its own, by which a refused one is recognised as one
    that had landed; it is looked for only when something was in fact repeated. Two cases remain in
    which a write that landed is answered False: somebody else has written the row since, or it was
    a delete. Both look to the caller like a lost race, and it reads again.

    Raises RetryableError, ThrottledError, AccessError, or RejectedError for a row that cannot be
    kept (an item holds 400 KB); other writes of the same `commit` may then have been applied.
    """

    def __init__(
        self, client: "DynamoDBClient", tables: Mapping[Table, str], *, sleep: Sleep = time.sleep
    ) -> None:
        self._client = client
        self._tables = tables
        self._names = {name: table for table, name in tables.items()}
        self._sleep = sleep

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        return self._read(keys, consistent=True)

    def glance(self, keys: Iterable[Key]) -> dict[Key, Row]:
        return self._read(keys, consistent=False)

    def _read(self, keys: Iterable[Key], *, consistent: bool) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        for chunk in batched(dict.fromkeys(keys), GET_MAX, strict=False):
            for name, item in self._items(chunk, consistent=consistent):
                row = row_of(self._names[name], item)
                found[row.key] = row
        return found

    def _items(
        self, keys: Sequence[Key], *, consistent: bool = True
    ) -> "Iterator[tuple[str, Mapping[str, AttributeValueTypeDef]]]":
        """Up to 100 items with their table's name; an answer may hold 16 MB, the rest follows."""
        by_table: dict[str, list[dict[str, AttributeValueTypeDef]]] = defaultdict(list)
        for key in keys:
            by_table[self._tables[key.table]].append(key_item(key))
        wanted: Mapping[str, KeysAndAttributesUnionTypeDef] = {
            name: {"Keys": listed, "ConsistentRead": consistent}
            for name, listed in by_table.items()
        }
        while wanted:
            for _ in attempts(self._sleep):
                with translated("BatchGetItem"):
                    answer = self._client.batch_get_item(RequestItems=wanted)
                wanted = answer.get("UnprocessedKeys", {})
                if any(answer["Responses"].values()) or not wanted:
                    break
            else:
                raise error_of("ThrottlingException", "BatchGetItem")
            for name, items in answer["Responses"].items():
                for item in items:
                    yield name, item

    def query(
        self,
        table: Table,
        pk: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Row]:
        request: QueryInputTypeDef = {
            "TableName": self._tables[table],
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        }
        if prefix:
            request["KeyConditionExpression"] = "pk = :pk AND begins_with(sk, :sk)"
            request["ExpressionAttributeValues"] = {":pk": {"S": pk}, ":sk": {"S": prefix}}
        elif after:
            request["KeyConditionExpression"] = "pk = :pk AND sk > :sk"
            request["ExpressionAttributeValues"] = {":pk": {"S": pk}, ":sk": {"S": after}}
        return self._pages(table, request, limit)

    def due(
        self,
        table: Table,
        lane: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 250,
    ) -> list[Row]:
        earliest, latest = instant_text(since) if since else "0", instant_text(until or LAST)
        if earliest > latest:
            return []
        request: QueryInputTypeDef = {
            "TableName": self._tables[table],
            "IndexName": "due",
            "KeyConditionExpression": "lane = :lane AND due BETWEEN :since AND :until",
            "ExpressionAttributeValues": {
                ":lane": {"S": lane},
                ":since": {"S": earliest},
                ":until": {"S": latest},
            },
        }
        return self._pages(table, request, limit)

    def _pages(self, table: Table, request: "QueryInputTypeDef", limit: int | None) -> list[Row]:
        found: list[Row] = []
        while limit is None or len(found) < limit:
            if limit is not None:
                request["Limit"] = limit - len(found)
            with translated("Query"):
                answer = self._client.query(**request)
            found += [row_of(table, item) for item in answer["Items"]]
            if not answer.get("LastEvaluatedKey"):
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        done: list[bool] = []
        for chunk in _chunks(writes):
            puts = [write for write in chunk if isinstance(write, Put)]
            answers = iter(self._puts(puts))
            done += [next(answers) if isinstance(w, Put) else self._delete(w) for w in chunk]
        return done

    def _delete(self, delete: Delete) -> bool:
        with translated("DeleteItem"):
            try:
                self._client.delete_item(**delete_request(delete, self._tables[delete.key.table]))
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _puts(self, puts: Sequence[Put]) -> list[bool]:
        if len(puts) == 1:
            return [self._put(puts[0])]
        return self._statements(puts) if puts else []

    def _put(self, put: Put) -> bool:
        token = uuid4().hex
        with translated("PutItem"):
            try:
                self._client.put_item(**put_request(put, self._tables[put.key.table], token))
            except self._client.exceptions.ConditionalCheckFailedException as refusal:
                return _repeated(refusal) and put.key in self._landed([put], token)
        return True

    def _statements(self, puts: Sequence[Put]) -> list[bool]:
        token = uuid4().hex
        done: dict[Key, bool] = {}
        pending = list(puts)
        code = ""
        for attempt in attempts(self._sleep):
            with translated("BatchExecuteStatement"):
                answer = self._client.batch_execute_statement(
                    Statements=[statement(p, self._tables[p.key.table], token) for p in pending]
                )
            repeated = attempt > 0 or answer["ResponseMetadata"]["RetryAttempts"] > 0
            again, refused = [], []
            for put, response in zip(pending, answer["Responses"], strict=True):
                failed = response.get("Error", {}).get("Code")
                if failed is None:
                    done[put.key] = True
                elif failed in _CONFLICT:
                    refused.append(put)
                elif is_final(failed):
                    raise error_of(failed, f"{put.key.table} {put.key.sk}")
                else:
                    code = failed
                    again.append(put)
            landed = self._landed(refused, token) if repeated else frozenset()
            done |= {put.key: put.key in landed for put in refused}
            pending = again
            if not pending:
                return [done[put.key] for put in puts]
        raise error_of(code, "BatchExecuteStatement")

    def commit_together(self, writes: Sequence[Write]) -> bool:
        """One TransactWriteItems, which DynamoDB bills twice; ValueError if it cannot be one.

        The client token makes a repeat within ten minutes an answer instead of a second try.
        """
        if len(writes) > TOGETHER_MAX or len({w.key for w in writes}) != len(writes):
            raise ValueError("at most 100 writes together, each of another row")
        if not writes:
            return True
        token = uuid4().hex
        actions = [action(write, self._tables[write.key.table], token) for write in writes]
        code = ""
        for attempt in attempts(self._sleep):
            with translated("TransactWriteItems"):
                try:
                    self._client.transact_write_items(
                        TransactItems=actions, ClientRequestToken=token
                    )
                except self._client.exceptions.TransactionCanceledException as refusal:
                    code = _cause(refusal)
                    if code == "ConditionalCheckFailed":
                        again = attempt > 0 or _repeated(refusal)
                        return again and bool(self._landed(writes, token))
                    if is_final(code):
                        raise error_of(code, "TransactWriteItems") from refusal
                else:
                    return True
        raise error_of(code, "TransactWriteItems")

    def _landed(self, writes: Sequence[Write], token: str) -> frozenset[Key]:
        """Which of these hold our token: they were written, and only the answer was lost."""
        if not writes:
            return frozenset()
        return frozenset(
            row_of(self._names[name], item).key
            for name, item in self._items([write.key for write in writes])
            if item.get("token", {}).get("S") == token
        )


def _chunks(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """At most 25 in order, none naming a row twice: one call may not."""
    chunk: dict[Key, Write] = {}
    for write in writes:
        if len(chunk) == STATEMENTS_MAX or write.key in chunk:
            yield list(chunk.values())
            chunk = {}
        chunk[write.key] = write
    if chunk:
        yield list(chunk.values())


def _repeated(refusal: "ClientError") -> bool:
    """Whether the SDK sent this request more than once."""
    return refusal.response["ResponseMetadata"].get("RetryAttempts", 0) > 0


def _cause(refusal: "ClientError") -> str:
    """What cancelled a transaction; what is final or lost outweighs what may be tried again."""
    codes = {str(r.get("Code", "None")) for r in refusal.response["CancellationReasons"]} - {"None"}
    return min(codes, key=lambda code: (not is_final(code), code not in _CONFLICT), default="")
