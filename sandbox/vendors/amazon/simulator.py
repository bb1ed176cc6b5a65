"""A seller's account at Amazon in memory: HTTP in, HTTP out, its rules and rates enforced."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qs, unquote

import httpx

from sandbox.simulator import Delivery, Vanish
from sandbox.vendors.amazon import control, notifications
from sandbox.vendors.amazon.answers import Refusal, errors
from sandbox.vendors.amazon.checkout import Checkout
from sandbox.vendors.amazon.feeds import Feeds
from sandbox.vendors.amazon.listings import Catalogue
from sandbox.vendors.amazon.notifications import Notifications
from sandbox.vendors.amazon.ordering import Ordering
from sandbox.vendors.amazon.state import Feed, Order, Seller
from sandbox.vendors.amazon.subscriptions import Subscriptions
from sandbox.vendors.faults import Faults
from shared.connectors.amazon import jsontext, plans
from shared.connectors.amazon.plans import CALL, Operation
from shared.kit.bucket import MILLI, Bucket
from shared.model.base import Json
from shared.ports import Clock

TOKEN_LIFE = timedelta(hours=1)
TOKEN_PATH = "/auth/o2/token"
SCOPE = "sellingpartnerapi::notifications"
_DOCUMENT = re.compile(r"^/_documents/([^/]+)$")


@dataclass(frozen=True, slots=True)
class Account:
    """The seller and the application that calls; documents are uploaded below `base_url`."""

    seller_id: str = "A3SELLER"
    marketplace_id: str = "A1F83G8C2ARO7P"
    currency: str = "GBP"
    client_id: str = "client"
    client_secret: str = "secret"
    refresh_token: str = "refresh"
    base_url: str = "https://sellingpartnerapi-eu.example"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long Amazon takes: to show what it accepted, and to process a feed."""

    applies_after: timedelta = timedelta(seconds=30)
    feed_takes: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Doubts:
    """Facts Amazon does not document, to be tried both ways."""

    unknown_sku: Literal["invalid", "refused"] = "invalid"
    repeated_package: Literal["refused", "replaced"] = "refused"
    repeated_document: Literal["refused", "processed"] = "refused"
    discounts_negative: bool = False
    tax: Literal["excluded", "included", "withheld"] = "included"
    cancelled_units: Literal["kept", "zero"] = "kept"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call that was let in: escaped parts of its path, its parameters, its body."""

    parts: tuple[str, ...]
    params: Mapping[str, str]
    body: Mapping[str, Json]


type _Answer = tuple[HTTPStatus, Json]
type _Handler = Callable[[_Asked], _Answer]


class AmazonSimulator:
    """Satisfies `sandbox.simulator.Simulator` and `Sender`; deterministic, one call at a time."""

    def __init__(
        self,
        clock: Clock,
        account: Account | None = None,
        *,
        pace: Pace | None = None,
        doubts: Doubts | None = None,
    ) -> None:
        self.account = account or Account()
        doubts, pace = doubts or Doubts(), pace or Pace()
        self.seller = Seller(
            self.account.seller_id, self.account.marketplace_id, self.account.currency
        )
        self.faults = Faults()
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._tokens: dict[str, datetime] = {}
        self._grantless: set[str] = set()
        self._buckets: dict[str, Bucket] = {}
        self._rates: dict[str, Operation] = {operation.name: operation for operation in plans.ALL}
        self.notifications = Notifications()
        self.subscriptions = Subscriptions(self.seller)
        self.catalogue = Catalogue(self.seller, clock.now, pace.applies_after, doubts.unknown_sku)
        sign = -1 if doubts.discounts_negative else 1
        self.checkout = Checkout(self.seller, clock.now, doubts.tax, sign, doubts.cancelled_units)
        self.ordering = Ordering(
            self.seller, self.checkout, clock.now, doubts.repeated_package, self.tell_order
        )
        self.feeds = Feeds(
            self.seller,
            self.catalogue,
            clock.now,
            pace.feed_takes,
            doubts.repeated_document,
            self.account.base_url,
            self.tell_feed,
        )
        self._routes = self._table()

    def now(self) -> datetime:
        return self._clock.now()

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer as Amazon would; raises Vanish when the answer of a write is to be lost."""
        self.counts["calls"] += 1
        self.feeds.work()
        path = request.url.raw_path.decode().partition("?")[0]
        if self.faults.out(self.now()):
            return _json(HTTPStatus.INTERNAL_SERVER_ERROR, errors("InternalFailure", "out"))
        if path.endswith(TOKEN_PATH) and request.method == "POST":
            return self._grant(request)
        if document := _DOCUMENT.match(path):
            return self._document(request, unquote(document[1]))
        for method, pattern, operation, handler in self._routes:
            found = pattern.match(path)
            if found and method == request.method:
                parts = tuple(unquote(part) for part in found.groups())
                return self._call(request, operation, handler, parts)
        return _json(HTTPStatus.NOT_FOUND, errors("NotFound", "no such resource"))

    def control(self, name: str, /, **kwargs: Json) -> Json:
        """Run one of `control.COMMANDS`; LookupError names those there are."""
        command = control.COMMANDS.get(name)
        if command is None:
            raise LookupError(f"no {name}; known are {', '.join(sorted(control.COMMANDS))}")
        self.feeds.work()
        return command(self, **kwargs)

    def due(self, now: datetime) -> Sequence[Delivery]:
        self.feeds.work()
        return self.notifications.outgoing.due(now)

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        self.notifications.outgoing.answered(delivery, status, now)

    def tell_order(self, order: Order) -> None:
        name = notifications.notification_id(self.seller)
        body = notifications.order_changed(self.seller, order, name, self.now())
        self._tell("ORDER_CHANGE", body, name)

    def tell_feed(self, feed: Feed) -> None:
        name = notifications.notification_id(self.seller)
        body = notifications.feed_finished(self.seller, feed, name, self.now())
        self._tell("FEED_PROCESSING_FINISHED", body, name)

    def revoke_tokens(self) -> None:
        self._tokens = dict.fromkeys(self._tokens, self.now())

    def set_rate(self, operation: Operation) -> None:
        """Grant this account another usage plan of one operation."""
        self._rates[operation.name] = operation

    def asked(self, request: httpx.Request) -> Operation | None:
        """The operation of a request, if it is one of those that have a usage plan."""
        path = request.url.raw_path.decode().partition("?")[0]
        fitting = (op for m, p, op, _ in self._routes if m == request.method and p.match(path))
        return next(fitting, None)

    def use_up(self, operation: Operation) -> None:
        """Somebody else makes every call that the plan of an operation allows for now."""
        limits = self._rates[operation.name].limits()
        used = Bucket(0, self.now(), limits.points_per_second, limits.bucket)
        self._buckets[operation.name] = used
        self.counts[f"used up {operation.name}"] += 1

    def _tell(self, kind: str, body: Mapping[str, Json], name: str) -> None:
        queue = self.subscriptions.queue_of(kind)
        if queue is None:
            return
        if self.faults.drop_webhooks:
            self.counts["notifications dropped"] += 1
            return
        twice = self.faults.duplicate_webhooks > 0
        self.faults.duplicate_webhooks -= twice
        self.notifications.emit(body, name, queue, self.now(), copies=2 if twice else 1)

    def _grant(self, request: httpx.Request) -> httpx.Response:
        form = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
        account = self.account
        if (form.get("client_id"), form.get("client_secret")) != (
            account.client_id,
            account.client_secret,
        ):
            return _json(HTTPStatus.BAD_REQUEST, {"error": "invalid_client"})
        wants = {"refresh_token": ("refresh_token", account.refresh_token, "invalid_grant")}
        wants["client_credentials"] = ("scope", SCOPE, "invalid_scope")
        field, value, refusal = wants.get(
            form.get("grant_type", ""), ("grant_type", "", "unsupported_grant_type")
        )
        if form.get(field) != value:
            return _json(HTTPStatus.BAD_REQUEST, {"error": refusal})
        token = f"Atza|{len(self._tokens) + 1:08d}"
        self._tokens[token] = self.now() + TOKEN_LIFE
        grant: dict[str, Json] = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }
        if field == "scope":
            self._grantless.add(token)
        else:
            grant["refresh_token"] = value
        return _json(HTTPStatus.OK, grant)

    def _document(self, request: httpx.Request, document_id: str) -> httpx.Response:
        """Documents lie elsewhere: their address is all that is needed, and no token goes there."""
        if "x-amz-access-token" in request.headers:
            return httpx.Response(HTTPStatus.BAD_REQUEST, text="a token was given away")
        try:
            if request.method == "PUT":
                self.feeds.upload(document_id, request.content)
                return httpx.Response(HTTPStatus.OK)
            return httpx.Response(HTTPStatus.OK, content=self.feeds.download(document_id))
        except Refusal as refusal:
            return httpx.Response(refusal.status, text=str(refusal))

    def _call(
        self,
        request: httpx.Request,
        operation: Operation,
        handler: _Handler,
        parts: tuple[str, ...],
    ) -> httpx.Response:
        token = request.headers.get("x-amz-access-token", "")
        if self._tokens.get(token, self.now()) <= self.now():
            said = errors("Unauthorized", "The access token you provided has expired.")
            return _json(HTTPStatus.FORBIDDEN, said)
        if (token in self._grantless) is not operation.grantless:
            said = errors("Unauthorized", "Access to requested resource is denied.")
            return _json(HTTPStatus.FORBIDDEN, said)
        granted = self._rates[operation.name]
        if self.faults.throttling(self.now()) or not self._spend(granted):
            self.counts["throttled"] += 1
            self.counts[f"throttled {operation.name}"] += 1
            said = errors("QuotaExceeded", "You exceeded your quota for the requested resource.")
            return _json(HTTPStatus.TOO_MANY_REQUESTS, said)
        headers = {"x-amzn-RateLimit-Limit": str(granted.rate)}
        try:
            status, answer = handler(_Asked(parts, dict(request.url.params), _body(request)))
        except Refusal as refusal:
            return _json(refusal.status, refusal.body(), headers)
        self.counts[operation.name] += 1
        if operation.writes and self.faults.vanishes():
            raise Vanish
        if status is HTTPStatus.NO_CONTENT:
            return httpx.Response(status, headers=headers)
        return _json(status, answer, headers)

    def _spend(self, operation: Operation) -> bool:
        limits = operation.limits()
        now = self.now()
        full = Bucket(limits.bucket * MILLI, now, limits.points_per_second, limits.bucket)
        kept = self._buckets.get(operation.name, full)
        bucket = Bucket(kept.level, kept.at, full.rate, full.size).refilled(now)
        if bucket.wait(CALL):
            self._buckets[operation.name] = bucket
            return False
        self._buckets[operation.name] = bucket.spent(CALL)
        return True

    def _table(self) -> list[tuple[str, re.Pattern[str], Operation, _Handler]]:
        ok, created, accepted = HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED
        catalogue, feeds, ordering = self.catalogue, self.feeds, self.ordering

        def confirm(a: _Asked) -> _Answer:
            ordering.confirm(a.parts[0], a.body)
            return HTTPStatus.NO_CONTENT, None

        item = f"/listings/2021-08-01/items/{re.escape(self.account.seller_id)}/([^/]+)"
        items = item.removesuffix("/([^/]+)")
        feed, orders = "/feeds/2021-06-30", "/orders/2026-01-01/orders"
        shipment = "/orders/v0/orders/([^/]+)/shipmentConfirmation"
        told, kind = self.subscriptions, "/notifications/v1/subscriptions/([^/]+)"
        places = "/notifications/v1/destinations"
        table: list[tuple[str, str, Operation, _Handler]] = [
            ("PATCH", item, plans.PATCH_LISTING,
             lambda a: (ok, catalogue.patch(a.parts[0], a.params, a.body))),
            ("GET", item, plans.GET_LISTING,
             lambda a: (ok, catalogue.get(a.parts[0], a.params))),
            ("GET", items, plans.SEARCH_LISTINGS, lambda a: (ok, catalogue.search(a.params))),
            ("POST", f"{feed}/documents", plans.CREATE_FEED_DOCUMENT,
             lambda a: (created, feeds.create_document(a.body))),
            ("GET", f"{feed}/documents/([^/]+)", plans.GET_FEED_DOCUMENT,
             lambda a: (ok, feeds.document(a.parts[0]))),
            ("POST", f"{feed}/feeds", plans.CREATE_FEED,
             lambda a: (accepted, feeds.create(a.body))),
            ("GET", f"{feed}/feeds", plans.GET_FEEDS, lambda a: (ok, feeds.search(a.params))),
            ("GET", f"{feed}/feeds/([^/]+)", plans.GET_FEED,
             lambda a: (ok, feeds.get(a.parts[0]))),
            ("GET", orders, plans.SEARCH_ORDERS, lambda a: (ok, ordering.search(a.params))),
            ("GET", f"{orders}/([^/]+)", plans.GET_ORDER,
             lambda a: (ok, ordering.get(a.parts[0], a.params))),
            ("POST", shipment, plans.CONFIRM_SHIPMENT, confirm),
            ("GET", places, plans.GET_DESTINATIONS, lambda _: (ok, told.destinations())),
            ("POST", places, plans.CREATE_DESTINATION,
             lambda a: (ok, told.create_destination(a.body))),
            ("GET", kind, plans.GET_SUBSCRIPTION,
             lambda a: (ok, told.subscription(a.parts[0], a.params))),
            ("POST", kind, plans.CREATE_SUBSCRIPTION,
             lambda a: (ok, told.create_subscription(a.parts[0], a.body))),
        ]  # fmt: skip
        return [(method, re.compile(f"^{path}$"), op, h) for method, path, op, h in table]


def _body(request: httpx.Request) -> Mapping[str, Json]:
    if not request.content:
        return {}
    try:
        parsed = jsontext.loads(request.content)
    except ValueError as error:
        raise Refusal("Request has missing or invalid parameters and cannot be parsed.") from error
    if not isinstance(parsed, dict):
        raise Refusal("Request has missing or invalid parameters and cannot be parsed.")
    return parsed


def _json(
    status: HTTPStatus, body: Json, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    named = {"content-type": "application/json", "x-amzn-RequestId": "sandbox"}
    content = jsontext.dumps(body).encode()
    return httpx.Response(status, content=content, headers={**named, **(headers or {})})
