"""Withdrawing a sales order that is superfluous: every item rejected, as a cancellation does it.

Source: API_SALES_ORDER_SRV (PATCH A_SalesOrderItem, SalesDocumentRjcnReason). Nothing is written to
an order of which there is a delivery.
"""

from functools import partial

from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.settings import SapSettings
from shared.connectors.sap.writes import Editing, Write
from shared.errors import RejectedError
from shared.model.base import Json


def withdraw(gateway: Gateway, settings: SapSettings, number: str) -> None:
    """Reject item after item, each of the order as it was just read."""
    editing = Editing(gateway, number)
    for item in editing.held.items:
        editing.bring(partial(_next, editing, settings, item.item))


def _next(editing: Editing, settings: SapSettings, number: str) -> Write | None:
    items = editing.held.items
    sent = next((item for item in items if item.on_its_way), None)
    if sent is not None:
        raise RejectedError(
            f"item {sent.item.lstrip('0')} of ERP order {editing.number} is delivered",
            field="DeliveryStatus",
            value=sent.delivery,
            remedy=f"reverse the delivery of ERP order {editing.number}, or take the goods back",
        )
    item = next((item for item in items if item.item == number and not item.rejected), None)
    if item is None:
        return None
    body: dict[str, Json] = {"SalesDocumentRjcnReason": settings.rejection_reason}
    return Write("PATCH", editing.item_key(item), body)
