"""Deliveries on their way from a simulator's out-box to the deployed API."""

from collections.abc import Sequence
from datetime import datetime
from threading import Event, RLock

import httpx
import pytest

from sandbox.courier import Courier, Outbox
from sandbox.simulator import Delivery

DELIVERIES = [
    Delivery("d1", {"x-topic": "orders/create"}, b'{"id": 1}'),
    Delivery("d2", {"x-topic": "orders/create"}, b'{"id": 2}'),
]


class Shop:
    """Hands out each delivery once, and remembers what was answered."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self.waiting = list(deliveries)
        self.expected = len(deliveries)
        self.answers: dict[str, int | None] = {}
        self.all_answered = Event()

    def due(self, now: datetime) -> Sequence[Delivery]:
        assert now.tzinfo is not None
        found, self.waiting = self.waiting, []
        return found

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        assert now.tzinfo is not None
        self.answers[delivery.delivery_id] = status
        if len(self.answers) == self.expected:
            self.all_answered.set()


class Api:
    """Keeps every request; answers 202, or as told."""

    def __init__(self, *, status: int = 202, broken: bool = False) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status
        self._broken = broken

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self._broken:
            raise httpx.ConnectError("down")
        return httpx.Response(self._status)


def courier(shop: Shop, api: Api) -> Courier:
    return Courier({"shop": Outbox(shop, RLock())}, transport=httpx.MockTransport(api))


def carried(shop: Shop, api: Api) -> Courier:
    carrier = courier(shop, api)
    carrier.control("aim", url="http://127.0.0.1:1/api/")
    carrier.look()
    assert shop.all_answered.wait(5)
    carrier.stop()
    return carrier


def test_each_delivery_is_posted_as_it_is_to_the_door_of_its_connection() -> None:
    shop, api = Shop(DELIVERIES), Api()
    carried(shop, api)
    assert {str(r.url) for r in api.requests} == {"http://127.0.0.1:1/api/hooks/shop"}
    assert sorted(r.content for r in api.requests) == [d.body for d in DELIVERIES]
    assert {r.headers["x-topic"] for r in api.requests} == {"orders/create"}


@pytest.mark.parametrize("status", [200, 202, 401, 503])
def test_the_sender_is_told_every_status(status: int) -> None:
    shop = Shop(DELIVERIES)
    carrier = carried(shop, Api(status=status))
    assert shop.answers == {"d1": status, "d2": status}
    assert carrier.control("counts") == {f"shop: {status}": 2}


def test_the_sender_is_told_when_nobody_answered() -> None:
    shop = Shop(DELIVERIES)
    carrier = carried(shop, Api(broken=True))
    assert shop.answers == {"d1": None, "d2": None}
    assert carrier.control("counts") == {"shop: no answer": 2}


def test_nothing_leaves_before_the_courier_knows_where_to() -> None:
    shop = Shop(DELIVERIES)
    carrier = courier(shop, Api())
    assert carrier.look() == 0
    assert shop.waiting == DELIVERIES
    carrier.stop()


def test_nothing_leaves_while_deliveries_are_held() -> None:
    shop, api = Shop(DELIVERIES), Api()
    carrier = courier(shop, api)
    carrier.control("aim", url="http://127.0.0.1:1")
    carrier.control("hold", on=True)
    assert carrier.look() == 0
    carrier.control("hold", on=False)
    assert carrier.look() == 2
    assert shop.all_answered.wait(5)
    carrier.stop()


def test_a_started_courier_looks_by_itself() -> None:
    shop, api = Shop(DELIVERIES), Api()
    carrier = courier(shop, api)
    carrier.control("aim", url="http://127.0.0.1:1")
    carrier.start()
    assert shop.all_answered.wait(5)
    carrier.stop()
    assert len(api.requests) == 2


def test_a_courier_refuses_what_it_cannot_do() -> None:
    carrier = courier(Shop([]), Api())
    with pytest.raises(ValueError, match="cannot fly"):
        carrier.control("fly")
    carrier.stop()
