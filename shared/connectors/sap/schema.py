"""What all of SAP's answers have in common: expanded collections, and errors.

Of its entities only the fields that we read are named; each may grow. Decimals come as strings.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AliasPath, BeforeValidator, Field

from shared.model.base import Foreign

T = TypeVar("T")


def _results(told: Any) -> Any:
    """The rows of `{"results": [...]}`; of a collection that was not expanded there are none."""
    return told.get("results", ()) if isinstance(told, Mapping) else told


ListOf = Annotated[tuple[T, ...], BeforeValidator(_results)]
"""An expanded collection, as the rows it has."""


class ErrorDetail(Foreign):
    code: str = ""
    message: str = ""
    propertyref: str = ""
    target: str = ""
    severity: str = "error"


class Error(Foreign):
    code: str = ""
    message: str = Field(default="", validation_alias=AliasPath("message", "value"))
    details: tuple[ErrorDetail, ...] = Field(
        default=(), validation_alias=AliasPath("innererror", "errordetails")
    )


class ErrorBody(Foreign):
    error: Error
