"""Versioned rows in DynamoDB: every write names the revision it read."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched
from time import sleep
from typing import Any
from uuid import uuid4

from shared.aws.faults import translated
from shared.errors import RejectedError, RetryableError
from shared.ports import Delete, Key, Put, Row, Table, Write

GET_MAX = 100  # BatchGetItem
STATEMENTS_MAX = 25  # BatchExecuteStatement
TOGETHER_MAX = 100  # TransactWriteItems
ATTEMPTS = 6
_CONFLICT = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_PERMANENT = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"})

type Item = dict[str, dict[str, Any]]


class DynamoStore:
    """One item per row: `pk`, `sk`, `rev`, `body` (JSON), and beside it what indexes need.

    One write is a conditional PutItem or DeleteItem; several are PartiQL statements, 25 a call,
    each with its own condition. The SDK repeats a call whose answer was lost, and then finds the
    revision moved on by itself: every write carries a `token` of its own, by which a refused write
    is recognised as one that had landed.
    """

    def __init__(self, client: Any, tables: Mapping[Table, str]) -> None:
        self._client = client
        self._tables = tables
        self._names = {name: table for table, name in tables.items()}

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        for chunk in batched(dict.fromkeys(keys), GET_MAX, strict=False):
            for name, item in self._items(chunk):
                row = _row(self._names[name], item)
                found[row.key] = row
        return found

    def _items(self, keys: Sequence[Key]) -> Iterator[tuple[str, Item]]:
        if not keys:
            return
        wanted: dict[str, Any] = defaultdict(lambda: {"ConsistentRead": True, "Keys": []})
        for key in keys:
            wanted[self._tables[key.table]]["Keys"].append(_key(key))
        for attempt in range(ATTEMPTS):
            with translated("BatchGetItem"):
                answer = self._client.batch_get_item(RequestItems=dict(wanted))
            for name, items in answer["Responses"].items():
                for item in items:
                    yield name, item
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return
            _pause(attempt)
        raise RetryableError("BatchGetItem left keys unread")

    def query(
        self, table: Table, pk: str, *, prefix: str = "", limit: int | None = None
    ) -> list[Row]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values = (
                f"{condition} AND begins_with(sk, :sk)",
                {
                    **values,
                    ":sk": {"S": prefix},
                },
            )
        request = {
            "TableName": self._tables[table],
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        return self._pages(table, request, limit)

    def due(
        self, table: Table, lane: str, *, until: datetime | None = None, limit: int = 250
    ) -> list[Row]:
        condition, values = "lane = :lane", {":lane": {"S": lane}}
        if until is not None:
            condition += " AND due <= :due"
            values[":due"] = {"S": _instant(until)}
        request = {
            "TableName": self._tables[table],
            "IndexName": "due",
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        return self._pages(table, request, limit)

    def _pages(self, table: Table, request: dict[str, Any], limit: int | None) -> list[Row]:
        found: list[Row] = []
        while True:
            if limit is not None:
                request["Limit"] = limit - len(found)
            with translated("Query"):
                answer = self._client.query(**request)
            found += [_row(table, item) for item in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if not last or (limit is not None and len(found) >= limit):
                return found
            request["ExclusiveStartKey"] = last

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        if len(writes) == 1:
            return [self._one(writes[0])]
        done: list[bool] = []
        for chunk in _distinct(writes):
            done += self._many(chunk)
        return done

    def _one(self, write: Write) -> bool:
        token = uuid4().hex
        request = self._request(write, token)
        call = self._client.put_item if isinstance(write, Put) else self._client.delete_item
        try:
            with translated("PutItem" if isinstance(write, Put) else "DeleteItem"):
                call(**request)
        except RetryableError as error:
            if _code(error) == "ConditionalCheckFailedException":
                return self._landed([write], token)[0]
            raise
        return True

    def _many(self, writes: Sequence[Write]) -> list[bool]:
        token = uuid4().hex
        done = [False] * len(writes)
        pending = list(range(len(writes)))
        for attempt in range(ATTEMPTS):
            with translated("BatchExecuteStatement"):
                answer = self._client.batch_execute_statement(
                    Statements=[self._statement(writes[i], token) for i in pending]
                )
            again, refused = [], []
            for i, response in zip(pending, answer["Responses"], strict=True):
                code = response.get("Error", {}).get("Code")
                if code is None:
                    done[i] = True
                elif code in _CONFLICT:
                    refused.append(i)
                elif code in _PERMANENT:
                    raise RejectedError(
                        f"{writes[i].key}: {response['Error'].get('Message')}", code=code
                    )
                else:
                    again.append(i)
            landed = self._landed([writes[i] for i in refused], token)
            for i, yes in zip(refused, landed, strict=True):
                done[i] = yes
            pending = again
            if not pending:
                return done
            _pause(attempt)
        raise RetryableError("BatchExecuteStatement left statements undone")

    def commit_together(self, writes: Sequence[Write]) -> bool:
        if len(writes) > TOGETHER_MAX or len({w.key for w in writes}) != len(writes):
            raise ValueError("at most 100 writes together, each of another row")
        token = uuid4().hex
        actions = [
            {"Put" if isinstance(w, Put) else "Delete": self._request(w, token)} for w in writes
        ]
        for attempt in range(ATTEMPTS):
            try:
                with translated("TransactWriteItems"):
                    self._client.transact_write_items(TransactItems=actions)
            except RetryableError as error:
                reasons = _reasons(error)
                if "ConditionalCheckFailed" in reasons:
                    return all(self._landed(writes, token))
                if not reasons:
                    raise
                _pause(attempt)
            else:
                return True
        raise RetryableError("TransactWriteItems is contended")

    def _landed(self, writes: Sequence[Write], token: str) -> list[bool]:
        """Whether a refused write is this very one, landed before its answer was lost."""
        puts = [w.key for w in writes if isinstance(w, Put)]
        mine = {
            _row(self._names[name], item).key
            for name, item in self._items(puts)
            if item.get("token", {}).get("S") == token
        }
        return [write.key in mine for write in writes]

    def _request(self, write: Write, token: str) -> dict[str, Any]:
        name = self._tables[write.key.table]
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if write.expected:
            condition = {
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(write.expected)}},
            }
        if isinstance(write, Delete):
            return {"TableName": name, "Key": _key(write.key), **condition}
        item = {**_key(write.key), **_attributes(write, token)}
        return {"TableName": name, "Item": item, **condition}

    def _statement(self, write: Write, token: str) -> dict[str, Any]:
        name = self._tables[write.key.table]
        where = [{"S": write.key.pk}, {"S": write.key.sk}, {"N": str(write.expected)}]
        if isinstance(write, Delete):
            text = f'DELETE FROM "{name}" WHERE pk = ? AND sk = ? AND rev = ?'  # noqa: S608
            return {"Statement": text, "Parameters": where}
        attributes = _attributes(write, token)
        if write.expected == 0:
            item = {**_key(write.key), **attributes}
            shape = ", ".join(f"'{field}': ?" for field in item)
            text = f'INSERT INTO "{name}" VALUE {{{shape}}}'
            return {"Statement": text, "Parameters": list(item.values())}
        sets = " ".join(f'SET "{field}" = ?' for field in attributes)
        gone = " ".join(f'REMOVE "{field}"' for field in _OPTIONAL if field not in attributes)
        text = f'UPDATE "{name}" {sets} {gone} WHERE pk = ? AND sk = ? AND rev = ?'
        return {"Statement": text, "Parameters": [*attributes.values(), *where]}


_OPTIONAL = ("lane", "due", "state", "ttl", "raw")


def _attributes(put: Put, token: str) -> Item:
    item: Item = {
        "rev": {"N": str(put.expected + 1)},
        "body": {"S": _text(put.body)},
        "token": {"S": token},
    }
    if put.lane is not None and put.due is not None:
        item |= {"lane": {"S": put.lane}, "due": {"S": _instant(put.due)}}
    if put.state is not None:
        item["state"] = {"S": put.state}
    if put.expires is not None:
        item["ttl"] = {"N": str(int(put.expires.timestamp()))}
    if put.raw is not None:
        item["raw"] = {"B": put.raw}
    return item


def _distinct(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """Chunks in order, none naming a row twice: one call may not."""
    chunk: dict[Key, Write] = {}
    for write in writes:
        if len(chunk) == STATEMENTS_MAX or write.key in chunk:
            yield list(chunk.values())
            chunk = {}
        chunk[write.key] = write
    if chunk:
        yield list(chunk.values())


def _row(table: Table, item: Item) -> Row:
    raw = item.get("raw", {}).get("B")
    return Row(
        key=Key(table, item["pk"]["S"], item["sk"]["S"]),
        rev=int(item["rev"]["N"]),
        body=json.loads(item["body"]["S"]),
        raw=bytes(raw) if raw is not None else None,
    )


def _key(key: Key) -> Item:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _instant(at: datetime) -> str:
    """Fixed width, so that text sorts as time does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _code(error: RetryableError) -> str:
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _reasons(error: RetryableError) -> set[str]:
    response = getattr(error.__cause__, "response", None) or {}
    return {reason.get("Code", "None") for reason in response.get("CancellationReasons", [])}


def _pause(attempt: int) -> None:
    sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not secrecy
