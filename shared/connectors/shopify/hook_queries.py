"""What is asked of webhook subscriptions: which there are, and one more."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

PAGE: Final = 25
"""More than the topics we hear, so that one call says all."""

SUBSCRIBED: Final = Operation(
    "Subscribed",
    f"""query Subscribed($uri: String!, $after: String) {{
  webhookSubscriptions(first: {PAGE}, after: $after, uri: $uri) {{
    nodes {{ topic uri }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    writes=False,
    points=costs.connection(PAGE, 1),
)

SUBSCRIBE: Final = Operation(
    "Subscribe",
    """mutation Subscribe(
  $topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!
) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)
