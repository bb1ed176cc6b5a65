"""What a verified delivery is about: hints only, the order itself is read from the Admin API.

What we write is told of as well, where somebody has the shop subscribed to it. Such an echo leads
to nothing: whoever set a price or a level has compared it, and comparisons find what others set.
"""

import json
from collections.abc import Mapping, Sequence

from shared.connectors.shopify.webhook import TOPIC, WEBHOOK_ID
from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading

RETURN_TOPICS = (
    "returns/request",
    "returns/approve",
    "returns/decline",
    "returns/cancel",
    "returns/process",
    "returns/update",
    "returns/close",
    "returns/reopen",
)
"""What tells of a return names its order by `order_id`, or as an object with an `id`."""

# topic -> the member of the body that holds the order's legacy id
ORDER_ID: dict[str, str] = {
    "orders/create": "id",
    "orders/updated": "id",
    "orders/cancelled": "id",
    "orders/risk_assessment_changed": "order_id",
    "refunds/create": "order_id",
    **dict.fromkeys(RETURN_TOPICS, "order_id"),
}


NO_USE = frozenset(
    {
        "inventory_items/update",
        "inventory_levels/connect",
        "inventory_levels/disconnect",
        "inventory_levels/update",
        "products/create",
        "products/update",
    }
)


def readings(headers: Mapping[str, str], body: bytes) -> Sequence[Reading]:
    """One order to read, or nothing; RejectedError names the field that cannot be understood.

    The body is the REST resource of the topic, or only `{"id": ...}` when it was too large.
    """
    topic = headers.get(TOPIC, "")
    if topic in NO_USE:
        return []
    member = ORDER_ID.get(topic)
    if member is None:
        raise RejectedError(
            f"no use for topic {topic!r}",
            code="unknown_topic",
            field=TOPIC,
            value=topic,
            remedy="unsubscribe the shop from this topic",
        )
    said = _parsed(headers, body)
    order = said.get("order")
    found = order.get("id") if member not in said and isinstance(order, dict) else said.get(member)
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise RejectedError(
            f"{topic}: {member} is not an order id",
            code="bad_id",
            field=member,
            value=found,
            remedy="nothing to do: the next poll of orders reads what this delivery meant",
        )
    return [Reading(Entity.ORDER, str(found))]


def _parsed(headers: Mapping[str, str], body: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise RejectedError(
            f"{headers.get(TOPIC, '')}: the body is not a JSON object",
            code="bad_json",
            field="body",
            value=headers.get(WEBHOOK_ID, ""),
            remedy="nothing to do: the next poll of orders reads what this delivery meant",
        )
    return parsed
