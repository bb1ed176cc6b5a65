"""Rows as DynamoDB items, and writes of rows as requests and as PartiQL statements."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from shared.model.base import Json
from shared.model.written import Written
from shared.ports import Delete, Key, Put, Row, Table, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        BatchStatementRequestTypeDef,
        DeleteTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
    )

type Item = dict[str, AttributeValueTypeDef]

_OPTIONAL = ("lane", "due", "state", "ttl", "raw", "units", "drawn")


def key_item(key: Key) -> Item:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def row_of(table: Table, item: "Mapping[str, AttributeValueTypeDef]") -> Row:
    key = Key(table, item["pk"]["S"], item["sk"]["S"])
    row = Row(key, int(item["rev"]["N"]), Written(item["body"]["S"]))
    if "raw" in item:
        raw: Any = item["raw"]["B"]
        row = row._replace(raw=b64decode(raw) if isinstance(raw, str) else bytes(raw))
    if "units" in item:
        drawn = item.get("drawn", {}).get("M", {})
        counted = {token: int(units["N"]) for token, units in drawn.items()}
        row = row._replace(units=int(item["units"]["N"]), drawn=counted)
    return row


def put_request(put: Put, name: str, token: str) -> "PutTypeDef":
    """Replace the whole item, if it is still at the expected revision."""
    item = key_item(put.key) | _attributes(put, token)
    if put.expected == 0:
        return {
            "TableName": name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    return {
        "TableName": name,
        "Item": item,
        "ConditionExpression": "rev = :rev",
        "ExpressionAttributeValues": {":rev": {"N": str(put.expected)}},
    }


def delete_request(delete: Delete, name: str) -> "DeleteTypeDef":
    return {
        "TableName": name,
        "Key": key_item(delete.key),
        "ConditionExpression": "rev = :rev",
        "ExpressionAttributeValues": {":rev": {"N": str(delete.expected)}},
    }


def action(write: Write, name: str, token: str) -> "TransactWriteItemTypeDef":
    if isinstance(write, Delete):
        return {"Delete": delete_request(write, name)}
    return {"Put": put_request(write, name, token)}


def statement(put: Put, name: str, token: str) -> "BatchStatementRequestTypeDef":
    """The same as `put_request`, in PartiQL, whose UPDATE keeps what is not REMOVEd by name.

    An INSERT of an item that exists is refused, and so is an UPDATE of one that does not.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
    """
    said = _attributes(put, token)
    if put.expected == 0:
        item = key_item(put.key) | said
        return {"Statement": _insert(name, tuple(item)), "Parameters": list(item.values())}
    where = ({"S": put.key.pk}, {"S": put.key.sk}, {"N": str(put.expected)})
    return {"Statement": _update(name, tuple(said)), "Parameters": [*said.values(), *where]}


@cache
def _insert(name: str, fields: tuple[str, ...]) -> str:
    shape = ", ".join(f"'{field}': ?" for field in fields)
    return f'INSERT INTO "{name}" VALUE {{{shape}}}'


@cache
def _update(name: str, fields: tuple[str, ...]) -> str:
    sets = " ".join(f'SET "{field}" = ?' for field in fields)
    gone = "".join(f' REMOVE "{field}"' for field in _OPTIONAL if field not in fields)
    return f'UPDATE "{name}" {sets}{gone} WHERE pk = ? AND sk = ? AND rev = ?'


def instant_text(at: datetime) -> str:
    """UTC in a fixed width, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _attributes(put: Put, token: str) -> Item:
    """Everything but the key: rev N, body S (compact JSON), token S and what is optional."""
    item: Item = {
        "rev": {"N": str(put.expected + 1)},
        "body": {"S": _text(put.body)},
        "token": {"S": token},
    }
    if put.lane is not None and put.due is not None:
        item |= {"lane": {"S": put.lane}, "due": {"S": instant_text(put.due)}}
    if put.state is not None:
        item["state"] = {"S": put.state}
    if put.expires is not None:
        item["ttl"] = {"N": str(int(put.expires.timestamp()))}
    if put.raw is not None:
        item["raw"] = {"B": memoryview(put.raw)}  # type: ignore[typeddict-item] # see `clients`
    if put.units is not None:
        item["units"] = {"N": str(put.units)}
        item["drawn"] = {"M": {token: {"N": str(n)} for token, n in put.drawn.items()}}
    return item


def _text(body: Mapping[str, Json]) -> str:
    return body.text if isinstance(body, Written) else to_json(body).decode()
