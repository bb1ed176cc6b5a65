"""What is not done again: most containers have a token, and a row becomes a model once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from pydantic import BaseModel

from shared.kit.oauth import ClientCredentials

WARM = 0.9  # share of the new containers that were warm before the story began

_RENEW, _FORGET = ClientCredentials._renew, ClientCredentials.forget  # noqa: SLF001
_VALIDATE: Callable[..., Any] = BaseModel.model_validate.__func__  # type: ignore[attr-defined]


type Models = dict[tuple[type, int], tuple[object, Any]]
"""By class and the identity of the body each was made of; the body is kept so that it is nobody
else's."""


class Bodies:
    """What the rows of an opening become, the same in every world that begins there."""

    def __init__(self, bodies: Iterable[object]) -> None:
        self.names = frozenset(map(id, bodies))
        self.models: Models = {}


@dataclass(slots=True)
class _Kept:
    """What one world need not do again.

    `models` are frozen and made of rows, which are never changed in place; `tokens` is what each
    account was given last, while it is good and the vendor has not refused it.
    """

    rng: Random
    opened: Bodies
    models: Models
    tokens: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)


_playing: list[_Kept] = []


@contextmanager
def playing(rng: Random, opened: Bodies) -> Iterator[None]:
    """Keep things for one world."""
    _playing.append(_Kept(rng, opened, dict(opened.models)))
    try:
        yield
    finally:
        _playing.pop()


def _validate(model: type[BaseModel], body: object, /, **how: Any) -> Any:
    if how or type(body) is not dict or not _playing:
        return _VALIDATE(model, body, **how)
    kept = _playing[-1]
    name = (model, id(body))
    found = kept.models.get(name)
    if found is None:
        found = kept.models[name] = body, model.__pydantic_validator__.validate_python(body)
        if name[1] in kept.opened.names:
            kept.opened.models[name] = found
    return found[1]


def _renew(credentials: Any) -> None:
    kept = _playing[-1]
    account = _account(credentials)
    known = kept.tokens.get(account)
    if known and credentials._now() < known[1] and kept.rng.random() < WARM:  # noqa: SLF001
        credentials._token, credentials._until = known  # noqa: SLF001
        return
    _RENEW(credentials)
    kept.tokens[account] = credentials._token, credentials._until  # noqa: SLF001


def _forget(credentials: Any) -> None:
    _playing[-1].tokens.pop(_account(credentials), None)
    _FORGET(credentials)


def _account(credentials: Any) -> tuple[str, str]:
    return str(credentials._http.client.base_url), credentials._url  # noqa: SLF001


CREDENTIALS: dict[str, object] = {"_renew": _renew, "forget": _forget}
"""What stands in for methods of `ClientCredentials`."""

MODELS: dict[str, object] = {"model_validate": classmethod(_validate)}
"""What stands in for a method of `Canonical`."""
