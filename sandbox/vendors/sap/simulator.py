"""An S/4HANA tenant in memory: HTTP in, HTTP out, its rules enforced, its clock the caller's."""

import base64
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from http import HTTPStatus
from itertools import islice
from urllib.parse import parse_qs, unquote

import httpx

from sandbox.simulator import Delivery, Vanish
from sandbox.vendors.faults import Faults
from sandbox.vendors.sap import amending, control, crediting, ordering, partners, reading
from sandbox.vendors.sap.entities import SETS, EntitySet
from sandbox.vendors.sap.events import Events
from sandbox.vendors.sap.query import Condition, parse
from sandbox.vendors.sap.refusals import Refused
from sandbox.vendors.sap.tenant import Row, Tenant
from shared.model.base import Json
from shared.ports import Clock

ROOT = "/sap/opu/odata/sap/"
_ORDERS = ("API_SALES_ORDER_SRV", "A_SalesOrder")
TOKEN_LIFE = timedelta(hours=1)
CSRF_LIFE = timedelta(minutes=30)
_CREATED = frozenset({"A_SalesOrder", "A_BusinessPartner", *crediting.KINDS})
_OPTIONS = frozenset(
    {"$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$skiptoken", "$format"}
    | {"$inlinecount", "sap-client"}
)


@dataclass(frozen=True, slots=True)
class Account:
    """Who may call, and the credential events carry."""

    client_id: str = "client"
    client_secret: str = "secret"
    webhook_secret: str = "hush"
    user: str = "SHELFWIRE"
    password: str = "password"


class SapSimulator:
    """Satisfies `sandbox.simulator.Vendor`; deterministic, one call at a time."""

    def __init__(self, clock: Clock, account: Account | None = None, *, page: int = 1000) -> None:
        self.account = account or Account()
        self.tenant = Tenant()
        self.faults = Faults()
        self.events = Events(self.account.webhook_secret)
        self.counts: Counter[str] = Counter()
        self.lingers, self.linger_s = 0, 0
        self._clock = clock
        self._page = page
        self._tokens: dict[str, datetime] = {}
        self._sessions: dict[str, tuple[str, datetime]] = {}

    def now(self) -> datetime:
        return self._clock.now()

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer as the tenant would; raises Vanish when the answer of a write is to be lost."""
        self.counts["calls"] += 1
        now = self.now()
        if self.faults.out(now):
            return httpx.Response(HTTPStatus.BAD_GATEWAY, text="<html>bad gateway</html>")
        if self.faults.throttling(now):
            self.counts["throttled"] += 1
            return httpx.Response(HTTPStatus.TOO_MANY_REQUESTS, headers={"retry-after": "1"})
        if request.url.path == "/oauth/token":
            return self._grant(request)
        if not self._signed_in(request, now):
            return httpx.Response(HTTPStatus.UNAUTHORIZED, text="Unauthorized")
        try:
            return self._odata(request, now)
        except Refused as refused:
            return refused.response()

    def control(self, name: str, /, **kwargs: Json) -> Json:
        """Run one of `control.COMMANDS`; LookupError names those there are."""
        command = control.COMMANDS.get(name)
        if command is None:
            raise LookupError(f"no {name}; known are {', '.join(sorted(control.COMMANDS))}")
        return command(self, **kwargs)

    def due(self, now: datetime) -> Sequence[Delivery]:
        return self.events.outgoing.due(now)

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        self.events.outgoing.answered(delivery, status, now)

    # who may call

    def _grant(self, request: httpx.Request) -> httpx.Response:
        form = parse_qs(request.content.decode())
        wanted = _basic(self.account.client_id, self.account.client_secret)
        if request.headers.get("authorization") != wanted:
            return httpx.Response(HTTPStatus.UNAUTHORIZED, json={"error": "invalid_client"})
        if form.get("grant_type") != ["client_credentials"]:
            return httpx.Response(HTTPStatus.BAD_REQUEST, json={"error": "unsupported_grant_type"})
        self.counts["tokens"] += 1
        token = f"sap-token-{self.counts['tokens']}"
        self._tokens[token] = self.now() + TOKEN_LIFE
        seconds = int(TOKEN_LIFE.total_seconds())
        grant = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        return httpx.Response(HTTPStatus.OK, json=grant)

    def _signed_in(self, request: httpx.Request, now: datetime) -> bool:
        said = request.headers.get("authorization", "")
        if said == _basic(self.account.user, self.account.password):
            return True
        until = self._tokens.get(said.removeprefix("Bearer "))
        return said.startswith("Bearer ") and until is not None and now < until

    # OData

    def _odata(self, request: httpx.Request, now: datetime) -> httpx.Response:
        path = unquote(request.url.path)
        if not path.startswith(ROOT):
            return httpx.Response(HTTPStatus.NOT_FOUND)
        service, _, name = path.removeprefix(ROOT).partition("/")
        if request.headers.get("x-csrf-token", "").lower() == "fetch":
            return self._session(now)
        if service == "API_SALES_ORDER_SRV" and "(" in name:
            return self._one_order(request, name, now)
        entities = SETS.get((service, name))
        if entities is None:
            code = "/IWFND/CM_MGW/004"
            raise Refused(code, f"Resource not found: {name}", status=HTTPStatus.NOT_FOUND)
        if request.method == "GET":
            return self._read(request, entities)
        if request.method == "POST" and name in _CREATED:
            return self._create(request, name, now)
        return httpx.Response(HTTPStatus.METHOD_NOT_ALLOWED)

    def _session(self, now: datetime) -> httpx.Response:
        self.counts["sessions"] += 1
        cookie, token = (f"{kind}-{self.counts['sessions']}" for kind in ("session", "csrf"))
        self._sessions[cookie] = (token, now + CSRF_LIFE)
        headers = {"x-csrf-token": token, "set-cookie": f"SAP_SESSIONID={cookie}; path=/; HttpOnly"}
        return httpx.Response(HTTPStatus.OK, headers=headers)

    def _one_order(self, request: httpx.Request, name: str, now: datetime) -> httpx.Response:
        """A sales order or a part of it, named by its key."""
        if request.method == "GET":
            return self._read_order(request, name)
        if (refusal := self._without_session(request, now)) is not None:
            return refusal
        body = _body(request) if request.method != "DELETE" else None
        etag = request.headers.get("if-match")
        done = amending.written(self.tenant, request.method, name, body, etag, now)
        if done is None:
            return httpx.Response(HTTPStatus.METHOD_NOT_ALLOWED)
        status, made = done
        answer = httpx.Response(status)
        if made is not None:
            answer = httpx.Response(status, json={"d": _rendered(made, frozenset())})
        self.counts["changes"] += 1
        if self.faults.vanishes():
            raise Vanish
        return answer

    def _read_order(self, request: httpx.Request, name: str) -> httpx.Response:
        expand: frozenset[str] = frozenset()
        select: frozenset[str] | None = None
        if found := amending.ADDRESS.fullmatch(name):
            order = amending.order_of(self.tenant, found["order"])
            row = amending.address_of(order, found["function"])
        elif found := amending.ORDER.fullmatch(name):
            order = amending.order_of(self.tenant, found["order"])
            row = reading.order_row(order, priced=True)
            _, _, expand, select = _asked(request.url.query, *_ORDERS)
        else:
            return httpx.Response(HTTPStatus.METHOD_NOT_ALLOWED)
        rendered = _rendered(row, expand, select)
        return httpx.Response(HTTPStatus.OK, headers={"etag": order.etag}, json={"d": rendered})

    def _without_session(self, request: httpx.Request, now: datetime) -> httpx.Response | None:
        """The refusal of a write whose CSRF token is not that of its session."""
        cookies = dict(
            part.strip().split("=", 1)
            for part in request.headers.get("cookie", "").split(";")
            if "=" in part
        )
        token, until = self._sessions.get(cookies.get("SAP_SESSIONID", ""), ("", now))
        if not token or now >= until or request.headers.get("x-csrf-token") != token:
            headers = {"x-csrf-token": "Required"}
            return httpx.Response(HTTPStatus.FORBIDDEN, headers=headers, text="CSRF token required")
        return None

    def _create(self, request: httpx.Request, name: str, now: datetime) -> httpx.Response:
        if (refusal := self._without_session(request, now)) is not None:
            return refusal
        body = _body(request)
        match name:
            case "A_SalesOrder":
                row = self._order(body, now)
            case "A_BusinessPartner":
                row = partners.row_of(partners.create(self.tenant, body))
                self.counts["partners"] += 1
            case _:
                row = self._credit(name, body, now)
        if self.lingers > 0:
            self.lingers -= 1
            time.sleep(self.linger_s)
        if self.faults.vanishes():
            raise Vanish
        created = _rendered(row, frozenset({"to_Item"}))
        return httpx.Response(HTTPStatus.CREATED, json={"d": created})

    def _order(self, body: object, now: datetime) -> Row:
        order = ordering.create(self.tenant, body, now)
        self.counts["orders"] += 1
        self.events.emit("salesorder.v1.SalesOrder.Created.v1", {"SalesOrder": order.number}, now)
        return reading.order_row(order)

    def _credit(self, name: str, body: object, now: datetime) -> Row:
        kind = crediting.KINDS[name]
        document = crediting.create(self.tenant, kind, body, now)
        self.counts["credits"] += 1
        if kind.event:
            self.events.emit(kind.event, {kind.name: document.number}, now)
        return crediting.row_of(document)

    def _read(self, request: httpx.Request, entities: EntitySet) -> httpx.Response:
        options, condition, expand, select = _asked(
            request.url.query, entities.service, entities.name
        )
        rows = reading.found(self.tenant, entities.name, condition)
        kept = (row for row in rows if condition is None or condition.holds(row))
        skip = int(options.get("$skiptoken") or options.get("$skip") or 0)
        wanted = int(options["$top"]) if "$top" in options else None
        size = self._page if wanted is None else min(self._page, wanted)
        page = list(islice(kept, skip, skip + size + 1))
        body: dict[str, Json] = {"results": [_rendered(row, expand, select) for row in page[:size]]}
        if len(page) > size and (wanted is None or wanted > size):
            left = {} if wanted is None else {"$top": str(wanted - size)}
            following = {**options, **left, "$skiptoken": str(skip + size)}
            following.pop("$skip", None)
            body["__next"] = str(request.url.copy_with(params=following))
        return httpx.Response(HTTPStatus.OK, json={"d": body})


def _body(request: httpx.Request) -> object:
    try:
        return json.loads(request.content)
    except ValueError:
        raise Refused("005056A509B11EE1B9A8FEC11C21D78E", "Malformed body") from None


@lru_cache(4096)
def _asked(
    query: bytes, service: str, name: str
) -> tuple[Mapping[str, str], Condition | None, frozenset[str], frozenset[str] | None]:
    """(options, filter, expanded navigations, selected fields), each name checked."""
    options = dict(httpx.QueryParams(query))
    for option in options:
        if option not in _OPTIONS:
            raise Refused("005056A509B11EE1B9A8FEC11C21D78E", f"Invalid option {option}")
    entities = SETS[service, name]
    names = entities.fields | entities.navs
    condition = parse(options["$filter"], entities.fields) if "$filter" in options else None
    expand = frozenset(filter(None, options.get("$expand", "").split(",")))
    expand |= {path.split("/", 1)[0] for path in expand}
    select = frozenset(filter(None, options.get("$select", "").split(",")))
    order = options.get("$orderby", entities.key).split()[0]
    for named in (*expand, *select, order):
        if named not in (entities.navs if named in expand else names):
            raise Refused("005056A509B11ED1B9BF9F46AEE16C80", f"Property {named} not found")
    if order not in entities.sought:
        raise Refused("005056A509B11ED1B9BF9F46AEE16C80", f"Cannot order by {order}")
    return options, condition, expand, select or None


def _rendered(
    row: Row, expand: frozenset[str], select: frozenset[str] | None = None
) -> dict[str, Json]:
    """A row as JSON; what was not asked to be expanded is left out."""
    found: dict[str, Json] = {}
    for name, value in row.items():
        if name.startswith("to_"):
            if name in expand:
                found[name] = _value(value, inside=_below(name, expand))
        elif select is None or name in select:
            found[name] = value if type(value) is str else _value(value)
    return found


@lru_cache(256)
def _below(name: str, expand: frozenset[str]) -> frozenset[str]:
    """What is expanded inside a navigation: `to_A/to_B` expands both."""
    return frozenset(p.removeprefix(f"{name}/") for p in expand if p.startswith(f"{name}/"))


def _value(value: object, *, inside: frozenset[str] = frozenset()) -> Json:
    if isinstance(value, str | bool | None):
        return value
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return f"/Date({int(value.timestamp() * 1000)})/"
        case date():
            return _value(datetime(value.year, value.month, value.day, tzinfo=UTC))
        case list():
            return {"results": [_value(each, inside=inside) for each in value]}
        case dict():
            return dict(_rendered(value, inside))
        case _:
            raise TypeError(f"cannot render {type(value).__name__}")


@cache
def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
