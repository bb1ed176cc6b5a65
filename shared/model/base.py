"""Two kinds of models: ours are closed, theirs are open; both are frozen.

The text of an error never shows what was read, for it may be logged and name a customer.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, JsonValue


class Canonical(BaseModel):
    """Ours: immutable, and an unknown field is a bug."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )


class Foreign(BaseModel):
    """Theirs: we name the fields we need; theirs may grow."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware instant, kept in UTC; a naive one is refused."""

Json = JsonValue
