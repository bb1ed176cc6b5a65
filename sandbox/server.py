"""Serves vendor simulators on loopback ports, with a control plane beside them."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Protocol

import httpx

from sandbox.processes import LOOPBACK
from sandbox.simulator import Simulator, Vanish
from shared.model.base import Json

BODY_MAX_BYTES = 64 * 1024 * 1024
_HOP_BY_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


class Controllable(Protocol):
    def control(self, name: str, /, **kwargs: Json) -> Json: ...


@dataclass(frozen=True, slots=True)
class Controlled:
    """Something on the control plane, and the lock to hold while it is spoken to."""

    subject: Controllable
    lock: AbstractContextManager[object] = field(default_factory=RLock)


type Reply = Callable[[httpx.Request], httpx.Response]


class _Handler(BaseHTTPRequestHandler):
    """Reads a whole request, answers with one write, logs nothing."""

    server: "Server"

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        url = f"http://{self.headers.get('host', LOOPBACK)}{self.path}"
        headers = [(name, value) for name, value in self.headers.items()]
        request = httpx.Request(self.command, url, headers=headers, content=body)
        try:
            response = self.server.reply(request)
        except Vanish:
            self.close_connection = True
            return
        except Exception:  # noqa: BLE001 - a bug of a simulator must not end the others
            traceback.print_exc()
            response = httpx.Response(HTTPStatus.INTERNAL_SERVER_ERROR)
        self._write(response)

    do_DELETE = do_GET = do_HEAD = do_MERGE = do_OPTIONS = _serve  # noqa: N815 - stdlib's names
    do_PATCH = do_POST = do_PUT = _serve  # noqa: N815 - the same

    def _body(self) -> bytes | None:
        length = self.headers.get("content-length", "0")
        if self.headers.get("transfer-encoding") or not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > BODY_MAX_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._write(httpx.Response(status, headers={"connection": "close"}))

    def _write(self, response: httpx.Response) -> None:
        self.send_response_only(response.status_code, response.reason_phrase)
        for name, value in response.headers.multi_items():
            if name not in _HOP_BY_HOP:
                self.send_header(name, value)
        if response.status_code != HTTPStatus.NO_CONTENT:
            self.send_header("content-length", str(len(response.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.content)

    def handle_expect_100(self) -> bool:
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, *_: object) -> None:
        """Thousands of calls: counters tell, not lines."""


class Server(ThreadingHTTPServer):
    """Listens on loopback alone; port 0 takes any free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, reply: Reply) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.reply = reply

    @property
    def port(self) -> int:
        return self.server_port

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A caller that hung up is its own affair; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            traceback.print_exc()


def vendor(simulator: Simulator, lock: AbstractContextManager[object], port: int = 0) -> Server:
    """A server that answers as the vendor does, one call at a time."""

    def reply(request: httpx.Request) -> httpx.Response:
        with lock:
            return simulator.handle(request)

    return Server(port, reply)


def control_plane(subjects: Mapping[str, Controlled], port: int = 0) -> Server:
    """`POST /_control/<name>/<method>` with a JSON object of arguments; `GET /_control` lists.

    Answers {"result": ...} or {"error": ...}. Only calls addressed to loopback with a JSON body
    are heard, so that no page in a browser can speak to it.
    """

    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.host not in {LOOPBACK, "localhost"}:
            return _said(HTTPStatus.FORBIDDEN, error="call it by its loopback address")
        if request.method == "GET" and request.url.path == "/_control":
            return _said(HTTPStatus.OK, result=list[Json](sorted(subjects)))
        return _controlled(subjects, request)

    return Server(port, reply)


def _controlled(subjects: Mapping[str, Controlled], request: httpx.Request) -> httpx.Response:
    match request.url.path.strip("/").split("/"):
        case ["_control", name, method] if name in subjects:
            pass
        case _:
            known = ", ".join(sorted(subjects))
            return _said(HTTPStatus.NOT_FOUND, error=f"nothing here; known are {known}")
    if request.headers.get("content-type") != "application/json":
        return _said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error="send application/json")
    try:
        kwargs = json.loads(request.content or b"{}")
        with subjects[name].lock:
            return _said(HTTPStatus.OK, result=subjects[name].subject.control(method, **kwargs))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return _said(HTTPStatus.BAD_REQUEST, error=f"{type(error).__name__}: {error}")


def _said(status: HTTPStatus, **body: Json) -> httpx.Response:
    return httpx.Response(status, json=body)
