"""Rows of SAP's answers, read into the shapes we know of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.errors import RejectedError
from shared.model.base import Foreign, Json
from shared.ports import Refusal


def parsed[T: BaseModel](
    rows: Iterable[Mapping[str, Json]], model: type[T], *, subject: str
) -> tuple[list[T], list[Refusal]]:
    """Rows in our shape of theirs; each row that does not fit is one refusal naming the field."""
    good, refused = [], []
    for row in rows:
        try:
            good.append(model.model_validate(row))
        except ValidationError as error:
            first: Any = error.errors()[0]
            refused.append(
                Refusal(
                    subject=str(row.get(subject, "unknown")),
                    field=".".join(str(part) for part in first["loc"]),
                    value=str(first.get("input"))[:200],
                    message=f"SAP's row cannot be read: {first['msg']}",
                    remedy="correct the record in SAP",
                )
            )
    return good, refused


def single[T: Foreign](row: dict[str, Json], model: type[T]) -> T:
    """A row without which nothing goes on; RejectedError says what of it cannot be read."""
    good, refused = parsed([row], model, subject="unknown")
    if refused:
        why = refused[0]
        raise RejectedError(why.message, field=why.field, value=why.value, remedy=why.remedy)
    return good[0]
