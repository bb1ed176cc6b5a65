"""Subscriptions of one seller's notifications to our queue, and the queue as their destination.

A destination is the application's: it is asked for and made without the seller's grant. A seller
has one subscription for each type of notification, so one that leads to another queue is somebody
else's, and is left to them.
"""

from collections.abc import Sequence
from typing import Final

from shared.connectors.amazon import plans
from shared.connectors.amazon.api import CONFLICT, Call, SellingPartnerApi, reader
from shared.connectors.amazon.hints import ORDER_CHANGE
from shared.connectors.amazon.subscription_schema import (
    Destinations,
    Registered,
    Subscribed,
    Subscription,
)
from shared.errors import RejectedError
from shared.frozen import frozen

DESTINATIONS: Final = "/notifications/v1/destinations"
SUBSCRIPTIONS: Final = "/notifications/v1/subscriptions"
TOPICS: Final = {ORDER_CHANGE: "1.0"}  # with the version of their payload
NAME_MAX: Final = 256


@frozen
class Subscriptions:
    """`queue` is an ARN."""

    api: SellingPartnerApi
    queue: str

    def unsubscribed(self) -> Sequence[str]:
        """The topics we hear that do not lead to our queue."""
        ours = self._destination()
        if ours is None:
            return list(TOPICS)
        return [topic for topic in TOPICS if _leads(self._subscription(topic)) != ours]

    def subscribe(self, topic: str) -> None:
        """Have a topic sent to our queue; none is made twice.

        RejectedError if Amazon refuses, or if it is sent elsewhere. InDoubtError when an answer was
        lost.
        """
        ours = self._destination() or self._registered()
        wish = {"payloadVersion": TOPICS[topic], "destinationId": ours}
        call = Call(plans.CREATE_SUBSCRIPTION, "POST", f"{SUBSCRIPTIONS}/{topic}", body=wish)
        try:
            self.api.call(call, Subscribed)
        except RejectedError as error:
            found = self._subscription(topic) if error.code == CONFLICT else None
            if found is None:
                raise _refused(error, self.queue) from error
            if found.destination_id != ours:
                raise _elsewhere(topic, found) from error

    def _destination(self) -> str | None:
        there = self.api.call(Call(plans.GET_DESTINATIONS, "GET", DESTINATIONS), Destinations)
        for each in there.payload:
            if each.resource.sqs is not None and each.resource.sqs.arn == self.queue:
                return each.destination_id
        return None

    def _registered(self) -> str:
        name = self.queue.rpartition(":")[2][:NAME_MAX]
        wish = {"name": name, "resourceSpecification": {"sqs": {"arn": self.queue}}}
        call = Call(plans.CREATE_DESTINATION, "POST", DESTINATIONS, body=wish)
        try:
            return self.api.call(call, Registered).payload.destination_id
        except RejectedError as error:
            raise _refused(error, self.queue) from error

    def _subscription(self, topic: str) -> Subscription | None:
        params = {"payloadVersion": TOPICS[topic]}
        call = Call(plans.GET_SUBSCRIPTION, "GET", f"{SUBSCRIPTIONS}/{topic}", params=params)
        found = reader(self.api, Subscribed)(call)
        return found.payload if found else None


def _leads(found: Subscription | None) -> str | None:
    return found.destination_id if found else None


def _refused(error: RejectedError, queue: str) -> RejectedError:
    return RejectedError(
        str(error),
        code="not_subscribed",
        field="queue",
        value=queue,
        remedy="grant the application the role that the notification type needs, or subscribe it "
        "by hand and set subscribe = false",
    )


def _elsewhere(topic: str, found: Subscription) -> RejectedError:
    return RejectedError(
        f"{topic} is sent to another destination, {found.destination_id}",
        code="subscribed_elsewhere",
        field="destinationId",
        value=found.destination_id,
        remedy=f"delete the subscription {found.subscription_id} if nobody needs it; else give "
        "this connection an application of its own, or set subscribe = false and rely on polls",
    )
