"""The transport: one POST per operation, errors named by their consequence, points accounted for.

HTTP 200 says little: throttling and failures arrive in the body. After a write everything but a
clear refusal leaves a doubt, since only inventory mutations carry an idempotency key.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus

import httpx
from pydantic import BaseModel, ValidationError

from shared.connectors.shopify.costs import POINT, Meter
from shared.connectors.shopify.queries import VERSION, Operation
from shared.connectors.shopify.schema import Cost
from shared.domain.ways import Room
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    SyncError,
    ThrottledError,
)
from shared.kit import together as at_once
from shared.kit.http import Http, check
from shared.kit.oauth import ClientCredentials
from shared.kit.together import tried
from shared.model.retailer import Connection
from shared.ports import Clock, Pacer

_PAUSE = timedelta(seconds=2)  # when the vendor throttles without saying how full its bucket is
# 404: no such shop or version; 423: the shop is locked; 430: refused as a security risk.
_ACCESS = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.LOCKED, 430})
_TRANSIENT = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
_REFUSED_ACCESS = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE", "UNAUTHORIZED"})
_DOUBTFUL = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"})
_READER = json.JSONDecoder(parse_float=Decimal)
_BUSY = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST"})


class AdminApi:
    """One shop. `answered_version` is what the shop last said it answered with."""

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, object],
        *,
        pacer: Pacer,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = Http(connection.base_url, transport=transport)
        self._auth = ClientCredentials(
            self._http,
            "/admin/oauth/access_token",
            client_id=_text(secret, "client_id"),
            client_secret=_text(secret, "client_secret"),
            now=clock.now,
        )
        self._path = f"/admin/api/{VERSION}/graphql.json"
        self._meter = Meter(pacer)
        self._bucket = connection.limits.bucket * POINT
        self._rate = connection.limits.points_per_second
        self._clock = clock
        self._available: tuple[int, datetime] | None = None
        self.answered_version: str | None = None

    def call[T: BaseModel](
        self, operation: Operation, variables: Mapping[str, object], answer: type[T]
    ) -> T:
        """Run one operation and read its data as `answer`; raises what must be done next."""
        taken = self._meter.take(operation.name, operation.points)
        return self._read(operation, self._sent(operation, variables), answer, taken)

    def call_together[T: BaseModel](
        self, calls: Sequence[tuple[Operation, Mapping[str, object]]], answer: type[T]
    ) -> list[T | SyncError]:
        """Run operations that do not depend on each other at once; what each answered or raised.

        Their points are taken before the first leaves; if they are not there, none does.
        """
        self.reserve(*(operation for operation, _ in calls))
        taken = [self._meter.take(operation.name, operation.points) for operation, _ in calls]
        self._auth.token()  # one for all, rather than one for each
        responses = at_once.together([partial(self._sent, *call) for call in calls])
        return [
            response
            if isinstance(response, SyncError)
            else tried(partial(self._read, operation, response, answer, points))
            for (operation, _), response, points in zip(calls, responses, taken, strict=True)
        ]

    def room(self) -> Room:
        """What may be spent now as far as the shop has said, in thousandths; all of it if not."""
        rate = self._rate * POINT
        if self._available is None:
            return Room(self._bucket, rate)
        level, at = self._available
        earned = (self._clock.now() - at) // timedelta(milliseconds=1) * self._rate
        return Room(min(level + max(earned, 0), self._bucket), rate)

    def _read[T: BaseModel](
        self, operation: Operation, response: httpx.Response, answer: type[T], taken: int
    ) -> T:
        self.answered_version = response.headers.get("x-shopify-api-version")
        body = _body(response, operation)
        self._account(operation, body, taken)
        errors = body.get("errors")
        if errors:
            raise _refusal(operation, errors, _cost(body))
        data = body.get("data")
        if not isinstance(data, dict):
            raise _lost(operation, "answered without data")
        try:
            return answer.model_validate(data)
        except ValidationError as error:
            raise _unreadable(operation, error) from error

    def reserve(self, *operations: Operation) -> None:
        """Take the points of calls that belong together before the first of them leaves.

        Never more than a full bucket holds: what goes beyond is taken when its turn comes.
        """
        total = sum(self._meter.price(o.name, o.points) for o in operations)
        self._meter.reserve(min(total, self._bucket))

    def _sent(self, operation: Operation, variables: Mapping[str, object]) -> httpx.Response:
        response = self._post(operation, variables)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self._auth.forget()
            response = self._post(operation, variables)
        if response.status_code in _ACCESS or response.is_redirect:
            raise AccessError(f"{operation.name}: the shop answers {response.status_code}")
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _lost(operation, f"status {response.status_code}")
        return check(response, writes=operation.writes)

    def _post(self, operation: Operation, variables: Mapping[str, object]) -> httpx.Response:
        request = self._http.client.build_request(
            "POST",
            self._path,
            json={
                "query": operation.document,
                "operationName": operation.name,
                "variables": variables,
            },
            headers={"X-Shopify-Access-Token": self._auth.token()},
        )
        return self._http.send(request, writes=operation.writes)

    def _account(self, operation: Operation, body: Mapping[str, object], taken: int) -> None:
        cost = _cost(body)
        if cost.requested_query_cost is not None:
            requested = _whole(cost.requested_query_cost)
            self._meter.stated(operation.name, operation.points, requested)
        status = cost.throttle_status
        if status is not None:
            self._available = int(status.currently_available) * POINT, self._clock.now()
        self._meter.observe(
            available=int(status.currently_available) if status else None,
            rate=int(status.restore_rate) if status else None,
            spent=_whole(cost.actual_query_cost or Decimal(0)),
            taken=taken,
        )


def _body(response: httpx.Response, operation: Operation) -> Mapping[str, object]:
    try:
        body = _READER.decode(response.content.decode())
    except ValueError as error:
        raise _lost(operation, "answered something that is not JSON") from error
    if not isinstance(body, dict):
        raise _lost(operation, "answered something that is not an object")
    return body


def _cost(body: Mapping[str, object]) -> Cost:
    extensions = body.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    try:
        return Cost.model_validate(cost or {})
    except ValidationError:
        return Cost()


def _refusal(operation: Operation, errors: object, cost: Cost) -> SyncError:
    """Errors of the GraphQL answer; a bare text is how Shopify refuses a token or a shop."""
    if not isinstance(errors, list):
        return AccessError(f"{operation.name}: refused: {str(errors)[:200]}")
    first = next((error for error in errors if isinstance(error, dict)), {})
    extensions = first.get("extensions")
    code = str(extensions.get("code", "")) if isinstance(extensions, dict) else ""
    message = f"{operation.name}: {code or 'error'}: {str(first.get('message', ''))[:200]}"
    if code == "THROTTLED":
        return ThrottledError(message, after=_wait(operation, cost))
    if code in _BUSY:
        return RetryableError(message)
    if code in _TRANSIENT or code in _DOUBTFUL:
        return _lost(operation, message)
    if code in _REFUSED_ACCESS:
        return AccessError(message)
    return RejectedError(message, code=code.lower() or "graphql_error")


def _wait(operation: Operation, cost: Cost) -> timedelta:
    """(requested - available) / rate, as the vendor tells both."""
    status = cost.throttle_status
    if status is None or status.restore_rate <= 0:
        return _PAUSE
    requested = cost.requested_query_cost or Decimal(operation.points) / POINT
    missing = max(requested - status.currently_available, Decimal(1))
    return timedelta(milliseconds=_whole(missing * 1000 / status.restore_rate))


def _lost(operation: Operation, what: str) -> SyncError:
    kind = InDoubtError if operation.writes else RetryableError
    return kind(f"{operation.name}: {what}")


def _unreadable(operation: Operation, error: ValidationError) -> SyncError:
    """An answer of a shape we do not know; of a write we cannot say whether it took effect."""
    where = ".".join(str(part) for part in error.errors()[0]["loc"])
    message = f"{operation.name}: the answer cannot be read at {where}"
    if operation.writes:
        return InDoubtError(message)
    return RejectedError(message, code="unreadable", field=where, remedy="report it to support")


def _text(secret: Mapping[str, object], name: str) -> str:
    value = secret.get(name)
    if not isinstance(value, str) or not value:
        raise AccessError(f"the secret holds no {name}")
    return value


def _whole(value: Decimal) -> int:
    return math.ceil(value)
