"""Vendors over a network that loses answers, delivers late, and lies: the sandbox's simulators."""

import json
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from random import Random
from typing import Any

import httpx

from sandbox.simulator import Vanish, Vendor
from sandbox.vendors.amazon.simulator import AmazonSimulator
from tests.simulation import marketplace, texts
from tests.simulation.compute import Function
from tests.simulation.engine import SECOND, Engine, within
from tests.simulation.faults import Kind
from tests.simulation.messaging import Queue
from tests.simulation.wire import Wire

LATENCY_MS = (60, 300)
GIVES_UP_MS = 20 * SECOND
LATE_MS = 60 * SECOND  # how late a lost request may still land; `settle_seconds` is twice that
LAG_MS = 40 * SECOND  # how long the ERP's search may miss a new order; with LATE_MS it settles
LOOK_MS = 2 * SECOND
COPIES = (1, 1, 4)  # how often a webhook that is sent again is
SEARCHED = frozenset({"SalesOrder", "CustomerReturn", "CreditMemoRequest", "BusinessPartner"})

ON_THE_WAY = (Kind.NO_ANSWER, Kind.BUSY, Kind.THROTTLED, Kind.LATE)
ON_THE_WAY_BACK = (Kind.LOST, Kind.FALSE_200, Kind.CRASH_ANSWER)

type Changed = Callable[[str, httpx.Request, httpx.Response], None]
"""Connection, request and its answer, after every effect."""


class SimTransport(httpx.BaseTransport):
    """The way to one vendor. `slow_ms` is added to its own latency.

    Until `down_until_ms` nobody is there: the connection is refused, or `hangs` until given up.
    """

    def __init__(self, connection: str, vendor: Vendor, wire: Wire) -> None:
        self.connection = connection
        self.vendor = vendor
        self.wire = wire
        self.slow_ms = 0
        self.calls = 0
        self.writes = 0
        self.under_way = 0
        self.most_under_way = 0
        self.down_until_ms = 0
        self.hangs = False
        self.changed: list[Changed] = []
        self._unlisted: dict[str, int] = {}
        self._rng: Random = wire.engine.rng(f"network to {connection}")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        engine, faults, wire = self.wire.engine, self.wire.engine.faults, self.wire
        request.read()
        what = f"{self.connection}: {_about(request)}"
        engine.calls += 1
        self.calls += 1
        engine.pause(within(self._rng, LATENCY_MS))
        engine.note(what)
        wire.crash(Kind.CRASH_BEFORE)
        if engine.now_ms < self.down_until_ms and self.hangs:
            engine.pause(GIVES_UP_MS)
            raise httpx.ReadTimeout("no answer in time")
        if engine.now_ms < self.down_until_ms:
            raise httpx.ConnectError("no route")
        if (struck := faults.first(ON_THE_WAY)) is not None and not self._used_up(struck, request):
            return self._struck(struck, request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return self._answered(request)
        finally:
            self.under_way -= 1

    def _used_up(self, kind: Kind, request: httpx.Request) -> bool:
        """A marketplace says itself that it throttles, by the plan of each operation."""
        if kind is not Kind.THROTTLED or not isinstance(self.vendor, AmazonSimulator):
            return False
        self.wire.engine.note("  somebody else uses up the plan")
        marketplace.use_up(self.vendor, request)
        return True

    @property
    def _is_marketplace(self) -> bool:
        return isinstance(self.vendor, AmazonSimulator)

    def _struck(self, kind: Kind, request: httpx.Request) -> httpx.Response:
        """What the caller sees of a fault before the vendor has heard of the call."""
        engine = self.wire.engine
        match kind:
            case Kind.NO_ANSWER:
                raise httpx.ConnectError("no route")
            case Kind.BUSY:
                lie = self._rng.choice(("0", "1", "7200", "soon"))
                return httpx.Response(503, headers={"retry-after": lie}, text="busy")
            case Kind.THROTTLED:
                return self._throttled()
            case _:
                delay = self._rng.randint(GIVES_UP_MS, LATE_MS)
                engine.at(delay, lambda: self._lands(request))
                engine.pause(GIVES_UP_MS)
                engine.note("  gave up waiting; it will land")
                raise httpx.ReadTimeout("no answer in time")

    def _answered(self, request: httpx.Request) -> httpx.Response:
        engine, faults = self.wire.engine, self.wire.engine.faults
        response = self._effect(self._changed_on_its_way(request))
        self.wire.crash(Kind.CRASH_EFFECT)
        engine.pause(within(self._rng, LATENCY_MS) + self.slow_ms)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and self._is_marketplace:
            return response
        match faults.first(ON_THE_WAY_BACK):
            case Kind.LOST:
                engine.pause(GIVES_UP_MS)
                engine.note("  answer lost")
                raise httpx.ReadTimeout("no answer in time")
            case Kind.FALSE_200:
                engine.note("  answers 200 with an error inside")
                return self._false_200()
            case Kind.CRASH_ANSWER:
                self.wire.die(Kind.CRASH_ANSWER)
        return self._muddled(response) if b"productVariantsBulk" in request.content else response

    def _lands(self, request: httpx.Request) -> None:
        self.wire.engine.note(f"{self.connection}: {_about(request)} lands late")
        self._effect(request)

    def _effect(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self._listed(request, self.vendor.handle(request))
        except Vanish:
            raise httpx.ReadTimeout("no answer in time") from None
        response.request = request
        self.writes += _writes(request)
        for tell in self.changed:
            tell(self.connection, request, response)
        return response

    def _listed(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        """Documents as the ERP's search finds them: one just created may be missing for a while."""
        engine = self.wire.engine
        _, _, name = request.url.path.rpartition("/A_")
        if name not in SEARCHED or not response.is_success:
            return response
        if request.method == "POST":
            if engine.faults.hit(Kind.SEARCH_LAGS):
                number = response.json()["d"][name]
                self._unlisted[number] = engine.now_ms + self._rng.randint(0, LAG_MS)
                engine.note(f"  {number} cannot be found by search yet")
            return response
        if not any(until > engine.now_ms for until in self._unlisted.values()):
            return response
        rows = response.json()["d"]["results"]
        kept = [r for r in rows if self._unlisted.get(r[name], 0) <= engine.now_ms]
        return httpx.Response(200, json={"d": {"results": kept}})

    def _throttled(self) -> httpx.Response:
        if "graphql" not in self.wire_path:
            return httpx.Response(429, headers={"retry-after": "2"})
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return httpx.Response(200, json={"errors": [error]})

    @property
    def wire_path(self) -> str:
        return "graphql" if hasattr(self.vendor, "shop") else "odata"

    def _false_200(self) -> httpx.Response:
        if self.wire_path == "graphql":
            error = {"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return httpx.Response(200, json={"errors": [error]})
        return httpx.Response(200, text="<html>something went wrong</html>")

    def _changed_on_its_way(self, request: httpx.Request) -> httpx.Request:
        """A line of a price batch that is lost inside the vendor, or refused for now."""
        if self._is_marketplace and marketplace.sent(request):
            return self._listed_on_its_way(request)
        body = _graphql(request)
        lines = body.get("variables", {}).get("variants") if body else None
        if not body or not isinstance(lines, list) or not lines:
            return request
        if self.wire.engine.faults.hit(Kind.DROPPED):
            lines.pop(self._rng.randrange(len(lines)))
            self.wire.engine.note("  drops a line")
            return _again(request, body)
        misnames = len(lines) > 1 and self.wire.engine.faults.hit(Kind.MISNAMED)
        if misnames or self.wire.engine.faults.hit(Kind.PARTIAL):
            lines[self._rng.randrange(len(lines))]["price"] = "-1.00"
            self.wire.engine.note("  refuses a line" + " and names another" * misnames)
            again = _again(request, body)
            again.extensions["misnames"] = misnames
            return again
        return request

    def _listed_on_its_way(self, request: httpx.Request) -> httpx.Request:
        """One listing, which is a line by itself."""
        if self.wire.engine.faults.hit(Kind.DROPPED):
            self.wire.engine.note("  accepts a line and drops it")
            return marketplace.dropped(request)
        if self.wire.engine.faults.hit(Kind.PARTIAL):
            self.wire.engine.note("  refuses a line")
            return marketplace.refused(request)
        return request

    def _muddled(self, response: httpx.Response) -> httpx.Response:
        """A price batch comes back in an order of its own, or with another line refused."""
        body = response.json()
        payload = (body.get("data") or {}).get("productVariantsBulkUpdate") or {}
        lines = payload.get("productVariants") or []
        misnamed = response.request.extensions.get("misnames") and payload.get("userErrors")
        shuffled = len(lines) > 1 and self.wire.engine.faults.hit(Kind.SHUFFLED)
        for error in payload["userErrors"] if misnamed else ():
            _, place, *_ = error["field"]
            error["field"][1] = str((int(place) + 1) % (len(lines) + 1))
        if shuffled:
            self._rng.shuffle(lines)
        if not misnamed and not shuffled:
            return response
        return httpx.Response(200, json=body, headers=_headers(response))


def _graphql(request: httpx.Request) -> dict[str, Any] | None:
    """What a GraphQL request asks, kept with it."""
    if "asked" not in request.extensions:
        graphql = request.url.path.endswith("/graphql.json")
        request.extensions["asked"] = json.loads(request.content) if graphql else None
    found: dict[str, Any] | None = request.extensions["asked"]
    return found


def _again(request: httpx.Request, body: dict[str, Any]) -> httpx.Request:
    headers = {k: v for k, v in request.headers.items() if k != "content-length"}
    return httpx.Request(request.method, request.url, headers=headers, json=body)


def _headers(response: httpx.Response) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k != "content-length"}


def _about(request: httpx.Request) -> str:
    body = _graphql(request)
    if body is None:
        return f"{request.method} {request.url.raw_path.decode()[:160]}"
    return f"{_head(body['query'])} {texts.text(body.get('variables'))[:160]}"


@cache
def _head(document: str) -> str:
    """`query Name` or `mutation Name`."""
    return document.split("{", 1)[0].split("(", 1)[0].strip()


def _writes(request: httpx.Request) -> bool:
    body = _graphql(request)
    if body is not None:
        return _head(body["query"]).startswith("mutation")
    asks = "oauth" in request.url.path or "/auth/" in request.url.path
    return request.method in {"POST", "PATCH"} and not asks


class Courier:
    """Carries a vendor's webhooks to the door, or loses them; the vendor's own rule retries.

    With a `queue` the vendor calls no hook: what it tells lies there.
    """

    def __init__(
        self,
        connection: str,
        vendor: Vendor,
        engine: Engine,
        door: Function,
        naming: Callable[..., str],
        queue: Queue | None = None,
    ) -> None:
        self.naming = naming
        self.queue = queue
        self.connection = connection
        self.vendor = vendor
        self.engine = engine
        self.door = door
        self.out_until_ms = 0
        self.patience = 1
        self.kept: set[str] = set()
        self._looking = False
        self.hear()

    def hear(self) -> None:
        """Call when the vendor may have something to tell."""
        if not self._looking:
            self._looking = True
            self.engine.at(LOOK_MS * self.patience, self._look)

    @property
    def waiting(self) -> int:
        """Deliveries that nobody has taken yet."""
        vendor: Any = self.vendor
        names = ("hooks", "events", "notifications")
        box = next(getattr(vendor, name) for name in names if hasattr(vendor, name))
        return int(box.outgoing.waiting)

    def name_of(self, delivery: Any) -> str:
        """The name under which the door keeps a delivery."""
        headers = {k.lower(): v for k, v in delivery.headers.items()}
        name: str = self.naming(headers, delivery.body)
        return name

    def _look(self) -> None:
        for delivery in self.vendor.due(self.engine.now()):
            self._carry(delivery)
        self._looking = False
        if self.waiting:
            self.hear()

    def _carry(self, delivery: Any) -> None:
        engine = self.engine
        if engine.faults.hit(Kind.HOOK_LOST):
            engine.note(f"{self.connection}: a webhook is lost")
            self.vendor.answered(delivery, 200, engine.now())
            return
        if engine.now_ms < self.out_until_ms:
            self.vendor.answered(delivery, None, engine.now())
            return
        if self.queue is not None:
            self._drop_in(delivery, self.queue)
            return
        event = {
            "rawPath": f"/hooks/{self.connection}",
            "pathParameters": {"connection": self.connection},
            "requestContext": {"http": {"method": "POST"}},
            "headers": dict(delivery.headers),
            "body": delivery.body.decode(),
            "isBase64Encoded": False,
        }

        def ended(result: object, error: BaseException | None) -> None:
            status = result["statusCode"] if isinstance(result, dict) else 500
            del error
            self.vendor.answered(delivery, status, engine.now())
            if status < 300:
                self.kept.add(self.name_of(delivery))

        self.door.invoke(event, ended)
        if engine.faults.hit(Kind.HOOK_AGAIN):
            for _ in range(engine.rng(f"again {delivery.headers}").choice(COPIES)):
                self.door.invoke(event, lambda *_: None)

    def _drop_in(self, delivery: Any, queue: Queue) -> None:
        """To a queue of ours, where it lies until it is taken in."""
        copies = 1
        if self.engine.faults.hit(Kind.HOOK_AGAIN):
            copies += self.engine.rng(f"again {delivery.delivery_id}").choice(COPIES)
        for _ in range(copies):
            queue.put(delivery.body.decode())
        self.vendor.answered(delivery, 200, self.engine.now())
        self.kept.add(self.name_of(delivery))
