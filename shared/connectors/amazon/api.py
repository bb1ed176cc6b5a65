"""The transport: one call per operation, paced by its usage plan, errors named by consequence."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from shared.connectors.amazon import jsontext
from shared.connectors.amazon.plans import CALL, Operation
from shared.connectors.amazon.schema import ErrorList
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError, ThrottledError
from shared.frozen import frozen
from shared.kit.http import Http, check, retry_after
from shared.kit.oauth import ClientCredentials
from shared.model.limits import Limits
from shared.model.retailer import LOOPBACK, Connection
from shared.ports import Clock, Pacer

LWA = "https://api.amazon.com/auth/o2/token"
NOTIFICATIONS = "sellingpartnerapi::notifications"  # scope of what needs no seller's grant
RATE_HEADER = "x-amzn-RateLimit-Limit"
RATE_MAX = Decimal(1000)
_REFUSED = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.CONTENT_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
_TOKEN_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@frozen
class Call:
    """One request: `path` is escaped already, `body` is written as JSON."""

    operation: Operation
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: object = None


class SellingPartnerApi:
    """One seller account, through one application."""

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
        tokens = partial(
            ClientCredentials,
            self._http,
            str(secret.get("token_url") or LWA),
            client_id=_text(secret, "client_id"),
            client_secret=_text(secret, "client_secret"),
            now=clock.now,
        )
        self._seller = tokens(refresh_token=_text(secret, "refresh_token"))
        self._application = tokens(extra={"scope": NOTIFICATIONS})
        self._pacer = pacer
        self._rates: dict[str, Decimal] = {}
        self._reserved: dict[str, int] = {}

    def call[T: BaseModel](self, call: Call, answer: type[T]) -> T:
        """Make one call and read its answer; raises what must be done next."""
        response = self.send(call)
        try:
            return answer.model_validate(jsontext.loads(response.content))
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise _unreadable(call.operation, where) from error
        except ValueError as error:
            raise _lost(call.operation, "answered something that is not JSON") from error

    def send(self, call: Call) -> httpx.Response:
        """Make one call whose answer says nothing but that it succeeded."""
        self._take(call.operation)
        response = self._sent(call)
        if response.status_code in _TOKEN_REFUSED:
            self._auth(call.operation).forget()
            self._take(call.operation)
            response = self._sent(call)
        self._observe(call.operation, response)
        if response.status_code in _REFUSED:
            raise _refusal(call.operation, response)
        return check(response, writes=call.operation.writes)

    def rate(self, operation: Operation) -> Decimal:
        """Calls a second that Amazon grants, as far as it has said."""
        return self._rates.get(operation.name, operation.rate)

    def limits(self, operation: Operation) -> Limits:
        """The bucket of an operation by that rate."""
        return operation.limits(self._rates.get(operation.name))

    def reserve(self, *operations: Operation) -> bool:
        """Whether these calls may be made at once; if so they are paid for until they are made."""
        for operation in operations:
            if self._reserved.get(operation.name, 0):
                continue
            try:
                self._bucket(operation).take(CALL)
            except ThrottledError:
                return False
            self._reserved[operation.name] = 1
        return True

    def upload(self, url: str, content: bytes, content_type: str) -> None:
        """Put a document where Amazon said; repeating it is harmless."""
        request = self._http.client.build_request(
            "PUT", _trusted(url), content=content, headers={"content-type": content_type}
        )
        check(self._http.send(request, writes=False), writes=False)

    def download(self, url: str) -> bytes:
        request = self._http.client.build_request("GET", _trusted(url))
        return check(self._http.send(request, writes=False), writes=False).content

    def _sent(self, call: Call) -> httpx.Response:
        token = self._auth(call.operation).token()
        headers = {"x-amz-access-token": token, "accept": "application/json"}
        content = None
        if call.body is not None:
            content = jsontext.dumps(call.body).encode()
            headers["content-type"] = "application/json"
        request = self._http.client.build_request(
            call.method, call.path, params=dict(call.params), content=content, headers=headers
        )
        return self._http.send(request, writes=call.operation.writes)

    def _auth(self, operation: Operation) -> ClientCredentials:
        return self._application if operation.grantless else self._seller

    def _bucket(self, operation: Operation) -> Pacer:
        return self._pacer.of(operation.name, self.limits(operation))

    def _take(self, operation: Operation) -> None:
        if self._reserved.get(operation.name, 0):
            self._reserved[operation.name] = 0
            return
        self._bucket(operation).take(CALL)

    def _observe(self, operation: Operation, response: httpx.Response) -> None:
        """Amazon tells the rate, never what is left; throttled, nothing is."""
        rate = _decimal(response.headers.get(RATE_HEADER, ""))
        if rate is not None and 0 < rate <= RATE_MAX:
            self._rates[operation.name] = rate
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            return
        self._bucket(operation).observe(available=0, rate=None, spent=0)
        wait = timedelta(milliseconds=int(1000 / self.rate(operation)))
        raise ThrottledError(f"{operation.name}: throttled", after=retry_after(response) or wait)


def reader[T: BaseModel](api: SellingPartnerApi, answer: type[T]) -> Callable[[Call], T | None]:
    """Read something that may not be there: None instead of a refusal to find it."""

    def read(call: Call) -> T | None:
        try:
            return api.call(call, answer)
        except RejectedError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    return read


NOT_FOUND, CONFLICT = "not_found", "conflict"
_CODES = {HTTPStatus.NOT_FOUND: NOT_FOUND, HTTPStatus.CONFLICT: CONFLICT}


def _refusal(operation: Operation, response: httpx.Response) -> RejectedError:
    """What Amazon has against the request; `not_found` or `conflict` by its status."""
    status = response.status_code
    try:
        errors = ErrorList.model_validate(jsontext.loads(response.content)).errors
    except ValueError:
        errors = ()
    code, said = (errors[0].code, errors[0].message) if errors else (str(status), "")
    code = _CODES.get(HTTPStatus(status), code)
    return RejectedError(f"{operation.name}: {status} {said[:200]}".strip(), code=code or "refused")


def _lost(operation: Operation, what: str) -> RetryableError | InDoubtError:
    """What was no answer of the operation; of a write we cannot say whether it took effect."""
    kind = InDoubtError if operation.writes else RetryableError
    return kind(f"{operation.name}: {what}")


def _unreadable(operation: Operation, where: str) -> RejectedError | InDoubtError:
    """An answer of a shape we do not know; of a write we cannot say whether it took effect."""
    message = f"{operation.name}: the answer cannot be read at {where}"
    if operation.writes:
        return InDoubtError(message)
    return RejectedError(message, code="unreadable", field=where, remedy="report it to support")


def _trusted(url: str) -> str:
    """A document's address must not lead to plain text, except on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise RetryableError(f"a feed document lies at {parts.scheme}://{parts.hostname}, not at https")


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _text(secret: Mapping[str, object], name: str) -> str:
    value = secret.get(name)
    if not isinstance(value, str) or not value:
        raise AccessError(f"the secret holds no {name}")
    return value
