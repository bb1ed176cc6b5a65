"""The connector and the simulated tenant, joined in process."""

from collections.abc import Callable
from datetime import timedelta

import httpx

from sandbox.simulator import Vanish
from sandbox.vendors.sap.simulator import Account, SapSimulator
from shared.connectors.sap.client import SapS4, connect
from shared.model.base import Json
from tests.domain.world import NOW, RETAILER
from tests.fakes import FreePacer, SetClock

ACCOUNT = Account()
SECRET = {"client_id": ACCOUNT.client_id, "client_secret": ACCOUNT.client_secret}


class Tenant:
    """`seen` are the requests and answers that went over the wire."""

    def __init__(self, *, page: int = 1000, **settings: Json) -> None:
        self.clock = SetClock(NOW)
        self.simulator = SapSimulator(self.clock, ACCOUNT, page=page)
        self.seen: list[tuple[httpx.Request, httpx.Response]] = []
        self.refuse: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.pacer = FreePacer()
        self.client = self.connected(None, **settings)

    def connected(self, secret: dict[str, object] | None = None, **settings: Json) -> SapS4:
        connection = RETAILER.connection("erp").model_copy(update={"settings": settings})
        return connect(
            connection,
            RETAILER,
            secret or dict(SECRET),
            pacer=self.pacer,
            clock=self.clock,
            transport=self.transport,
        )

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._carry)

    def _carry(self, request: httpx.Request) -> httpx.Response:
        answer = self.refuse(request)
        try:
            response = answer or self.simulator.handle(request)
        except Vanish:
            raise httpx.ReadTimeout("the answer was lost", request=request) from None
        self.seen.append((request, response))
        return response

    def load(self, **kinds: list[dict[str, Json]]) -> None:
        self.simulator.control("load", **kinds)  # type: ignore[arg-type]

    def paths(self, method: str = "GET") -> list[str]:
        return [r.url.path for r, _ in self.seen if r.method == method]


def hat(size: str = "M", **over: Json) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "product": f"HAT-{size}",
        "title": f"Felt hat {size}",
        "generic": "HAT",
        "size": size,
    }
    return {**fields, **over}


GENERIC: dict[str, Json] = {"product": "HAT", "title": "Felt hat", "product_type": "GENR"}


def price(sku: str = "HAT-M", amount: str = "19.99", **over: Json) -> dict[str, Json]:
    fields: dict[str, Json] = {"sku": sku, "amount": amount, "currency": "GBP"}
    return {**fields, **over}


def stock(sku: str = "HAT-M", quantity: str = "10", **over: Json) -> dict[str, Json]:
    place: dict[str, Json] = {"plant": "1710", "storage_location": "171A"}
    return {"sku": sku, "quantity": quantity, **place, **over}


DAY = timedelta(days=1)
