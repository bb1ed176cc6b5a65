"""What a row holds, as the text it is kept as."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic_core import from_json

from shared.model.base import Canonical, Json


class Written(Mapping[str, Json]):
    """A JSON object as text, taken apart for those who look into it.

    Most rows are read as one of our models and written from one: neither takes a dict between.
    """

    __slots__ = ("_said", "text")

    def __init__(self, text: str) -> None:
        self.text: Final = text
        self._said: dict[str, Json] | None = None

    def __getitem__(self, name: str) -> Json:
        return self._apart()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._apart())

    def __len__(self) -> int:
        return len(self._apart())

    def _apart(self) -> dict[str, Json]:
        if self._said is None:
            self._said = from_json(self.text, cache_strings="keys")
        return self._said


def written(model: Canonical) -> Written:
    """The body of the row that keeps a model."""
    return Written(model.model_dump_json())


def read[M: Canonical](body: Mapping[str, Json], model: type[M]) -> M:
    """The model that a row keeps."""
    if isinstance(body, Written):
        return model.model_validate_json(body.text)
    return model.model_validate(body)
