"""BatchExecuteStatement for moto, whose own cannot SET and REMOVE together nor check a revision.

It understands exactly the three statements the store sends, and turns each into the conditional
write it stands for. The deployed sandbox runs the same suite on real PartiQL.
"""

import re
from collections.abc import Iterator
from typing import Any

_INSERT = re.compile(r"""INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<fields>.+)\}""")
_UPDATE = re.compile(
    r"""UPDATE "(?P<table>[^"]+)" (?P<sets>(?:SET "\w+" = \? ?)+)"""
    r"""(?P<gone>(?:REMOVE "\w+" ?)*)\s*WHERE pk = \? AND sk = \? AND rev = \?"""
)
_DELETE = re.compile(r"""DELETE FROM "(?P<table>[^"]+)" WHERE pk = \? AND sk = \? AND rev = \?""")
STATEMENTS_MAX = 25


class WithStatements:
    """A moto client that also knows `batch_execute_statement`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.batches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if len(Statements) > STATEMENTS_MAX:
            raise ValueError("at most 25 statements")
        self.batches += 1
        return {"Responses": [self._answer(each) for each in Statements]}

    def _answer(self, statement: dict[str, Any]) -> dict[str, Any]:
        errors = self._client.exceptions
        text, values = statement["Statement"], iter(statement["Parameters"])
        try:
            self._run(text, values)
        except errors.ConditionalCheckFailedException:
            code = "DuplicateItem" if text.startswith("INSERT") else "ConditionalCheckFailed"
            return {"Error": {"Code": code, "Message": "condition failed"}}
        except errors.ClientError as error:
            return {"Error": {"Code": "ValidationError", "Message": str(error)}}
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
            self._update(update, values)
        elif delete := _DELETE.fullmatch(text):
            key = {"pk": next(values), "sk": next(values)}
            self._client.delete_item(
                TableName=delete["table"],
                Key=key,
                ConditionExpression="rev = :rev",
                ExpressionAttributeValues={":rev": next(values)},
            )
        else:
            raise AssertionError(f"not a statement of the store: {text}")

    def _update(self, update: re.Match[str], values: Iterator[dict[str, Any]]) -> None:
        fields = re.findall(r'SET "(\w+)" = \?', update["sets"])
        gone = re.findall(r'REMOVE "(\w+)"', update["gone"])
        said = {f":v{i}": next(values) for i in range(len(fields))}
        names = {f"#{field}": field for field in (*fields, *gone)}
        expression = "SET " + ", ".join(f"#{f} = :v{i}" for i, f in enumerate(fields))
        if gone:
            expression += " REMOVE " + ", ".join(f"#{field}" for field in gone)
        key = {"pk": next(values), "sk": next(values)}
        self._client.update_item(
            TableName=update["table"],
            Key=key,
            UpdateExpression=expression,
            ConditionExpression="#rev = :expected",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={**said, ":expected": next(values)},
        )
