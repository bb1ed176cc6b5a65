"""The environment and the retailer's file, read once and checked."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.model.retailer import Retailer


class Settings(BaseModel):
    """Base of every function's environment: one field per variable, named in lower case.

    Mappings come as JSON objects. The template must provide exactly these; a test compares.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        found: dict[str, object] = {}
        for name, field in cls.model_fields.items():
            text = environment.get(name.upper())
            if text is None:
                continue
            found[name] = text if field.annotation is str else json.loads(text)
        return cls.model_validate(found)


def load_retailer(text: str) -> Retailer:
    """Read a retailer's TOML file; raises pydantic's ValidationError naming every mistake."""
    return Retailer.model_validate(tomllib.loads(text))


def retailer_from(path: Path) -> Retailer:
    return load_retailer(path.read_text(encoding="utf-8"))
