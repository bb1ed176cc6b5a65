"""Answers about webhook subscriptions."""

from shared.connectors.shopify.schema import Connected, Identified, Theirs, UserError


class Subscription(Theirs):
    topic: str
    uri: str


class SubscribedAnswer(Theirs):
    webhook_subscriptions: Connected[Subscription]


class SubscribePayload(Theirs):
    webhook_subscription: Identified | None = None
    user_errors: tuple[UserError, ...]


class SubscribeAnswer(Theirs):
    webhook_subscription_create: SubscribePayload
