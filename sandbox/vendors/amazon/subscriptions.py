"""The Notifications API: an application's destinations, and what a seller's account subscribes to.

A destination is the application's and asked for without a seller; a subscription is the seller's,
one for a type of notification and a version of its payload. What is not checked is whether Amazon
may send to a queue: notifications that it may not deliver are lost, and nobody is told.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from sandbox.vendors.amazon.answers import Refusal, demand, missing
from sandbox.vendors.amazon.state import Destination, Seller, Subscription
from shared.model.base import Json

VERSIONS: Mapping[str, str] = {
    "FEED_PROCESSING_FINISHED": "2020-09-04",
    "ORDER_CHANGE": "1.0",
}
_QUEUE = re.compile(r"arn:aws:sqs:[\w-]+:\d{12}:[\w-]{1,80}")
NAME_MAX = 256


class Subscriptions:
    def __init__(self, seller: Seller) -> None:
        self._seller = seller

    def queue_of(self, kind: str) -> str | None:
        """Where notifications of a type go, if anywhere."""
        found = self._seller.subscriptions.get(kind)
        there = self._seller.destinations.get(found.destination_id) if found else None
        return there.queue if there else None

    def destinations(self) -> Json:
        return {"payload": [_destination(one) for one in self._seller.destinations.values()]}

    def create_destination(self, body: Mapping[str, Json]) -> Json:
        name = str(demand(body, "name", str))
        resource = demand(body, "resourceSpecification", dict)
        queue = resource.get("sqs") if isinstance(resource, dict) else None
        arn = queue.get("arn") if isinstance(queue, dict) else None
        if not 0 < len(name) <= NAME_MAX:
            raise Refusal("The input you have submitted is not valid: name")
        if not isinstance(arn, str) or not _QUEUE.fullmatch(arn) or arn.endswith(".fifo"):
            raise Refusal("The input you have submitted is not valid: resourceSpecification")
        known = self._seller.destinations.values()
        if any(one.queue == arn for one in known):
            raise _conflict(f"A destination with arn {arn} already exists for the application")
        made = Destination(_uuid(self._seller), name, arn)
        self._seller.destinations[made.destination_id] = made
        return {"payload": _destination(made)}

    def subscription(self, kind: str, params: Mapping[str, str]) -> Json:
        _known(kind)
        found = self._seller.subscriptions.get(kind)
        if found is None or params.get("payloadVersion", found.version) != found.version:
            raise missing(f"A subscription for notification type {kind}")
        return {"payload": _subscription(found)}

    def create_subscription(self, kind: str, body: Mapping[str, Json]) -> Json:
        version = str(demand(body, "payloadVersion", str))
        destination = str(demand(body, "destinationId", str))
        if version != _known(kind):
            raise Refusal(f"{version} is no version of {kind}")
        if destination not in self._seller.destinations:
            raise Refusal(f"No destination with id {destination} for the application")
        if kind in self._seller.subscriptions:
            raise _conflict(f"A subscription for notification type {kind} already exists")
        made = Subscription(_uuid(self._seller), version, destination)
        self._seller.subscriptions[kind] = made
        return {"payload": _subscription(made)}


def _known(kind: str) -> str:
    if kind not in VERSIONS:
        raise Refusal(f"Notification type {kind} is not supported")
    return VERSIONS[kind]


def _conflict(details: str) -> Refusal:
    return Refusal(details, code="Conflict", status=HTTPStatus.CONFLICT)


def _uuid(seller: Seller) -> str:
    return f"00000000-0000-4000-9000-{seller.next():012}"


def _destination(one: Destination) -> Json:
    return {
        "name": one.name,
        "destinationId": one.destination_id,
        "resource": {"sqs": {"arn": one.queue}},
    }


def _subscription(one: Subscription) -> Json:
    return {
        "subscriptionId": one.subscription_id,
        "payloadVersion": one.version,
        "destinationId": one.destination_id,
    }
