"""OAuth 2 tokens of machines: one per warm container, renewed before it expires."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx

from shared.errors import AccessError, RetryableError
from shared.kit.http import Http, check

EARLY = timedelta(seconds=60)  # renew while the old token still works


class ClientCredentials:
    """RFC 6749 section 4.4, or section 6 for somebody who left us a `refresh_token`.

    `extra` are form fields the vendor wants beside the standard ones.
    """

    def __init__(
        self,
        http: Http,
        token_url: str,
        *,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime],
        basic: bool = False,
        extra: Mapping[str, str] | None = None,
        refresh_token: str | None = None,
    ) -> None:
        self._http = http
        self._url = token_url
        grant = {"grant_type": "client_credentials"}
        if refresh_token is not None:
            grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        self._form = {**grant, **(extra or {})}
        self._auth = (client_id, client_secret)
        self._basic = basic
        self._now = now
        self._token = ""
        self._until: datetime | None = None

    def token(self) -> str:
        if self._until is None or self._now() >= self._until:
            self._renew()
        return self._token

    def forget(self) -> None:
        """Drop a token the vendor refused, so that the next call asks for a new one."""
        self._until = None

    def _renew(self) -> None:
        form = dict(self._form)
        if not self._basic:
            form |= {"client_id": self._auth[0], "client_secret": self._auth[1]}
        request = self._http.client.build_request("POST", self._url, data=form)
        if self._basic:
            request = next(httpx.BasicAuth(*self._auth).auth_flow(request))
        response = self._http.send(request, writes=False)
        if response.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED}:
            raise AccessError(f"token refused by {request.url.host}: {response.status_code}")
        grant = check(response, writes=False).json()
        if not isinstance(grant, dict) or not isinstance(grant.get("access_token"), str):
            raise RetryableError(f"token answer of {request.url.host} holds no access_token")
        self._token = grant["access_token"]
        lifetime = timedelta(seconds=int(grant.get("expires_in", 300)))
        self._until = self._now() + max(lifetime - EARLY, EARLY)
