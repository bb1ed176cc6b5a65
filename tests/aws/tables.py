"""The tables as the template makes them."""

from typing import TYPE_CHECKING

import boto3

from shared.ports import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef


def create_tables(
    client: "DynamoDBClient | None" = None, *, prefix: str = "test"
) -> dict[Table, str]:
    """Make every table, and say what each is called."""
    made = client or boto3.client("dynamodb")
    names = {table: f"{prefix}-{table}" for table in Table}
    for name in names.values():
        made.create_table(**_definition(name))
    return names


def _definition(name: str) -> "CreateTableInputTypeDef":
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "lane", "AttributeType": "S"},
            {"AttributeName": "due", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "lane", "KeyType": "HASH"},
                    {"AttributeName": "due", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }
