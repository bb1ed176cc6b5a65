"""Simulators over loopback: what a client sent is what they see, and what they say is answered."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from http.client import HTTPConnection

import httpx
import pytest

from sandbox.server import BODY_MAX_BYTES, Controlled, Server, control_plane, vendor
from sandbox.simulator import Vanish
from shared.model.base import Json

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


class Echo:
    """Answers with what it was asked; a few paths make trouble."""

    def __init__(self) -> None:
        self.committed = 0
        self.inside = 0
        self.most_inside = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            return self._answer(request)
        finally:
            self.inside -= 1

    def _answer(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/lost":
                self.committed += 1
                raise Vanish
            case "/bug":
                raise RuntimeError("a bug")
            case "/empty":
                return httpx.Response(204)
            case "/slow":
                threading.Event().wait(0.02)
        cookies = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-token", "t")]
        said: dict[str, Json] = {
            "method": request.method,
            "target": request.url.raw_path.decode(),
            "header": request.headers.get("x-given"),
            "body": request.content.decode(),
        }
        return httpx.Response(201, headers=cookies, json=said)

    def control(self, name: str, /, **kwargs: Json) -> Json:
        if name == "outage":
            return {"seconds": kwargs["seconds"]}
        raise LookupError(f"no {name}")


@pytest.fixture
def echo() -> Echo:
    return Echo()


def served(server: Server) -> Iterator[httpx.Client]:
    server.start()
    with httpx.Client(base_url=server.url, trust_env=False, timeout=5) as client:
        yield client
    server.stop()


@pytest.fixture
def client(echo: Echo) -> Iterator[httpx.Client]:
    yield from served(vendor(echo, threading.RLock()))


@pytest.fixture
def control(echo: Echo) -> Iterator[httpx.Client]:
    yield from served(control_plane({"shop": Controlled(echo)}))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MERGE"])
def test_a_request_arrives_whole_and_its_answer_comes_back_whole(
    client: httpx.Client, method: str
) -> None:
    target = "/a%2Fb/A_Product('x')?$filter=Price%20gt%201&$top=2"
    answer = client.request(method, target, content=b"body", headers={"x-given": "yes"})
    assert answer.status_code == 201
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.json() == {"method": method, "target": target, "header": "yes", "body": "body"}


def test_head_answers_without_a_body(client: httpx.Client) -> None:
    answer = client.head("/x")
    assert answer.status_code == 201
    assert answer.headers["x-token"] == "t"
    assert answer.content == b""
    assert client.get("/y").json()["method"] == "GET"


def test_an_answer_without_content_leaves_the_connection_usable(client: httpx.Client) -> None:
    assert client.post("/empty").status_code == 204
    assert client.get("/after").status_code == 201


def test_a_connection_lost_after_the_commit_is_a_protocol_error_to_the_client(
    client: httpx.Client, echo: Echo
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/lost")
    assert echo.committed == 1
    assert client.get("/after").status_code == 201


def test_a_bug_in_a_simulator_is_a_500_and_shown(
    client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    assert client.get("/bug").status_code == 500
    assert "RuntimeError: a bug" in capfd.readouterr().err


def test_ordinary_calls_are_not_logged(
    client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get("/x")
    assert capfd.readouterr() == ("", "")


def test_a_body_of_unknown_length_is_refused(client: httpx.Client) -> None:
    assert client.post("/x", content=iter([b"a", b"b"])).status_code == 411


def test_a_body_that_is_too_large_is_refused_unread(client: httpx.Client) -> None:
    connection = HTTPConnection(client.base_url.host, client.base_url.port, timeout=5)
    connection.putrequest("POST", "/x")
    connection.putheader("content-length", str(BODY_MAX_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def most_at_once(echo: Echo, lock: AbstractContextManager[object]) -> int:
    for client in served(vendor(echo, lock)):
        threads = [threading.Thread(target=client.get, args=("/slow",)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return echo.most_inside


def test_a_simulator_is_called_by_one_at_a_time(echo: Echo) -> None:
    assert most_at_once(echo, threading.RLock()) == 1


def test_without_its_lock_it_would_be_called_by_several(echo: Echo) -> None:
    assert most_at_once(echo, nullcontext()) > 1


def test_a_server_listens_on_loopback_alone(echo: Echo) -> None:
    server = vendor(echo, threading.RLock())
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_a_control_method_is_called_by_name_with_its_arguments(control: httpx.Client) -> None:
    answer = control.post("/_control/shop/outage", json={"seconds": 5})
    assert (answer.status_code, answer.json()) == (200, {"result": {"seconds": 5}})


def test_the_control_plane_lists_what_it_controls(control: httpx.Client) -> None:
    assert control.get("/_control").json() == {"result": ["shop"]}


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/_control/till/outage", 404, "nothing here; known are shop"),
        ("/_control/shop", 404, "nothing here; known are shop"),
        ("/_control/shop/dance", 400, "LookupError: no dance"),
        ("/_control/shop/outage", 400, "KeyError: 'seconds'"),
    ],
)
def test_a_control_call_that_cannot_be_done_says_why(
    control: httpx.Client, path: str, status: int, error: str
) -> None:
    answer = control.post(path, json={})
    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_a_page_in_a_browser_cannot_control(control: httpx.Client) -> None:
    plain = control.post("/_control/shop/outage", content=b'{"seconds": 5}')
    rebound = control.post(
        "/_control/shop/outage", json={"seconds": 5}, headers={"host": "evil.example"}
    )
    assert (plain.status_code, rebound.status_code) == (415, 403)
