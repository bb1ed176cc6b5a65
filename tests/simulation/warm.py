"""What is not done again: most containers have a token, and a row becomes a model once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


type Tokens = dict[tuple[str, str], tuple[str, datetime]]
"""What each account was given last, and how long it is good."""


class Opened:
    """What containers have from an opening: its tokens, and what its rows become in any world."""

    def __init__(self, bodies: Iterable[object] = (), tokens: Tokens | None = None) -> None:
        self.names = frozenset(map(id, bodies))
        self.models: Models = {}
        self.tokens = tokens or {}


@dataclass(slots=True)
class _Kept:
    """What one world need not do again.

    `models` are frozen and made of rows, which are never changed in place; `tokens` are left out
    once the vendor has refused them.
    """

    rng: Random
    opened: Opened
    models: Models
    tokens: Tokens


_playing: list[_Kept] = []


@contextmanager
def playing(rng: Random, opened: Opened) -> Iterator[None]:
    """Keep things for one world."""
    _playing.append(_Kept(rng, opened, {}, dict(opened.tokens)))
    try:
        yield
    finally:
        _playing.pop()


def tokens() -> Tokens:
    """Those that the world being played has now."""
    return dict(_playing[-1].tokens)


def _validate(model: type[BaseModel], body: object, /, **how: Any) -> Any:
    if how or type(body) is not dict or not _playing:
        return _VALIDATE(model, body, **how)
    kept = _playing[-1]
    name = (model, id(body))
    models = kept.opened.models if name[1] in kept.opened.names else kept.models
    found = models.get(name)
    if found is None:
        found = models[name] = body, model.__pydantic_validator__.validate_python(body)
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
