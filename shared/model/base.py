"""Two kinds of models: ours are closed, theirs are open; both are frozen.

The text of an error never shows what was read, for it may be logged and name a customer.
"""

from collections.abc import Mapping
from datetime import UTC
from operator import methodcaller
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    JsonValue,
    SerializeAsAny,
)

_set: Final = object.__setattr__  # they are frozen, but for whoever makes them


class Canonical(BaseModel):
    """Ours: immutable, and an unknown field is a bug."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, which also copies what ours do not have: extra and private attributes."""
        if deep or not update:
            return super().model_copy(update=update, deep=deep)
        made = self.__class__.__new__(self.__class__)
        _set(made, "__dict__", {**self.__dict__, **update})
        _set(made, "__pydantic_fields_set__", self.__pydantic_fields_set__ | update.keys())
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made


class Foreign(BaseModel):
    """Theirs: we name the fields we need; theirs may grow."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )


Instant = Annotated[AwareDatetime, AfterValidator(methodcaller("astimezone", UTC))]
"""An aware instant, kept in UTC; a naive one is refused."""

Json = SerializeAsAny[JsonValue]
"""What JSON can say. It is checked when it is read, and written as what it is."""
