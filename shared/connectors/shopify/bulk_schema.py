"""Answers about bulk operations, and the lines of their result files."""

from datetime import datetime

from pydantic import Field

from shared.connectors.shopify.price_schema import PricesSetAnswer
from shared.connectors.shopify.schema import Connected, Theirs, UserError


class Parameter(Theirs):
    name: str
    value: str


class Target(Theirs):
    """Where a file is to be put, and the fields it is to be sent with."""

    url: str | None = None
    parameters: tuple[Parameter, ...] = ()


class StagePayload(Theirs):
    staged_targets: tuple[Target, ...] | None = None
    user_errors: tuple[UserError, ...] = ()


class StageAnswer(Theirs):
    staged_uploads_create: StagePayload


class Begun(Theirs):
    id: str
    status: str


class RunPayload(Theirs):
    bulk_operation: Begun | None = None
    user_errors: tuple[UserError, ...] = ()


class RunAnswer(Theirs):
    bulk_operation_run_mutation: RunPayload


class BulkOperation(Theirs):
    """`url` and `partial_data_url` are there once it is over; a size is a decimal string."""

    id: str
    status: str
    created_at: datetime
    error_code: str | None = None
    file_size: str | int | None = None
    url: str | None = None
    partial_data_url: str | None = None


class StateAnswer(Theirs):
    bulk_operation: BulkOperation | None = None


class BegunAnswer(Theirs):
    bulk_operations: Connected[BulkOperation]


class Result(Theirs):
    """One line of a result: what one line of the file that was sent was answered."""

    line: int = Field(alias="__lineNumber", ge=0)
    data: PricesSetAnswer | None = None
