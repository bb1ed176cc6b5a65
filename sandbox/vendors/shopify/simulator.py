"""A Shopify shop in memory: HTTP in, HTTP out, its rules enforced, its clock the caller's."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import Literal
from urllib.parse import parse_qs

import httpx
from graphql import ExecutionResult, GraphQLError, execute_sync
from graphql.execution.values import VariableValues

from sandbox.simulator import Delivery, Vanish
from sandbox.vendors.faults import Faults
from sandbox.vendors.shopify import control, language, quick, spending
from sandbox.vendors.shopify.admin import Admin
from sandbox.vendors.shopify.balance import Balance
from sandbox.vendors.shopify.bulk import Bulks, Pace
from sandbox.vendors.shopify.catalogue import Catalogue
from sandbox.vendors.shopify.checkout import Checkout
from sandbox.vendors.shopify.despatch import Despatch
from sandbox.vendors.shopify.hooks import Hooks, level_body, order_body, refund_body
from sandbox.vendors.shopify.inventory import Inventory
from sandbox.vendors.shopify.language import Document, Price, whole
from sandbox.vendors.shopify.price_lists import PriceLists
from sandbox.vendors.shopify.refunds import Refunds
from sandbox.vendors.shopify.return_api import ReturnApi
from sandbox.vendors.shopify.returning import tell_return
from sandbox.vendors.shopify.state import Location, Order, Refund, Shop, Variant
from sandbox.vendors.shopify.subscriptions import Subscriptions
from shared.connectors.shopify.hints import RETURN_TOPICS
from shared.kit.bucket import MILLI, Bucket
from shared.model.base import Json
from shared.ports import Clock

VERSION = "2026-10"
TOKEN_LIFE = timedelta(seconds=86_399)
SINGLE_CALL_MAX = 1000
TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "orders/risk_assessment_changed",
    "refunds/create",
    *RETURN_TOPICS,
)
LEVELS = "inventory_levels/update"
_FULL_PATH = f"/admin/api/{VERSION}/graphql.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one app may ask of the shop: points a second and what a full bucket holds."""

    points_per_second: int = 100
    bucket: int = 2000


@dataclass(frozen=True, slots=True)
class Account:
    """The shop and the app that calls it; webhooks are signed with the app's own secret.

    `topics` are those that the app's configuration file subscribes to.
    """

    shop: str = "sandbox"
    client_id: str = "client"
    client_secret: str = "secret"
    webhook_secret: str | None = None
    currency: str = "EUR"
    locations: tuple[str, ...] = ("Main",)
    topics: tuple[str, ...] = TOPICS


@dataclass(frozen=True, slots=True)
class Doubts:
    """Facts Shopify does not document, to be tried both ways."""

    stocked_at: Literal["primary", "all"] = "primary"
    not_stocked_code: str | None = "INVALID_LOCATION"
    failures_spend_keys: bool = True
    fixed_prices: Literal["whole", "partial"] = "whole"


class ShopifySimulator:
    """Satisfies `sandbox.simulator.Simulator` and `Sender`; deterministic, one call at a time."""

    def __init__(
        self,
        clock: Clock,
        account: Account | None = None,
        *,
        plan: Plan | None = None,
        doubts: Doubts | None = None,
        pace: Pace | None = None,
        fast: bool = False,
    ) -> None:
        account = account or Account()
        doubts = doubts or Doubts()
        self.plan = plan or Plan()
        self.domain = f"{account.shop}.myshopify.com"
        self.shop = Shop(account.currency)
        self.faults = Faults()
        self.counts: Counter[str] = Counter()
        self.points = 0  # thousandths spent
        self.checkout = Checkout(self.shop)
        self.catalogue = Catalogue(self.shop, clock.now, doubts.stocked_at)
        self.inventory = Inventory(
            self.shop,
            clock.now,
            doubts.not_stocked_code,
            doubts.failures_spend_keys,
            told=self.tell_level,
        )
        despatch = Despatch(self.shop, clock.now, lambda o: self.tell("orders/updated", o))
        self._clock = clock
        self._fast = fast
        self._one_by_one = Lock()
        self._credentials = (account.client_id, account.client_secret)
        self._tokens: dict[str, datetime] = {}
        secret = account.webhook_secret or account.client_secret
        self.subscriptions = Subscriptions(self.shop, frozenset(account.topics))
        self.hooks = Hooks(self.shop, self.domain, secret, VERSION, self.subscriptions)
        self._bucket = Bucket(
            self.plan.bucket * MILLI, clock.now(), self.plan.points_per_second, self.plan.bucket
        )
        self.bulk = Bulks(self.shop, clock.now, pace or Pace(), fast)
        refunds = Refunds(self.checkout, self.inventory, clock.now, self.tell_refund)
        admin = Admin(self.shop, self.catalogue, self.inventory, despatch, refunds)
        lists = PriceLists(self.shop, doubts.fixed_prices)
        self._root = {**admin.root(), **self.bulk.resolvers(), **lists.resolvers()}
        self.balance = Balance(self.shop)
        self._root |= {**self.subscriptions.resolvers(), **self.balance.resolvers()}
        self.return_api = ReturnApi(self.shop, clock.now, partial(tell_return, self))
        self.bulk.root = self._root = {**self._root, **self.return_api.resolvers()}
        for name in account.locations:
            self.add_location(name)

    def now(self) -> datetime:
        return self._clock.now()

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer as the shop would; raises Vanish when the answer of a write is to be lost.

        Calls that come at once are answered one by one.
        """
        with self._one_by_one:
            return self._handled(request)

    def _handled(self, request: httpx.Request) -> httpx.Response:
        self.counts["calls"] += 1
        if self.faults.out(self.now()):
            return httpx.Response(HTTPStatus.BAD_GATEWAY, text="<html>bad gateway</html>")
        self.bulk.advance()
        if (file := self.bulk.file(request)) is not None:
            return file
        if request.method == "POST" and request.url.path == "/admin/oauth/access_token":
            return self._grant(request)
        if request.method == "POST" and request.url.path == _FULL_PATH:
            self.bulk.base_url = f"{request.url.scheme}://{request.url.netloc.decode()}"
            return self._graphql(request)
        return httpx.Response(HTTPStatus.NOT_FOUND, json={"errors": "Not Found"})

    def control(self, name: str, /, **kwargs: Json) -> Json:
        """Run one of `control.COMMANDS`; LookupError names those there are."""
        command = control.COMMANDS.get(name)
        if command is None:
            raise LookupError(f"no {name}; known are {', '.join(sorted(control.COMMANDS))}")
        return command(self, **kwargs)

    def due(self, now: datetime) -> Sequence[Delivery]:
        return self.hooks.outgoing.due(now)

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        self.hooks.outgoing.answered(delivery, status, now)

    def tell(self, topic: str, order: Order, body: Mapping[str, object] | None = None) -> None:
        """Send a webhook about an order, unless webhooks are being lost."""
        if self.faults.drop_webhooks:
            self.counts["webhooks dropped"] += 1
            return
        twice = self.faults.duplicate_webhooks > 0
        self.faults.duplicate_webhooks -= twice
        said = body if body is not None else order_body(self.shop, order)
        self.hooks.emit(topic, said, self.now(), copies=2 if twice else 1)

    def tell_refund(self, order: Order, refund: Refund) -> None:
        self.tell("refunds/create", order, refund_body(order, refund))
        self.tell("orders/updated", order)

    def tell_level(self, variant: Variant, place: int) -> None:
        """Who changed it is not told: the app hears of its own writes as of all others."""
        if self.subscriptions.of(LEVELS):
            body = level_body(variant, place, self.now())
            self.hooks.emit(LEVELS, body, self.now(), copies=1)

    def order(self, name: Json) -> Order:
        """By id, legacy or global, or by name."""
        text = str(name).rsplit("/", 1)[-1]
        if text.isdigit() and int(text) in self.shop.orders:
            return self.shop.orders[int(text)]
        for found in self.shop.orders.values():
            if text == f"#{found.number}":
                return found
        raise LookupError(f"no order {name}")

    def add_location(self, name: str) -> int:
        """Locations are numbered from 1, so that a configuration can name them beforehand."""
        location = Location(len(self.shop.locations) + 1, name)
        self.shop.locations[location.location_id] = location
        return location.location_id

    def _grant(self, request: httpx.Request) -> httpx.Response:
        form = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
        given = (form.get("client_id"), form.get("client_secret"))
        if form.get("grant_type") != "client_credentials":
            return httpx.Response(HTTPStatus.BAD_REQUEST, json={"error": "unsupported_grant_type"})
        if given != self._credentials:
            return httpx.Response(HTTPStatus.UNAUTHORIZED, json={"error": "invalid_client"})
        token = f"shpat_{len(self._tokens) + 1:08d}"
        self._tokens[token] = self.now() + TOKEN_LIFE
        expires = int(TOKEN_LIFE.total_seconds())
        grant = {
            "access_token": token,
            "scope": "read_orders,write_products",
            "expires_in": expires,
        }
        return httpx.Response(HTTPStatus.OK, json=grant)

    def revoke_tokens(self) -> None:
        self._tokens = dict.fromkeys(self._tokens, self.now())

    def _graphql(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("x-shopify-access-token", "")
        if self._tokens.get(token, self.now()) <= self.now():
            return httpx.Response(HTTPStatus.UNAUTHORIZED, json={"errors": "[API] invalid token"})
        try:
            asked = json.loads(request.content)
            source, given = str(asked["query"]), asked.get("variables") or {}
        except (ValueError, KeyError, TypeError):
            return httpx.Response(HTTPStatus.BAD_REQUEST, json={"errors": "bad request"})
        document = language.document(source)
        if not isinstance(document, Document):
            return _answer({"errors": [language.refusal(error) for error in document]})
        coerced = quick.coerced if self._fast else language.coerced
        values = coerced(document, given)
        if isinstance(values, list):
            problems = [language.refusal(error) for error in values]
            code = {"extensions": {"code": "INVALID_VARIABLE"}}
            return _answer({"errors": [problem | code for problem in problems]})
        return self._priced(document, given, values)

    def _priced(
        self, document: Document, given: Mapping[str, Json], values: VariableValues
    ) -> httpx.Response:
        """Refuse what is too dear or comes too early; else run it and settle its price."""
        price = Price(document, given)
        requested = quick.requested(document, given) if self._fast else price.requested()
        self._bucket = self._bucket.refilled(self.now())
        if requested > SINGLE_CALL_MAX * MILLI and not document.writes:
            text = f"Query cost is {whole(requested)}, at most {SINGLE_CALL_MAX}"
            error = {"message": text, "extensions": {"code": "MAX_COST_EXCEEDED"}}
            return _answer({"errors": [error]})
        if self.faults.throttling(self.now()) or self._bucket.level < requested:
            self.counts["throttled"] += 1
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            cost = self._cost(requested, None)
            return _answer({"data": None, "errors": [error], "extensions": {"cost": cost}})
        run = quick.run(document, self._root, values) if self._fast else None
        result = run or self._run(document, given)
        spent = min(self._spent(price, result.data), requested)
        self._bucket = Bucket(
            self._bucket.level - spent, self._bucket.at, self._bucket.rate, self._bucket.size
        )
        self.points += spent
        self.counts[document.name] += 1
        if document.writes and result.errors is None and self.faults.vanishes():
            raise Vanish
        body: dict[str, object] = {"data": result.data}
        if result.errors:
            body["errors"] = [language.refusal(error) for error in result.errors]
        return _answer(body | {"extensions": {"cost": self._cost(requested, spent)}})

    def _spent(self, price: Price, data: language.Data | None) -> int:
        if self._fast:
            return spending.spent(price.document, price.variables, data)
        return price.spent(data)

    def _run(self, document: Document, given: Mapping[str, Json]) -> ExecutionResult:
        try:
            return execute_sync(
                language.schema(), document.node, self._root, variable_values=dict(given)
            )
        except GraphQLError as error:
            return ExecutionResult(None, [error])

    def _cost(self, requested: int, spent: int | None) -> dict[str, object]:
        throttling = self.faults.throttling(self.now())
        return {
            "requestedQueryCost": whole(requested),
            "actualQueryCost": None if spent is None else whole(spent),
            "throttleStatus": {
                "maximumAvailable": float(self.plan.bucket),
                "currentlyAvailable": 0 if throttling else max(self._bucket.level // MILLI, 0),
                "restoreRate": float(self.plan.points_per_second),
            },
        }


def _answer(body: Mapping[str, object]) -> httpx.Response:
    headers = {"x-shopify-api-version": VERSION}
    return httpx.Response(HTTPStatus.OK, json=body, headers=headers)
