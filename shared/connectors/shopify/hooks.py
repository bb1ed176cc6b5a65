"""Webhook subscriptions of our app in one shop, those made through the Admin API.

Shopify drops such a subscription after its deliveries failed again and again, and all of them when
the app is uninstalled. Those of the app's own configuration file are neither listed nor dropped.
"""

from collections.abc import Iterable, Sequence

from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.hints import ORDER_ID
from shared.connectors.shopify.hook_queries import SUBSCRIBE, SUBSCRIBED
from shared.connectors.shopify.hook_schema import SubscribeAnswer, SubscribedAnswer
from shared.errors import RejectedError
from shared.frozen import frozen

_TAKEN = "already been taken"  # how Shopify refuses a second one of the same topic and address
_TOPICS = {topic.upper().replace("/", "_"): topic for topic in ORDER_ID}


@frozen
class Hooks:
    """`url` is where deliveries of this shop are heard."""

    api: AdminApi
    url: str

    def missing(self) -> Sequence[str]:
        """The topics we hear and are not subscribed to, as the door names them."""
        there = set(self._subscribed())
        return [topic for name, topic in _TOPICS.items() if name not in there]

    def _subscribed(self) -> Iterable[str]:
        after: str | None = None
        while True:
            asked = {"uri": self.url, "after": after}
            found = self.api.call(SUBSCRIBED, asked, SubscribedAnswer).webhook_subscriptions
            yield from (each.topic for each in found.nodes if each.uri == self.url)
            after = found.next
            if after is None:
                return

    def subscribe(self, topic: str) -> None:
        """Have a topic sent to us; RejectedError if the shop refuses, unless it is there already.

        InDoubtError when the answer was lost.
        """
        wish = {"topic": topic.upper().replace("/", "_"), "subscription": {"uri": self.url}}
        errors = self.api.call(SUBSCRIBE, wish, SubscribeAnswer)
        for error in errors.webhook_subscription_create.user_errors:
            if _TAKEN not in error.message:
                raise RejectedError(
                    f"{topic}: {error.message}",
                    code="not_subscribed",
                    field="settings.hooks_url",
                    value=self.url,
                    remedy="correct hooks_url, or grant the app what the topic needs",
                )
