"""What is not done again: most containers have a token, and a row becomes a model once."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from pydantic import BaseModel

from shared.kit.oauth import ClientCredentials

WARM = 0.75  # share of the new containers that were warm before the story began

_RENEW, _FORGET = ClientCredentials._renew, ClientCredentials.forget  # noqa: SLF001
_VALIDATE: Callable[..., Any] = BaseModel.model_validate.__func__  # type: ignore[attr-defined]


class Models:
    """Frozen models of what is never changed in place: rows."""

    def __init__(self) -> None:
        self._known: dict[tuple[type, int], tuple[object, Any]] = {}

    def validate(self, model: type[BaseModel], body: object, /, **how: Any) -> Any:
        if how or type(body) is not dict:
            return _VALIDATE(model, body, **how)
        name = (model, id(body))
        if name not in self._known:
            self._known[name] = body, _VALIDATE(model, body)
        return self._known[name][1]


class Tokens:
    """What each account was given last, while it is good and the vendor has not refused it."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._known: dict[tuple[str, str], tuple[str, datetime]] = {}

    def swaps(self) -> dict[str, Callable[[Any], None]]:
        """What stands in for methods of `ClientCredentials`."""

        def renew(credentials: Any) -> None:
            account = _account(credentials)
            known = self._known.get(account)
            if known and credentials._now() < known[1] and self._rng.random() < WARM:  # noqa: SLF001
                credentials._token, credentials._until = known  # noqa: SLF001
                return
            _RENEW(credentials)
            self._known[account] = credentials._token, credentials._until  # noqa: SLF001

        def forget(credentials: Any) -> None:
            self._known.pop(_account(credentials), None)
            _FORGET(credentials)

        return {"_renew": renew, "forget": forget}


def _account(credentials: Any) -> tuple[str, str]:
    return str(credentials._http.client.base_url), credentials._url  # noqa: SLF001
