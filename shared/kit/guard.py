"""Every answer of a vendor is heard by whoever must know how the vendor fares."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol

import httpx

LEFT: Final = ("x-rate-limit-requests-left", "ratelimit-remaining", "x-ratelimit-remaining")
"""Calls left in the present window: BigCommerce, the IETF draft, and what many others send."""

_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Listener(Protocol):
    def calling(self) -> None:
        """A call is about to be made; raises if it must not be."""
        ...

    def failed(self, why: str) -> None:
        """The call failed as no call should: 5xx, a time-out, refused credentials."""
        ...

    def succeeded(self) -> None: ...

    def throttled(self) -> None:
        """The vendor asks for less: no failure."""
        ...

    def told(self, left: int) -> None:
        """The vendor says how many calls are left."""
        ...


class Guarded(httpx.BaseTransport):
    """Changes nothing of a request or an answer."""

    def __init__(self, inner: httpx.BaseTransport, listener: Listener) -> None:
        self._inner = inner
        self._listener = listener

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._listener.calling()
        try:
            response = self._inner.handle_request(request)
        except httpx.TransportError as error:
            self._listener.failed(type(error).__name__)
            raise
        left = calls_left(response.headers)
        if left is not None:
            self._listener.told(left)
        if _throttled(response):
            self._listener.throttled()
        elif (
            response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
            or response.status_code in _REFUSED | {HTTPStatus.REQUEST_TIMEOUT}
        ):
            self._listener.failed(str(response.status_code))
        else:
            self._listener.succeeded()
        return response

    def close(self) -> None:
        self._inner.close()


def calls_left(headers: Mapping[str, str]) -> int | None:
    said = next((headers[name] for name in LEFT if name in headers), "")
    return int(said) if said.isdecimal() else None


def _throttled(response: httpx.Response) -> bool:
    """503 is either; with a wait it is a limit, without one an outage."""
    status = response.status_code
    busy = status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in response.headers
    return status == HTTPStatus.TOO_MANY_REQUESTS or busy
