"""Answers about where notifications go."""

from shared.connectors.amazon.schema import Theirs


class Queue(Theirs):
    arn: str


class Resource(Theirs):
    """A queue, or an event bus, which is none of ours."""

    sqs: Queue | None = None


class Destination(Theirs):
    destination_id: str
    resource: Resource


class Destinations(Theirs):
    payload: tuple[Destination, ...] = ()


class Registered(Theirs):
    payload: Destination


class Subscription(Theirs):
    subscription_id: str
    destination_id: str


class Subscribed(Theirs):
    payload: Subscription
