"""httpx without what a simulated network does not need: it is a fifth of the time of a history.

Requests come out as httpx would build them; a test holds the two against each other.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote, urlencode

import httpx
from httpx._urlparse import ParseResult

from tests.simulation import texts

type Line = tuple[bytes, bytes, bytes]
"""A header as it is spelled, its name in small letters, and its value."""

_INIT = httpx.Client.__init__
_BEGUN: dict[tuple[object, ...], dict[str, object]] = {}
_MERGED: dict[tuple[object, str], httpx.URL] = {}


def begin(
    self: httpx.Client,
    *,
    base_url: str,
    transport: httpx.BaseTransport,
    timeout: float,
    headers: Mapping[str, str],
    follow_redirects: bool,
) -> None:
    """`Client.__init__` for one vendor over a transport of its own."""
    known = (base_url, *headers.items())
    if known not in _BEGUN:
        made = httpx.Client.__new__(httpx.Client)
        _INIT(
            made,
            base_url=base_url,
            transport=transport,
            timeout=timeout,
            headers=headers,
            follow_redirects=follow_redirects,
        )
        _BEGUN[known] = made.__dict__
    self.__dict__.update(_BEGUN[known])
    self._transport = transport
    self._cookies = httpx.Cookies()


def build_request(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    json: object | None = None,
    content: bytes | None = None,
) -> httpx.Request:
    """`Client.build_request`, with what never changes of a client kept."""
    request = httpx.Request.__new__(httpx.Request)
    request.method = method.upper()
    request.url = _merged(client, url)
    if params is not None:
        request.url = _asking(request.url._uri_reference, tuple(params.items()))  # noqa: SLF001
    body, kind = _encoded(data, json) if content is None else (content, b"")
    lines = {b"host": (b"Host", b"host", request.url.netloc)}
    lines |= {line[1]: line for line in client.headers._list}  # noqa: SLF001
    for name, value in (headers or {}).items():
        _put(lines, name, value.encode())
    if body is not None:
        _put(lines, "content-length", str(len(body)).encode())
        if kind:
            _put(lines, "content-type", kind)
    elif request.method == "POST":
        _put(lines, "content-length", b"0")
    if client.cookies.jar._cookies:  # type: ignore[attr-defined] # noqa: SLF001
        said = "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)
        _put(lines, "cookie", said.encode())
    request.headers = _headers(list(lines.values()))
    request.extensions = {}
    request._content = body or b""  # noqa: SLF001
    request.stream = httpx.ByteStream(request._content)  # noqa: SLF001
    return request


def send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """What is left of `Client.send` without redirects, authentication and hooks: cookies."""
    response = client._transport.handle_request(request)  # noqa: SLF001
    response.request = request
    if "set-cookie" in response.headers:
        client.cookies.extract_cookies(response)
    return response


def _encoded(data: Mapping[str, str] | None, body: object | None) -> tuple[bytes | None, bytes]:
    if data is not None:
        return urlencode(data).encode(), b"application/x-www-form-urlencoded"
    if body is None:
        return None, b""
    return texts.encoded(body), b"application/json"


def _put(lines: dict[bytes, Line], name: str, value: bytes) -> None:
    spelled, lower = _spelled(name)
    lines.pop(lower, None)
    lines[lower] = spelled, lower, value


@cache
def _spelled(name: str) -> tuple[bytes, bytes]:
    return name.title().encode(), name.lower().encode()


def _headers(lines: list[Line]) -> httpx.Headers:
    found = httpx.Headers.__new__(httpx.Headers)
    found._list = lines  # noqa: SLF001
    found._encoding = "utf-8"  # noqa: SLF001
    return found


def _merged(client: httpx.Client, url: str) -> httpx.URL:
    name = (client.base_url._uri_reference, url)  # noqa: SLF001
    found = _MERGED.get(name)
    if found is None:
        found = _MERGED[name] = client._merge_url(url)  # noqa: SLF001
    return found


@lru_cache(4096)
def _asking(reference: ParseResult, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    found = httpx.URL.__new__(httpx.URL)
    found._uri_reference = reference._replace(  # noqa: SLF001
        query=urlencode(params) if params else None
    )
    return found


def respond(
    self: httpx.Response,
    status_code: int,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    text: str | None = None,
    json: object | None = None,
) -> None:
    """`Response.__init__` for answers that are whole from the beginning."""
    lines: dict[bytes, Line] = {}
    for name, value in (headers or {}).items():
        _put(lines, name, value.encode())
    body, kind = content or b"", b""
    if json is not None:
        body, kind = _encoded(None, json)[0] or b"", b"application/json"
    elif text is not None:
        body, kind = text.encode(), b"text/plain; charset=utf-8"
    if b"content-length" not in lines:
        _put(lines, "content-length", str(len(body)).encode())
    if kind and b"content-type" not in lines:
        _put(lines, "content-type", kind)
    self.status_code = status_code
    self.headers = _headers(list(lines.values()))
    self._request = None
    self.next_request = None
    self.extensions = {}
    self.history = []
    self.is_closed = self.is_stream_consumed = True
    self.default_encoding = "utf-8"
    self.stream = httpx.ByteStream(body)
    self._content = body
    self._num_bytes_downloaded = len(body)


@lru_cache(4096)
def _small(name: str) -> bytes:
    return name.lower().encode()


def has(headers: httpx.Headers, name: object) -> bool:
    """`Headers.__contains__`."""
    wanted = _small(str(name))
    return any([line[1] == wanted for line in headers._list])  # noqa: C419, SLF001 - by half quicker


def value(headers: httpx.Headers, name: str) -> str:
    """`Headers.__getitem__`."""
    found: str | None = got(headers, name)
    if found is None:
        raise KeyError(name)
    return found


def got(headers: httpx.Headers, name: str, default: Any = None) -> Any:
    """`Headers.get`."""
    wanted = _small(name)
    found = [line[2].decode() for line in headers._list if line[1] == wanted]  # noqa: SLF001
    return ", ".join(found) if found else default


_unquoted = lru_cache(4096)(unquote)


def path(url: httpx.URL) -> str:
    """`URL.path`."""
    return _unquoted(url._uri_reference.path or "/")  # noqa: SLF001


def netloc(url: httpx.URL) -> bytes:
    """`URL.netloc`."""
    return _netloc(url._uri_reference)  # noqa: SLF001


@lru_cache(64)
def _netloc(reference: ParseResult) -> bytes:
    return reference.netloc.encode("ascii")


CLIENT = {"__init__": begin, "send": send, "build_request": build_request}
HEADERS: dict[str, object] = {"__contains__": has, "__getitem__": value, "get": got}
URL: dict[str, object] = {"path": property(path), "netloc": property(netloc)}
