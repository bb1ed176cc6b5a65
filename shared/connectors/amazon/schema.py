"""Amazon's shapes: only the members we read. Buyers and recipients are never among them.

What one part of the client reads is described beside it, and imported with it.
"""

from decimal import Decimal

from pydantic import AliasGenerator, ConfigDict, field_validator
from pydantic.alias_generators import to_camel

from shared.model.base import Foreign


class Theirs(Foreign):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=AliasGenerator(alias=to_camel),
    )


class Error(Theirs):
    code: str = ""
    message: str = ""


class ErrorList(Theirs):
    errors: tuple[Error, ...] = ()


class Money(Theirs):
    """`amount` is a decimal text in most APIs, a JSON number in some fixtures."""

    amount: str
    currency_code: str

    @field_validator("amount", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int | Decimal) else value


# Listings Items 2021-08-01
