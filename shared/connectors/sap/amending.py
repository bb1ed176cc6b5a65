"""Changing a sales order: items rejected, brought to another quantity, added.

Source: API_SALES_ORDER_SRV (PATCH A_SalesOrderItem, POST A_SalesOrder/to_Item). Every write names
the entity tag of the order as it was just read, so that of two writers one reads again. An item
that was delivered is left as it is.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from shared.connectors.sap import orders, values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.schema import OrderItem
from shared.connectors.sap.settings import SapSettings
from shared.domain.demand import AmendedLine, LineChange
from shared.errors import RejectedError, RetryableError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.order import Order

SERVICE: Final = "API_SALES_ORDER_SRV"
DELIVERED: Final = "C"
_WANTED_AGAIN: Final = "the item was rejected, and is wanted again"


@frozen
class _Read:
    """An order's items as they are now, by number, and its entity tag."""

    items: Mapping[str, OrderItem]
    etag: str

    def find(self, change: LineChange) -> OrderItem | None:
        if change.item:
            return self.items.get(change.item)
        place = str(change.place)
        return next((item for item in self.items.values() if item.position == place), None)


def amend(
    gateway: Gateway,
    settings: SapSettings,
    order: Order,
    erp_order: str,
    changes: Sequence[LineChange],
) -> list[AmendedLine]:
    """Write what differs from what is there, one line after the other; answer every line."""
    return [_amended(gateway, settings, order, erp_order, change) for change in changes]


def _amended(
    gateway: Gateway, settings: SapSettings, order: Order, erp_order: str, change: LineChange
) -> AmendedLine:
    read = _read(gateway, erp_order)
    item = read.find(change)
    if item is not None and _done(item, change):
        return _line(item, change)
    try:
        if item is None:
            _add(gateway, settings, order, erp_order, change)
        else:
            key = f"A_SalesOrderItem(SalesOrder={values.quoted(erp_order)},"
            key += f"SalesOrderItem={values.quoted(item.item)})"
            gateway.change(SERVICE, key, _patch(change, settings), etag=read.etag)
    except RejectedError as error:
        refused = _read(gateway, erp_order).find(change)
        return _line(refused, change, why=str(error))
    return _line(_read(gateway, erp_order).find(change), change)


def _done(item: OrderItem, change: LineChange) -> bool:
    """Whether nothing is to be written: the item is as wished, or goods have left."""
    if item.rejected:
        return True
    if item.delivery == DELIVERED and change.units <= (item.quantity or 0):
        return True
    return item.quantity == change.units


def _patch(change: LineChange, settings: SapSettings) -> dict[str, Json]:
    if change.units == 0:
        return {"SalesDocumentRjcnReason": settings.rejection_reason}
    return {"RequestedQuantity": str(change.units)}


def _add(
    gateway: Gateway, settings: SapSettings, order: Order, erp_order: str, change: LineChange
) -> None:
    if change.line is None:
        raise RejectedError(
            f"the ERP has no item of line {change.line_id}",
            field="SalesOrderItem",
            value=change.item,
            remedy="look whether the item was deleted in the ERP",
        )
    key = f"A_SalesOrder({values.quoted(erp_order)})/to_Item"
    line = change.line.model_copy(update={"quantity": change.units})
    gateway.create(SERVICE, key, orders.item(change.place, line, order, settings))


def _line(item: OrderItem | None, change: LineChange, *, why: str = "") -> AmendedLine:
    """The line as it is; why it is not otherwise, unless no fewer units can be had of it.

    Goods that left are no refusal of fewer units, but they are one of more.
    """
    if item is None:
        refused = why or "the item cannot be found"
        return AmendedLine(change.line_id, change.item, change.place, 0, refused=refused)
    delivered = item.delivery == DELIVERED
    gone = delivered and change.units <= (item.quantity or 0)
    if item.rejected:
        why = _WANTED_AGAIN if change.units and not gone else ""
    return AmendedLine(
        line_id=change.line_id,
        item=item.item.lstrip("0"),
        place=change.place,
        units=int(item.quantity or Decimal(0)),
        rejected=bool(item.rejected),
        delivered=delivered,
        refused="" if gone else why,
    )


def _read(gateway: Gateway, erp_order: str) -> _Read:
    key = f"A_SalesOrder({values.quoted(erp_order)})"
    row = gateway.entity(SERVICE, key, {"$expand": "to_Item"})
    about, inside = row.get("__metadata"), row.get("to_Item")
    etag = about.get("etag") if isinstance(about, dict) else None
    rows = inside.get("results") if isinstance(inside, dict) else None
    try:
        items = [OrderItem.model_validate(each) for each in rows if isinstance(rows, list)]  # type: ignore[union-attr]
    except (TypeError, ValidationError) as error:
        raise RetryableError(f"SAP told nothing readable of order {erp_order}") from error
    if not isinstance(etag, str):
        raise RetryableError(f"SAP gave no entity tag of order {erp_order}")
    return _Read({item.item.lstrip("0"): item for item in items}, etag)
