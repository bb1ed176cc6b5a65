"""The client of the deployed API, against a gateway that keeps what it is asked."""

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from sandbox.api import Api
from sandbox.deployed import Deployed
from sandbox.failures import CannotRunError, RefusedError
from shared.model.base import Json

DEPLOYED = Deployed(
    endpoint="http://127.0.0.1:4566",
    prefix="shelfwire-x-sandbox",
    api_id="abc",
    api_stage="live",
    pool_id="pool",
    archive="archive",
    files="files",
    bus="bus",
    clients={"operator": "client-1"},
    tables={},
    queues={},
    functions={},
    secrets={},
)


class Gateway:
    """Grants tokens by number, and refuses those it was told to forget."""

    def __init__(self, routes: dict[str, tuple[int, Json]]) -> None:
        self.routes = routes
        self.grants: list[dict[str, list[str]]] = []
        self.asked: list[str] = []
        self.forgotten: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/token":
            self.grants.append(parse_qs(request.content.decode()))
            token = {"access_token": f"t{len(self.grants)}", "expires_in": 3600}
            return httpx.Response(200, json=token)
        target = request.url.raw_path.decode().removeprefix("/_aws/execute-api/abc/live")
        self.asked.append(f"{request.method} {target} {request.content.decode()}".strip())
        if request.headers["authorization"].removeprefix("Bearer ") in self.forgotten:
            return httpx.Response(401, json={"message": "Unauthorized"})
        status, body = self.routes.get(f"{request.method} {target}", (404, {"message": "none"}))
        return httpx.Response(status, json=body)


def api(gateway: Gateway, *, scopes: tuple[str, ...] | None = None) -> Api:
    transport = httpx.MockTransport(gateway)
    return Api(DEPLOYED, scopes=scopes, transport=transport, client_secret=lambda: "s3cret")


def test_a_token_is_asked_for_once_with_the_scopes_wanted() -> None:
    gateway = Gateway({"GET /v1/reconciliation/finance": (200, {"skus": 1})})
    client = api(gateway, scopes=("ops.read", "ops.replay"))
    assert client.finance() == client.finance() == {"skus": 1}
    (grant,) = gateway.grants
    assert grant["scope"] == ["shelfwire/ops.read shelfwire/ops.replay"]
    assert grant["client_secret"] == ["s3cret"]


@pytest.mark.parametrize(
    ("ask", "asked"),
    [
        (lambda a: a.trace_sku("A B#1"), "GET /v1/trace/sku/A%20B%231"),
        (lambda a: a.trace_sku("A/B"), "GET /v1/trace/sku/A%252FB"),
        (lambda a: a.trace_order("shop:1"), "GET /v1/trace/orders/shop%3A1"),
        (lambda a: a.replay("no_price#S1"), "POST /v1/exceptions/no_price%23S1/replay"),
        (lambda a: a.replay("shop/d1"), "POST /v1/inbox/shop/d1/replay"),
        (lambda a: a.replay("shop/t/c:1"), "POST /v1/inbox/shop/t%252Fc%253A1/replay"),
        (lambda a: a.map_code("shop", "X1", "S1"), 'PUT /v1/links/shop/X1 {"sku":"S1"}'),
    ],
)
def test_each_question_goes_to_its_route(ask: Callable[[Api], object], asked: str) -> None:
    gateway = Gateway({asked.partition(" {")[0]: (202, {})})
    ask(api(gateway))
    assert gateway.asked == [asked]


def test_a_refusal_says_which_field_which_value_and_what_to_do() -> None:
    body: dict[str, Json] = {"field": "sku", "value": "S1", "remedy": "create it"}
    gateway = Gateway({"GET /v1/trace/sku/S1": (404, body)})
    with pytest.raises(RefusedError, match="404: sku / S1 / create it") as refused:
        api(gateway).trace_sku("S1")
    assert (refused.value.status, refused.value.body) == (404, body)


def test_a_token_of_an_earlier_deployment_is_replaced_once() -> None:
    gateway = Gateway({"GET /v1/reconciliation/finance": (200, {})})
    gateway.forgotten = {"t1"}
    assert api(gateway).finance() == {}
    gateway.forgotten = {"t1", "t2", "t3", "t4"}
    with pytest.raises(RefusedError, match="401"):
        api(gateway).finance()


def test_a_failing_function_is_not_the_callers_mistake() -> None:
    gateway = Gateway({"GET /v1/reconciliation/finance": (502, {"errorMessage": "x"})})
    with pytest.raises(CannotRunError, match="GET /v1/reconciliation/finance answered 502"):
        api(gateway).finance()


def test_pages_of_what_is_withheld_are_put_together_each_line_once() -> None:
    lines: list[Json] = [{"facet": "price", "key": f"S{i}"} for i in range(3)]
    instant = "2026-11-27T09:00:00+00:00"
    where = "GET /v1/parity/shop/pending"
    later = f"{where}?after=2026-11-27T09%3A00%3A00%2B00%3A00"
    gateway = Gateway(
        {
            where: (200, {"pending": lines[:2], "next": instant}),
            later: (200, {"pending": lines[1:], "next": None}),
        }
    )
    assert [one["key"] for one in api(gateway).pending("shop")] == ["S0", "S1", "S2"]


def test_exceptions_come_with_the_id_that_replays_them() -> None:
    listed: list[Json] = [
        {"kind": "no_price", "subject": "S1", "state": "open"},
        {"kind": "access", "subject": "shop", "state": "solved"},
    ]
    gateway = Gateway(
        {
            "GET /v1/exceptions": (200, {"exceptions": listed[:1]}),
            "GET /v1/exceptions?state=all": (200, {"exceptions": listed}),
        }
    )
    client = api(gateway)
    assert [e["issue_id"] for e in client.exceptions()] == ["no_price#S1"]
    assert [e["issue_id"] for e in client.exceptions(state="all")] == ["no_price#S1", "access#shop"]


def test_an_exception_is_closed_by_its_id_with_a_reason() -> None:
    gateway = Gateway({"POST /v1/exceptions/no_price%23S1/close": (200, {"closed": {}})})
    assert api(gateway).close("no_price#S1", "no longer sold") == {"closed": {}}
    assert gateway.asked[-1].endswith(' {"why":"no longer sold"}')
    api(gateway).close("no_price#S1", "no longer sold", count=3)
    assert gateway.asked[-1].endswith(' {"why":"no longer sold","count":3}')


class Slow(Gateway):
    """Lets so many calls of a route go unanswered."""

    def __init__(self, unanswered: int) -> None:
        routes = ("GET /v1/reconciliation/finance", "POST /v1/prices", "POST /v1/approvals")
        super().__init__(dict.fromkeys(routes, (200, {"skus": 1})))
        self.unanswered = unanswered

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = super().__call__(request)
        if request.url.path != "/oauth2/token" and self.unanswered:
            self.unanswered -= 1
            raise httpx.ReadTimeout("slow")
        return answer


def test_what_may_be_asked_again_is_while_a_busy_machine_does_not_answer() -> None:
    client = api(Slow(2))
    assert client.finance() == {"skus": 1}
    keyed = api(Slow(2))
    assert keyed.call("POST", "v1", "prices", headers={"idempotency-key": "k"}) == {"skus": 1}
    assert api(Slow(2)).rule("approve", "meant", files=[]) == {"skus": 1}


def test_what_may_not_be_asked_again_is_not_and_nobody_waits_for_ever() -> None:
    gateway = Slow(1)
    with pytest.raises(CannotRunError, match="does not answer"):
        api(gateway).call("POST", "v1", "prices")
    assert len(gateway.asked) == 1
    with pytest.raises(CannotRunError, match="does not answer"):
        api(Slow(3)).finance()
