"""What an event of SAP is about. Events carry keys, never values: the object is read again.

Types and data fields: SAP's published business-event schemas (`sap.s4.beh.*`).
"""

import json
from collections.abc import Mapping, Sequence

from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading

PREFIX = "sap.s4.beh."
# object type -> what to read, the data field that names it, and how the key is marked
_OBJECTS: dict[str, tuple[Entity, str, str]] = {
    "product.v1.Product": (Entity.PRODUCT, "Product", ""),
    "salespricingconditionrecord.v1.SalesPricingConditionRecord": (
        Entity.PRICE,
        "ConditionRecord",
        "condition:",
    ),
    "materialdocument.v1.MaterialDocument": (Entity.STOCK, "MaterialDocument", "document:"),
    "outbounddelivery.v1.OutboundDelivery": (Entity.SHIPMENT, "OutboundDelivery", ""),
    "billingdocument.v1.BillingDocument": (Entity.INVOICE, "BillingDocument", ""),
    "salesorder.v1.SalesOrder": (Entity.ALLOCATION, "SalesOrder", ""),
    "customerreturn.v1.CustomerReturn": (Entity.RETURN, "CustomerReturn", ""),
}
_NO_USE = frozenset(
    {
        "businesspartner.v1.BusinessPartner",
    }
)

_OWN = f"{PREFIX}salesorder.v1.SalesOrder.Created.v1"
"""What a new order is promised, a change of it says, or the next poll."""


def readings(headers: Mapping[str, str], body: bytes) -> Sequence[Reading]:
    """What to read again; nothing for objects we keep no facts of."""
    event = _parsed(body)
    kind = headers.get("ce-type") or str(event.get("type", ""))
    name = kind.removeprefix(PREFIX).rsplit(".", 2)[0]
    if name in _NO_USE or kind == _OWN:
        return []
    if name not in _OBJECTS or not kind.startswith(PREFIX):
        raise RejectedError(
            f"no use for event {kind!r}",
            code="unknown_event",
            field="type",
            value=kind,
            remedy="unsubscribe from this event in SAP",
        )
    entity, field, mark = _OBJECTS[name]
    data = event if "ce-type" in headers else event.get("data")
    key = data.get(field) if isinstance(data, dict) else None
    if not isinstance(key, str) or not key:
        raise RejectedError(
            f"{kind}: data.{field} is not a key",
            code="bad_key",
            field=f"data.{field}",
            value=key,
            remedy="nothing to do: the next poll reads what this event meant",
        )
    if mark == "document:" and isinstance(data, dict):
        key = f"{data.get('MaterialDocumentYear', '')}/{key}"
    return [Reading(entity, f"{mark}{key}")]


def _parsed(body: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise RejectedError(
            "the body is not a JSON object",
            code="bad_json",
            field="body",
            value=body[:60].decode(errors="replace"),
            remedy="nothing to do: the next poll reads what this event meant",
        )
    return parsed
