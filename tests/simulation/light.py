"""httpx without what a simulated network does not need: it is a fifth of the time of a history.

Requests come out as httpx would build them; a test holds the two against each other.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

type Raw = list[tuple[bytes, bytes, bytes]]

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
    request.url = _url(_merged(client, url), params)
    body, kind = _encoded(data, json) if content is None else (content, b"")
    raw = [(b"Host", b"host", request.url.netloc), *_kept(client)]
    for name, value in (headers or {}).items():
        _put(raw, name.title().encode(), value.encode())
    if body is not None:
        _put(raw, b"Content-Length", str(len(body)).encode())
        if kind:
            _put(raw, b"Content-Type", kind)
    elif request.method == "POST":
        _put(raw, b"Content-Length", b"0")
    request.headers = httpx.Headers()
    request.headers._list = raw  # noqa: SLF001
    request.extensions = {}
    request.stream = httpx.ByteStream(body or b"")
    request._content = body or b""  # noqa: SLF001
    if client.cookies:
        httpx.Cookies(client.cookies).set_cookie_header(request)
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
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode(), b"application/json"


def _put(raw: Raw, name: bytes, value: bytes) -> None:
    lower = name.lower()
    raw[:] = [line for line in raw if line[1] != lower]
    raw.append((name, lower, value))


def _kept(client: httpx.Client) -> Raw:
    found: Raw = client.headers._list  # noqa: SLF001
    return found


def _merged(client: httpx.Client, url: str) -> httpx.URL:
    name = (client.base_url._uri_reference, url)  # noqa: SLF001
    if name not in _MERGED:
        _MERGED[name] = client._merge_url(url)  # noqa: SLF001
    return _MERGED[name]


def _url(merged: httpx.URL, params: Mapping[str, str] | None) -> httpx.URL:
    if params is None:
        return merged
    found = httpx.URL.__new__(httpx.URL)
    found._uri_reference = merged._uri_reference._replace(  # noqa: SLF001
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
    raw: Raw = [(k.encode(), k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
    body, kind = content or b"", b""
    if json is not None:
        body, kind = _encoded(None, json)[0] or b"", b"application/json"
    elif text is not None:
        body, kind = text.encode(), b"text/plain; charset=utf-8"
    _default(raw, b"Content-Length", str(len(body)).encode())
    if kind:
        _default(raw, b"Content-Type", kind)
    self.status_code = status_code
    self.headers = httpx.Headers()
    self.headers._list = raw  # noqa: SLF001
    self._request = None
    self.next_request = None
    self.extensions = {}
    self.history = []
    self.is_closed = self.is_stream_consumed = True
    self.default_encoding = "utf-8"
    self.stream = httpx.ByteStream(body)
    self._content = body
    self._num_bytes_downloaded = len(body)


def _default(raw: Raw, name: bytes, value: bytes) -> None:
    lower = name.lower()
    if all(line[1] != lower for line in raw):
        raw.append((name, lower, value))


CLIENT = {"__init__": begin, "send": send, "build_request": build_request}
