"""HTTP said once: time-outs, no redirects, bounded answers, and status codes turned into errors."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

import httpx

from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    ThrottledError,
    UnreachableError,
)

ANSWER_MAX_BYTES = 32 * 1024 * 1024
RETRY_AFTER_MAX_S = 43_200  # SQS keeps a message invisible for 12 h at most
UNREACHABLE = timedelta(seconds=30)  # until a vendor that could not be reached is tried again
_ACCESS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN})
_THROTTLED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Http:
    """One vendor host. `send` raises what the caller must do next; it never retries by itself.

    A time-out or a broken connection while writing is InDoubtError, because the request may have
    taken effect; while reading, or before anything was sent, it is RetryableError.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: timedelta = timedelta(seconds=20),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            transport=transport,
            timeout=timeout.total_seconds(),
            headers=dict(headers or {}),
            follow_redirects=False,
        )

    @property
    def client(self) -> httpx.Client:
        return self._client

    def send(self, request: httpx.Request, *, writes: bool) -> httpx.Response:
        """Send once. `writes` says whether a lost answer leaves a doubt."""
        try:
            response = self._client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            story = f"{_what(request)}: {type(error).__name__}"
            raise UnreachableError(story, after=UNREACHABLE) from error
        except httpx.TransportError as error:
            lost = InDoubtError if writes else RetryableError
            raise lost(f"{_what(request)}: {type(error).__name__}") from error
        if (size := len(response.content)) > ANSWER_MAX_BYTES:
            raise RejectedError(f"{_what(request)}: answer of {size} bytes is too large")
        return response


def _what(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path}"


def check(response: httpx.Response, *, writes: bool) -> httpx.Response:
    """Turn a status into an error named by its consequence; a success passes through."""
    if response.is_success:
        return response
    request = response.request
    status = response.status_code
    message = f"{_what(request)}: {status}"
    if status in _THROTTLED:
        raise ThrottledError(message, after=retry_after(response))
    if status in _ACCESS:
        raise AccessError(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise (InDoubtError if writes else RetryableError)(message)
    raise RejectedError(message, code=str(status))


def retry_after(response: httpx.Response) -> timedelta | None:
    """The wait the vendor asks for, if it is a sane number of seconds."""
    text = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(text), RETRY_AFTER_MAX_S)) if text.isdigit() else None
