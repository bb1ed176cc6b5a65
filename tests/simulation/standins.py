"""What stands in for attributes of modules and classes while histories are played."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from operator import attrgetter
from typing import Any

import httpx

from shared.kit.oauth import ClientCredentials
from shared.model.base import Canonical
from tests.simulation import light, texts, warm

_SWAPS: tuple[tuple[Any, Mapping[str, object]], ...] = (
    (httpx.Client, light.CLIENT),
    (httpx.Response, {"__init__": light.respond}),
    (httpx.Headers, light.HEADERS),
    (httpx.URL, light.URL),
    (ClientCredentials, warm.CREDENTIALS),
    (Canonical, warm.MODELS),
    (json, {"loads": texts.loads}),
    (StrEnum, {"value": property(attrgetter("_value_"))}),  # `enum` does it in Python
)
_standing: list[object] = []


@contextmanager
def light_classes() -> Iterator[None]:
    """Swap methods of classes, unless somebody further out has done so.

    Python forgets what it has learned about a class and its subclasses when an attribute of it
    changes, so whoever plays many histories holds this around all of them.
    """
    with ExitStack() as stack:
        if not _standing:
            for owner, attributes in _SWAPS:
                stack.enter_context(swapped(owner, attributes))
        _standing.append(stack)
        try:
            yield
        finally:
            _standing.pop()


@contextmanager
def swapped(owner: Any, attributes: Mapping[str, object]) -> Iterator[None]:
    """Other attributes while this lasts; what the owner only inherits is inherited again."""
    before = {name: vars(owner)[name] for name in attributes if name in vars(owner)}
    for name, value in attributes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name in attributes:
            if name in before:
                setattr(owner, name, before[name])
            else:
                delattr(owner, name)
