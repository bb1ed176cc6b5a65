"""Defaults that are models are constructed, for which no validator is made; they are valid."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from pydantic import BaseModel

import shared
from shared.connectors.sap.addresses import LIMITS
from shared.model.notices import PLAIN


def _models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _known() -> Iterator[BaseModel]:
    """Defaults of fields, and what is said the same way."""
    names = {m.name for m in walk_packages(shared.__path__, "shared.")}
    for name in names:
        import_module(name)
    for model in _models(BaseModel):
        fields = model.model_fields.values() if model.__module__ in names else ()
        yield from (field.default for field in fields if isinstance(field.default, BaseModel))
    yield from (LIMITS, *PLAIN.values())


def test_each_is_what_reading_its_parts_gives() -> None:
    known = list(_known())
    assert len(known) > 20
    for one in known:
        read = type(one).model_validate(one.model_dump(), by_alias=False, by_name=True)
        assert read == one
        assert read.model_dump_json() == one.model_dump_json()
