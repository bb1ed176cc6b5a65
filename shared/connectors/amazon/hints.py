"""What a notification of Amazon is about. It is a hint: the order is read again.

Members are found whatever their casing, since types differ in it. Prices and stock are read back by
whoever set them, so notifications about those and about feeds lead to nothing.
"""

import json
import re
from collections.abc import Mapping, Sequence

from shared.connectors.amazon.notification import member
from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading

ORDER_CHANGE = "ORDER_CHANGE"
NO_USE = frozenset(
    {
        "FEED_PROCESSING_FINISHED",
        "LISTINGS_ITEM_ISSUES_CHANGE",
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        "LISTINGS_ITEM_STATUS_CHANGE",
    }
)
_BY_AMAZON = "AFN"
_ORDER = re.compile(r"[A-Za-z0-9-]{1,64}")
_REMEDY = "nothing to do: the next poll of orders reads what this notification meant"


def readings(headers: Mapping[str, str], body: bytes) -> Sequence[Reading]:
    """One order to read, or nothing; RejectedError names the member that cannot be understood."""
    del headers
    told = _parsed(body)
    kind = str(member(told, "notificationType") or "")
    if kind in NO_USE:
        return []
    if kind != ORDER_CHANGE:
        raise RejectedError(
            f"no use for notification {kind!r}",
            code="unknown_notification",
            field="notificationType",
            value=kind,
            remedy="unsubscribe from this notification type",
        )
    change = _inside(told, "payload", "orderChangeNotification")
    summary = _inside(change, "summary")
    if member(summary, "fulfillmentType") == _BY_AMAZON:
        return []
    order = member(change, "amazonOrderId")
    if not isinstance(order, str) or not _ORDER.fullmatch(order):
        raise RejectedError(
            f"{kind}: AmazonOrderId is not an order id",
            code="bad_id",
            field="AmazonOrderId",
            value=order,
            remedy=_REMEDY,
        )
    return [Reading(Entity.ORDER, order)]


def _inside(told: Mapping[str, object], *names: str) -> Mapping[str, object]:
    for name in names:
        found = member(told, name)
        told = found if isinstance(found, Mapping) else {}
    return told


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, Mapping):
        raise RejectedError(
            "the body is not a JSON object",
            code="bad_json",
            field="body",
            value=body[:60].decode(errors="replace"),
            remedy=_REMEDY,
        )
    return parsed
