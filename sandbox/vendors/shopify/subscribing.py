"""What an app's owner can do about its webhook subscriptions, by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.shopify.simulator import ShopifySimulator


def subscribe(sim: "ShopifySimulator", *, uri: str, more: list[str] | None = None) -> Json:
    """The app's configuration file subscribes to nothing more: by the API its topics and `more`."""
    there = {one.topic for one in sim.subscriptions.made.values() if one.uri == uri}
    topics = sorted(sim.subscriptions.configured.union(more or ()) - there)
    sim.subscriptions.configured = frozenset()
    return [sim.subscriptions.add(topic, uri).topic for topic in topics]


def unsubscribe(sim: "ShopifySimulator", *, topics: list[str] | None = None) -> Json:
    """What the API subscribed to ends, all of it as with a reinstallation; the topics it was."""
    known = {one.topic for one in sim.subscriptions.made.values()}
    return list[Json](sim.subscriptions.drop(known if topics is None else topics))


def subscriptions(sim: "ShopifySimulator") -> Json:
    """Address by topic, of what the API subscribed to."""
    return {one.topic: one.uri for one in sim.subscriptions.made.values()}


def deny_topics(sim: "ShopifySimulator", *, topics: list[str]) -> Json:
    """The app lacks the scopes of these topics, and of no other."""
    sim.subscriptions.denied = set(topics)
    return list[Json](topics)


COMMANDS: Final[dict[str, Callable[..., Json]]] = {
    command.__name__: command for command in (subscribe, unsubscribe, subscriptions, deny_topics)
}
