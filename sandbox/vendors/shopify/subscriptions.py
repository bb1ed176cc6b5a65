"""Who is told of what: topics of the app's configuration file, and subscriptions made by the API.

Only the latter are listed, and lost: when a delivery was given up, or the app is uninstalled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.vendors.shopify.state import Shop, Subscription, gid
from sandbox.vendors.shopify.views import Mistake, View, page

ADDRESSES = ("https://", "pubsub://", "arn:aws:events:")


@dataclass(slots=True)
class Subscriptions:
    """`configured` are topics of the app's file; for those in `denied` the app lacks a scope."""

    shop: Shop
    configured: frozenset[str]
    denied: set[str] = field(default_factory=set)

    @property
    def made(self) -> dict[int, Subscription]:
        """What the API made, by number."""
        return self.shop.subscriptions

    def of(self, topic: str) -> list[int | None]:
        """Each that is told of this topic; None is the app's own file."""
        found: list[int | None] = [n for n, one in self.made.items() if one.topic == topic]
        return [None, *found] if topic in self.configured else found

    def add(self, topic: str, uri: str) -> Subscription:
        """Mistake if the address cannot be sent to, or is told of this topic already."""
        if not uri.startswith(ADDRESSES):
            raise Mistake("", "Address is invalid", "webhookSubscription", "uri")
        if topic in self.denied:
            text = "You cannot create a webhook subscription with the specified topic"
            raise Mistake("", text, "topic")
        if any((one.topic, one.uri) == (topic, uri) for one in self.made.values()):
            text = "Address for this topic has already been taken"
            raise Mistake("", text, "webhookSubscription", "uri")
        one = Subscription(self.shop.next(), topic, uri)
        self.made[one.number] = one
        return one

    def drop(self, topics: Iterable[str]) -> list[str]:
        """The topics, of these, that were subscribed to by the API and are no longer."""
        gone = [one for one in self.made.values() if one.topic in set(topics)]
        for one in gone:
            del self.made[one.number]
        return [one.topic for one in gone]

    def gave_up(self, number: int | None) -> None:
        """A delivery failed its every try: the subscription ends, unless the app's file has it."""
        if number is not None:
            self.made.pop(number, None)

    def resolvers(self) -> Mapping[str, object]:
        return {
            "webhookSubscriptions": self._listed,
            "webhookSubscriptionCreate": self._create,
        }

    def _listed(
        self,
        _info: object,
        first: int | None = None,
        after: str | None = None,
        topics: list[str] | None = None,
        uri: str | None = None,
    ) -> View:
        rows = [
            one
            for one in self.made.values()
            if (uri is None or one.uri == uri) and (topics is None or _enum(one.topic) in topics)
        ]
        return page(rows, _view, first, after)

    def _create(
        self,
        _info: object,
        topic: str,
        webhookSubscription: Mapping[str, str],  # noqa: N803 - the vendor's argument
    ) -> View:
        try:
            name = topic.lower().replace("_", "/", 1)
            one = self.add(name, webhookSubscription.get("uri") or "")
        except Mistake as mistake:
            return {"webhookSubscription": None, "userErrors": [mistake.view]}
        return {"webhookSubscription": _view(one), "userErrors": []}


def _view(one: Subscription) -> View:
    return {
        "__typename": "WebhookSubscription",
        "id": gid("WebhookSubscription", one.number),
        "topic": _enum(one.topic),
        "uri": one.uri,
    }


def _enum(topic: str) -> str:
    return topic.upper().replace("/", "_")
