"""What a vendor simulator is to the sandbox: request to response, and an out-box."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx

from shared.model.base import Json


class Vanish(Exception):  # noqa: N818 - an event of the simulated network, not a mistake
    """The request took effect and its connection broke before the answer."""


class Simulator(Protocol):
    """Not thread-safe: the server calls one at a time."""

    def handle(self, request: httpx.Request) -> httpx.Response: ...
    def control(self, name: str, /, **kwargs: Json) -> Json:
        """Do by name what only its owner could: load data, place an order, begin an outage."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook or event on its way to the retailer, signed as the vendor signs.

    With a `queue`, an ARN, it goes there instead of to the hook, from the vendor's AWS `account`.
    """

    delivery_id: str
    headers: Mapping[str, str]
    body: bytes
    queue: str = ""
    account: str = ""


class Sender(Protocol):
    """The out-box of a simulator that also calls the retailer."""

    def due(self, now: datetime) -> Sequence[Delivery]:
        """What to deliver now. Each is handed out once; `answered` must follow."""
        ...

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        """The status it met, or None when nobody answered; the vendor's own rule says what next."""
        ...


class Vendor(Simulator, Sender, Protocol):
    """Both directions, which is what every vendor here offers."""
