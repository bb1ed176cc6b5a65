"""BatchExecuteStatement for moto, whose own PartiQL takes none of the store's statements.

moto 5.2.5 (py-partiql-parser 0.6.3) fails on parameters inside INSERT ... VALUE, and on any WHERE
with more than the key. This understands exactly the statements the store sends, and turns each into
the conditional write it stands for; anything else is an assertion. `test_store_contract` runs the
same suite on a real PartiQL engine when the embedded AWS is there.
"""

import base64
import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INSERT = re.compile(r"""INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<fields>.+)\}""")
_UPDATE = re.compile(
    r"""UPDATE "(?P<table>[^"]+)" (?P<sets>(?:SET "\w+" = \? )+)(?P<gone>(?:REMOVE "\w+" )*)"""
    r"""WHERE pk = \? AND sk = \? AND rev = \?"""
)
_STATEMENTS_MAX = 25
_STATEMENT_MAX = 8192
_CODES = {"ValidationException": "ValidationError"}


def with_statements(client: "DynamoDBClient", *, answers_lost: int = 0) -> "DynamoDBClient":
    """Teach a moto client PartiQL; the first `answers_lost` calls are done, and then done again."""
    client.meta.events.register(
        "before-call.dynamodb.BatchExecuteStatement", _Statements(client, answers_lost)
    )
    return client


class _Statements:
    def __init__(self, client: "DynamoDBClient", answers_lost: int) -> None:
        self._client = client
        self._answers_lost = answers_lost

    def __call__(self, params: dict[str, Any], **_: object) -> Any:
        statements = json.loads(params["body"])["Statements"]
        assert 1 <= len(statements) <= _STATEMENTS_MAX
        retries = 0
        responses = [self._answer(each) for each in statements]
        if self._answers_lost:
            self._answers_lost -= 1
            retries = 1
            responses = [self._answer(each) for each in statements]
        metadata = {"HTTPStatusCode": HTTPStatus.OK, "RetryAttempts": retries}
        answer = {"Responses": responses, "ResponseMetadata": metadata}
        return SimpleNamespace(status_code=HTTPStatus.OK), answer

    def _answer(self, statement: dict[str, Any]) -> dict[str, Any]:
        text, values = statement["Statement"], map(_plain, statement["Parameters"])
        assert len(text) <= _STATEMENT_MAX
        try:
            self._run(text, values)
        except self._client.exceptions.ConditionalCheckFailedException:
            code = "DuplicateItem" if text.startswith("INSERT") else "ConditionalCheckFailed"
            return {"Error": {"Code": code, "Message": "refused"}}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return {"Error": {"Code": _CODES.get(code, code), "Message": "refused"}}
        return {}

    def _run(self, text: str, values: Iterator[dict[str, Any]]) -> None:
        if insert := _INSERT.fullmatch(text):
            fields = re.findall(r"'(\w+)': \?", insert["fields"])
            self._client.put_item(
                TableName=insert["table"],
                Item=dict(zip(fields, values, strict=True)),
                ConditionExpression="attribute_not_exists(pk)",
            )
        elif update := _UPDATE.fullmatch(text):
            self._update(update, list(values))
        else:
            raise AssertionError(f"not a statement of the store: {text}")

    def _update(self, update: re.Match[str], values: list[dict[str, Any]]) -> None:
        fields = re.findall(r'SET "(\w+)" = \?', update["sets"])
        gone = re.findall(r'REMOVE "(\w+)"', update["gone"])
        *said, pk, sk, rev = values
        key = {"pk": pk, "sk": sk}
        # moto's UpdateItem changes an item that it then refuses as too large; its PutItem does not.
        found = self._client.get_item(TableName=update["table"], Key=key).get("Item", key)
        kept = {field: value for field, value in found.items() if field not in gone}
        self._client.put_item(
            TableName=update["table"],
            Item=kept | dict(zip(fields, said, strict=True)),
            ConditionExpression="rev = :rev",
            ExpressionAttributeValues={":rev": rev},
        )


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Bytes as the client takes them, from the base64 it sends."""
    return {"B": memoryview(base64.b64decode(value["B"]))} if "B" in value else value
