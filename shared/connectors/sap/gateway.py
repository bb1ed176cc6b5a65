"""SAP Gateway as every service needs it: sign in, CSRF, pages, errors by consequence.

OData V2 over `/sap/opu/odata/sap/<service>`. Every write carries a CSRF token and the session
cookies it was issued with; both are kept with this client and fetched anew once when refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from pydantic import ValidationError

from shared.connectors.sap.schema import ErrorBody
from shared.connectors.sap.settings import SapSettings
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.kit.http import Http, check
from shared.kit.oauth import ClientCredentials
from shared.model.base import Json
from shared.ports import Pacer

ROOT = "/sap/opu/odata/sap"
CSRF = "x-csrf-token"
_SERVICE_PARTS = 6  # "", sap, opu, odata, sap, the service
_CLIENT_ERRORS = range(400, 500)
_UNSIGNED, _FORBIDDEN, _CONFLICT = 401, 403, 412
_NAMED_BY_HTTP = frozenset({401, 403, 408, 429})


class Gateway:
    """One tenant. Raises what the caller must do next; retries only a refused token, once."""

    def __init__(self, http: Http, settings: SapSettings, pacer: Pacer, signer: "Signer") -> None:
        self._http = http
        self._settings = settings
        self._pacer = pacer
        self._signer = signer
        self._csrf: str | None = None

    def rows(self, service: str, entity: str, query: Mapping[str, str]) -> list[dict[str, Json]]:
        """Every row of a query, following the server's own paging."""
        return list(self._walk(service, entity, query))

    def _walk(
        self, service: str, entity: str, query: Mapping[str, str]
    ) -> Iterator[dict[str, Json]]:
        path, params = f"{ROOT}/{service}/{entity}", {**query, "$format": "json"}
        while True:
            body = self._json(self._send("GET", path, params=params))
            found = body.get("results", body)
            yield from found if isinstance(found, list) else [found]
            following = body.get("__next")
            if not following:
                return
            token = httpx.URL(str(following)).params
            path, params = f"{ROOT}/{service}/{entity}", dict(token)

    def create(self, service: str, entity: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """POST one deep entity; InDoubtError when the answer was lost or cannot be read."""
        response = self._send("POST", f"{ROOT}/{service}/{entity}", json=dict(body))
        try:
            return self._json(response)
        except RetryableError as error:
            raise InDoubtError(str(error)) from error

    def entity(self, service: str, key: str, query: Mapping[str, str]) -> dict[str, Json]:
        """One entity by its key, such as `A_SalesOrder('1')`."""
        params = {**query, "$format": "json"}
        return self._json(self._send("GET", f"{ROOT}/{service}/{key}", params=params))

    def change(self, service: str, key: str, body: Mapping[str, Json], *, etag: str) -> None:
        """PATCH one entity as it was read; RetryableError if somebody changed it meanwhile."""
        self._send("PATCH", f"{ROOT}/{service}/{key}", json=dict(body), etag=etag)

    def delete(self, service: str, key: str, *, etag: str) -> None:
        """DELETE one entity as it was read; RetryableError if somebody changed it meanwhile."""
        self._send("DELETE", f"{ROOT}/{service}/{key}", etag=etag)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Json] | None = None,
        etag: str | None = None,
    ) -> httpx.Response:
        writes = method != "GET"
        for fresh in (False, True):
            headers = {"accept": "application/json", **self._signer.headers()}
            if etag is not None:
                headers["if-match"] = etag
            if writes:
                headers[CSRF] = self._token(path)
            self._pacer.take(1)
            request = self._http.client.build_request(
                method, path, params=self._params(params), json=json, headers=headers
            )
            response = self._http.send(request, writes=writes)
            self._pacer.observe(available=None, rate=None, spent=1)
            if fresh or not self._outdated(response):
                break
        return self._checked(response, writes=writes)

    def _params(self, params: Mapping[str, str] | None) -> dict[str, str]:
        client = {"sap-client": self._settings.client} if self._settings.client else {}
        return {**(params or {}), **client}

    def _outdated(self, response: httpx.Response) -> bool:
        """A token of ours was refused; it is dropped, so that the next try fetches another."""
        if response.status_code == _UNSIGNED:
            self._signer.forget()
            self._csrf = None
            return True
        required = response.headers.get(CSRF, "").lower() == "required"
        if response.status_code == _FORBIDDEN and required:
            self._csrf = None
            return True
        return False

    def _token(self, path: str) -> str:
        if self._csrf is None:
            self._pacer.take(1)
            request = self._http.client.build_request(
                self._settings.csrf_method,
                "/".join(path.split("/")[:_SERVICE_PARTS]) + "/",
                params=self._params(None),
                headers={CSRF: "Fetch", **self._signer.headers()},
            )
            response = self._http.send(request, writes=False)
            token = response.headers.get(CSRF)
            if token is None:
                check(response, writes=False)
                raise RetryableError("SAP gave no CSRF token")
            self._csrf = token
        return self._csrf

    def _checked(self, response: httpx.Response, *, writes: bool) -> httpx.Response:
        status = response.status_code
        if status == _CONFLICT:
            raise RetryableError(f"{response.request.url.path}: changed meanwhile")
        if status in _CLIENT_ERRORS and status not in _NAMED_BY_HTTP:
            raise self._refusal(response)
        return check(response, writes=writes)

    def _refusal(self, response: httpx.Response) -> Exception:
        """What SAP says is wrong: the details are specific, the message on top often is not."""
        try:
            error = ErrorBody.model_validate_json(response.content).error
        except ValidationError:
            return RejectedError(f"SAP answered {response.status_code}", code="unreadable")
        details = [d for d in error.details if d.severity == "error" and d.message]
        text = "; ".join(dict.fromkeys(d.message for d in details)) or error.message
        codes = {error.code, *(d.code for d in details)}
        if codes & set(self._settings.locked_messages):
            return RetryableError(f"SAP: {text}")
        named = [d.propertyref or d.target for d in details]
        return RejectedError(
            f"SAP: {text}",
            code=error.code,
            field=next(filter(None, named), None),
            remedy="correct what SAP names, then replay",
        )

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            body = response.json()["d"]
        except (ValueError, KeyError, TypeError) as error:
            raise RetryableError("SAP answered something that is not OData") from error
        if not isinstance(body, dict):
            raise RetryableError("SAP answered something that is not OData")
        return body


class Signer:
    """How requests are signed: a bearer token, or the password of a communication user."""

    def __init__(self, credentials: ClientCredentials | None, basic: str | None) -> None:
        self._credentials = credentials
        self._basic = basic

    def headers(self) -> dict[str, str]:
        if self._credentials is not None:
            return {"authorization": f"Bearer {self._credentials.token()}"}
        if self._basic is None:
            raise AccessError("the connection's secret holds neither client nor user")
        return {"authorization": self._basic}

    def forget(self) -> None:
        if self._credentials is not None:
            self._credentials.forget()
