"""Two kinds of models: ours are closed, theirs are open; both are frozen.

The text of an error never shows what was read, for it may be logged and name a customer.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC
from operator import methodcaller
from typing import Annotated, Any, Final, Self, dataclass_transform

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    JsonValue,
    SerializeAsAny,
)
from pydantic_core import to_jsonable_python

from shared.frozen import frozen

_blank: Final = object.__new__
_values, _named, _extra, _private = (vars(BaseModel)[slot].__set__ for slot in BaseModel.__slots__)
"""How what is frozen is filled by whoever makes it."""


class Canonical(BaseModel):  # noqa: PLW1641 - being frozen, it is given its hash by pydantic
    """Ours: immutable, and an unknown field is a bug."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    def __eq__(self, other: object) -> bool:
        """As pydantic's, which looks for extra and private attributes before it looks at the parts.

        Where two differ it also looks for what is cached beside the parts, which few of ours have.
        """
        if other.__class__ is not self.__class__:
            return NotImplemented
        mine, theirs = self.__dict__, other.__dict__
        if mine == theirs:
            return True
        plain = len(mine) == len(theirs) == len(self.__class__.__pydantic_fields__)
        return False if plain else super().__eq__(other)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, which also copies what ours do not have: extra and private attributes.

        And what is cached beside the parts, though it may follow from one of them. Which fields
        were named, and which left to their defaults, is asked of none of them.
        """
        if deep or not update:
            return super().model_copy(update=update, deep=deep)
        made: Self = _blank(self.__class__)
        values, parts = {**self.__dict__, **update}, self.__class__.__pydantic_fields__
        if len(values) > len(parts):  # what was cached followed from the parts as they were
            values = {name: values[name] for name in parts}
        _values(made, values)
        _named(made, self.__pydantic_fields_set__)
        _extra(made, None)
        _private(made, None)
        return made


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def part[T](cls: type[T]) -> type[T]:
    """A part of our models of which many are made: closed where it is read, and `frozen`.

    Making one checks nothing, and so takes a tenth of the time. What is read is checked as ever.
    """
    made = frozen(cls)
    made.__pydantic_config__ = ConfigDict(extra="forbid", hide_input_in_errors=True)  # type: ignore[attr-defined] # pydantic's name
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


def as_json(parts: object) -> Any:
    """Parts, one or many, as JSON says them."""
    return to_jsonable_python(parts)
