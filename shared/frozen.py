"""What most of our classes are: parts that are named once, compared by them, and never set again.

A dataclass that is frozen and has slots takes over half a millisecond to make, thrice as long as a
model: six methods are written as text and compiled, for each class anew. There are some 150 in a
worker, and each cold start makes them. Here all share the methods that need not be their own, and
the one that must be is written when the first part of a class is made: an event makes few of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen[T](cls: type[T]) -> type[T]:
    """A dataclass with slots, as `dataclass(frozen=True, slots=True)` but for one thing.

    That nothing is set after it was made is held by the type checker, which sees every line of
    ours, and not once more while it runs: parts are set by plain assignments, in half the time.
    `copy.replace` makes another with some parts changed.
    """
    return _made(cls, _SHARED)


@dataclass_transform(field_specifiers=(field,))
def slotted[T](cls: type[T]) -> type[T]:
    """A dataclass with slots whose parts change, as `dataclass(slots=True)`; made like `frozen`."""
    return _made(cls, _CHANGING)


def _made[T](cls: type[T], methods: Mapping[str, Any]) -> type[T]:
    cls.__doc__ = cls.__doc__ or cls.__name__  # or it would be written from the signature
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    return dataclass(slots=True, init=False, eq=False, repr=False)(cls)


def _init(self: Any, *values: object, **named: object) -> None:
    """Of the first of its class: what a dataclass of these parts has is written, and takes over."""
    cls = self.__class__
    after = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
    made = make_dataclass(cls.__name__, _parts(cls), namespace=after, eq=False, repr=False)
    cls.__init__ = made.__init__  # type: ignore[misc] # another's, of the same parts
    cls.__init__(self, *values, **named)


def _parts(cls: Any) -> Iterator[tuple[str, Any, Any]]:
    for part in fields(cls):
        rule: dict[str, Any] = {"default": part.default, "default_factory": part.default_factory}
        yield part.name, part.type, field(**rule, init=part.init, kw_only=part.kw_only)


@cache
def _compared(cls: Any) -> Callable[[object], object]:
    names = [part.name for part in fields(cls) if part.compare]
    return attrgetter(*names) if names else lambda _: ()


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    parts = _compared(self.__class__)
    return parts(self) == parts(other)


def _hash(self: Any) -> int:
    return hash(_compared(self.__class__)(self))


def _repr(self: Any) -> str:
    shown = (f"{p.name}={getattr(self, p.name)!r}" for p in fields(self) if p.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


_SHARED = {"__init__": _init, "__eq__": _equal, "__hash__": _hash, "__repr__": _repr}
_CHANGING = _SHARED | {"__hash__": None}
