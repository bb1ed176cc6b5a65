"""The deployed HTTP API as its callers use it: a token by client credentials, then its routes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx

from sandbox.deployed import Deployed
from sandbox.failures import CannotRunError, RefusedError
from shared.kit.clock import WallClock
from shared.model.base import Json

SCOPES = {
    "operator": ("lookup.read", "orders.read", "ops.read", "ops.replay", "ops.approve"),
    "pricing": ("lookup.read", "prices.write"),
    "shopfront": (
        "lookup.read",
        "orders.write",
        "orders.read",
        "returns.write",
        "refunds.write",
    ),
    "warehouse": ("stock.write", "returns.receive", "shipments.write"),
}
EARLY = timedelta(seconds=60)
TRIES = 3  # of what may be asked again, while a busy machine does not answer


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    parts: Sequence[str]
    body: Json
    query: Mapping[str, str] | None
    headers: Mapping[str, str]
    harmless: bool = False

    @property
    def repeatable(self) -> bool:
        keyed = "idempotency-key" in self.headers
        return self.harmless or keyed or self.method in {"GET", "PUT"}


class Api:
    """One machine client of the deployed API with some of the scopes it may have."""

    def __init__(
        self,
        deployed: Deployed,
        *,
        client: str = "operator",
        scopes: Sequence[str] | None = None,
        transport: httpx.BaseTransport | None = None,
        client_secret: Callable[[], str] | None = None,
    ) -> None:
        self._deployed = deployed
        self._client_secret = client_secret or self._secret_at_cognito
        self._client = client
        self._scopes = tuple(SCOPES[client] if scopes is None else scopes)
        self._http = httpx.Client(transport=transport, timeout=60, trust_env=False)
        self._clock = WallClock()
        self._token = ""
        self._until: datetime | None = None

    def trace_sku(self, sku: str) -> dict[str, Json]:
        return self.call("GET", "v1", "trace", "sku", sku)

    def trace_order(self, order_id: str) -> dict[str, Json]:
        return self.call("GET", "v1", "trace", "orders", order_id)

    def place(self, order: dict[str, Json], *, key: str) -> dict[str, Json]:
        """Place an order under a key of the caller's own."""
        headers = {"idempotency-key": key}
        return self.call("POST", "v1", "orders", body=order, headers=headers)

    def order(self, order_id: str) -> dict[str, Json]:
        return self.call("GET", "v1", "orders", order_id)

    def exceptions(self, *, state: str = "open") -> list[dict[str, Json]]:
        """Exceptions as the API lists them, each with the `issue_id` that replays it."""
        listed: list[dict[str, Json]] = []
        query = {} if state == "open" else {"state": state}
        while True:
            page = self.call("GET", "v1", "exceptions", query=query or None)
            found = page.get("exceptions")
            listed += (
                [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            )
            if not page.get("next"):
                return [{"issue_id": f"{one['kind']}#{one['subject']}", **one} for one in listed]
            query = {**query, "after": str(page["next"])}

    def connections(self) -> list[dict[str, Json]]:
        """How every connection fares: its circuit, what is left of its rate."""
        found = self.call("GET", "v1", "connections").get("connections")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def parity(self) -> list[dict[str, Json]]:
        """The last comparison of every channel and facet."""
        found = self.call("GET", "v1", "parity").get("parity")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def accuracy(self) -> list[dict[str, Json]]:
        """The last comparison of every source of stock that can be read."""
        found = self.call("GET", "v1", "parity").get("sources")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def pending(self, channel: str) -> list[dict[str, Json]]:
        """All that a channel in shadow would have been sent; pages overlap by an instant."""
        found: dict[tuple[str, str], dict[str, Json]] = {}
        after: str | None = None
        while True:
            query = {"after": after} if after else None
            page = self.call("GET", "v1", "parity", channel, "pending", query=query)
            listed = page.get("pending")
            for one in listed if isinstance(listed, list) else []:
                if isinstance(one, dict):
                    found[str(one["facet"]), str(one["key"])] = one
            if not page.get("next") or page["next"] == after:
                return list(found.values())
            after = str(page["next"])

    def approvals(self, *, channel: str = "", rule: str = "") -> list[dict[str, Json]]:
        """All price changes that wait for approval; of a channel, for breaking a rule."""
        found: list[dict[str, Json]] = []
        query = {name: said for name, said in (("channel", channel), ("rule", rule)) if said}
        while True:
            page = self.call("GET", "v1", "approvals", query=query)
            listed = page.get("waiting")
            found += (
                [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            )
            if not page.get("next"):
                return found
            query = {**query, "after": str(page["next"])}

    def held_files(self) -> list[dict[str, Json]]:
        """All dropped files that wait for approval."""
        found = self.call("GET", "v1", "approvals").get("files")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def rule(self, decision: str, why: str, **on: Json) -> dict[str, Json]:
        """Approve or reject `proposals` line by line, `all` of a channel, or `files`."""
        body: dict[str, Json] = {"decision": decision, "why": why, **on}
        harmless = "all" not in on  # else the second call would find fewer than expected
        return self.call("POST", "v1", "approvals", body=body, harmless=harmless)

    def finance(self, day: str = "", *, after: str = "") -> dict[str, Json]:
        """A page of the ledger of a day; yesterday's if none is named."""
        query = {name: said for name, said in (("day", day), ("after", after)) if said}
        return self.call("GET", "v1", "reconciliation", "finance", query=query or None)

    def replay(self, name: str) -> dict[str, Json]:
        """An exception by its id (it holds a `#`), or a delivery as CONNECTION/DELIVERY."""
        connection, slash, delivery = name.partition("/")
        if slash and "#" not in name:
            return self.replay_delivery(connection, delivery)
        return self.replay_exception(name)

    def replay_exception(self, issue_id: str) -> dict[str, Json]:
        return self.call("POST", "v1", "exceptions", issue_id, "replay")

    def close(self, issue_id: str, why: str, *, count: int | None = None) -> dict[str, Json]:
        """Close an exception by its id; with `count` only if it was told so often."""
        body: dict[str, Json] = {"why": why} | ({} if count is None else {"count": count})
        return self.call("POST", "v1", "exceptions", issue_id, "close", body=body, harmless=True)

    def replay_delivery(self, connection: str, delivery: str) -> dict[str, Json]:
        return self.call("POST", "v1", "inbox", connection, delivery, "replay")

    def map_code(self, connection: str, code: str, sku: str) -> dict[str, Json]:
        return self.call("PUT", "v1", "links", connection, code, body={"sku": sku})

    def call(
        self,
        method: str,
        *parts: str,
        body: Json = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        harmless: bool = False,
    ) -> dict[str, Json]:
        """Call a route given by the parts of its path; RefusedError for any 4xx it answers.

        A call that goes unanswered is made again where that is harmless.
        """
        request = _Request(method, parts, body, query, headers or {}, harmless)
        answer = self._send(request)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the keys changed with a new start
            self._until = None
            answer = self._send(request)
        said = _said(answer)
        if answer.is_client_error:
            raise RefusedError(answer.status_code, said)
        if not answer.is_success:
            raise CannotRunError(
                f"{method} /{'/'.join(parts)} answered {answer.status_code}",
                "see .sandbox/cloud.log for what the function said",
            )
        return said

    def token(self) -> str:
        """A token that is valid for another minute at least."""
        now = self._clock.now()
        if self._until is None or now >= self._until:
            grant = self._grant()
            self._token = str(grant["access_token"])
            self._until = now + timedelta(seconds=int(str(grant.get("expires_in", 300)))) - EARLY
        return self._token

    def _secret_at_cognito(self) -> str:
        known = self._deployed.aws.callers.describe_user_pool_client(
            UserPoolId=self._deployed.pool_id, ClientId=self._deployed.clients[self._client]
        )
        return known["UserPoolClient"]["ClientSecret"]

    def _grant(self) -> dict[str, Json]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._deployed.clients[self._client],
            "client_secret": self._client_secret(),
            "scope": " ".join(f"shelfwire/{name}" for name in self._scopes),
        }
        answer = self._http.post(f"{self._deployed.endpoint}/oauth2/token", data=form)
        said = _said(answer)
        if not answer.is_success:
            raise RefusedError(answer.status_code, said)
        return said

    def _send(self, asked: "_Request") -> httpx.Response:
        url = "/".join([self._deployed.api_url, *(_part(part) for part in asked.parts)])
        headers = {**asked.headers, "authorization": f"Bearer {self.token()}"}
        failed: httpx.TransportError | None = None
        for _ in range(TRIES if asked.repeatable else 1):
            try:
                return self._http.request(
                    asked.method, url, headers=headers, json=asked.body, params=asked.query
                )
            except httpx.TransportError as error:
                failed = error
        said = f"the API does not answer: {type(failed).__name__}"
        raise CannotRunError(said, "see `shelfwire status`") from failed


def _part(value: str) -> str:
    """One segment of a path. The gateway undoes one quoting before it looks for the route."""
    once = quote(value, safe="")
    return quote(once, safe="") if "/" in value else once


def _said(answer: httpx.Response) -> dict[str, Json]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
