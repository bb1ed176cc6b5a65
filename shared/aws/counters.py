"""Counters in DynamoDB: units that many draw from at once, each by one conditional update.

A row that is written on the revision it was read at lets through one writer per round trip; a
counter lets through what a partition can write, because the condition is about the units alone.
"""

from typing import TYPE_CHECKING

from shared.aws.faults import translated
from shared.aws.items import key_item, row_of
from shared.kit.counters import Counters
from shared.ports import Key, Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoCounters(Counters):
    """Each call is one UpdateItem, which DynamoDB bills as one write unit while the row is small.

    A call whose answer was lost is repeated by the SDK and then refused, because its token has
    drawn; so a refusal after a repeat is looked at once more.
    """

    def __init__(self, client: "DynamoDBClient", tables: "Mapping[Table, str]") -> None:
        self._client = client
        self._tables = tables

    def draw(
        self, key: Key, units: int, token: str, *, settled: "Sequence[str]" = ()
    ) -> Row | None:
        names = {"#drawn": "drawn", "#t": token}
        gone = []
        for i, one in enumerate(t for t in settled if t != token):
            names[f"#s{i}"] = one
            gone.append(f"#drawn.#s{i}")
        remove = f" REMOVE {', '.join(gone)}" if gone else ""
        return self._update(
            key,
            f"SET units = units - :n, rev = rev + :one, #drawn.#t = :n{remove}",
            "units >= :n AND attribute_not_exists(#drawn.#t)",
            names,
            units,
            token,
        )

    def undo(self, key: Key, units: int, token: str) -> Row | None:
        return self._update(
            key,
            "SET units = units + :n, rev = rev + :one REMOVE #drawn.#t",
            "#drawn.#t = :n",
            {"#drawn": "drawn", "#t": token},
            units,
            None,
        )

    def _update(
        self,
        key: Key,
        change: str,
        condition: str,
        names: dict[str, str],
        units: int,
        token: str | None,
    ) -> Row | None:
        refused = self._client.exceptions.ConditionalCheckFailedException
        with translated("UpdateItem"):
            try:
                answer = self._client.update_item(
                    TableName=self._tables[key.table],
                    Key=key_item(key),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={":n": {"N": str(units)}, ":one": {"N": "1"}},
                    ReturnValues="ALL_NEW",
                )
            except refused as refusal:
                repeated = refusal.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
                return self._landed(key, token) if repeated and token is not None else None
        return row_of(key.table, answer["Attributes"])

    def _landed(self, key: Key, token: str) -> Row | None:
        """The counter, if this token has drawn from it and only the answer was lost."""
        name = self._tables[key.table]
        with translated("BatchGetItem"):
            answer = self._client.batch_get_item(
                RequestItems={name: {"Keys": [key_item(key)], "ConsistentRead": True}}
            )
        rows = (row_of(key.table, item) for item in answer["Responses"].get(name, []))
        return next((row for row in rows if token in row.drawn), None)
