"""Changing a sales order: items rejected, brought to other units and amounts, added.

Source: API_SALES_ORDER_SRV (PATCH A_SalesOrderItem, POST A_SalesOrder/to_Item). An item that was
delivered keeps its units.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from shared.connectors.sap import beside, orders, repricing
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.order_schema import HeldItem
from shared.connectors.sap.settings import SapSettings
from shared.connectors.sap.writes import Editing, Write
from shared.domain.demand import AmendedLine, AmendedOrder, Amendment, LineChange
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.money import Money
from shared.model.order import Order

DELIVERED: Final = "C"
_WANTED_AGAIN: Final = "the item was rejected, and is wanted again"


def amend(
    gateway: Gateway, settings: SapSettings, order: Order, erp_order: str, wish: Amendment
) -> AmendedOrder:
    """Write what differs from what is there, one part after the other; answer how it is then."""
    editing = Editing(gateway, erp_order)
    lines = tuple(_Line(editing, settings, order, change).amended() for change in wish.lines)
    left, refused = beside.amended(editing, settings, order, wish.header)
    return AmendedOrder(lines, left, refused, _total(editing), _nets(editing))


@frozen
class _Line:
    """A line under change."""

    editing: Editing
    settings: SapSettings
    order: Order
    change: LineChange

    def amended(self) -> AmendedLine:
        try:
            self.editing.bring(self._next)
        except RejectedError as error:
            if not self._half_gone():
                return _line(self._item(), self.change, why=str(error))
            return self._stopped()
        return _line(self._item(), self.change)

    def _half_gone(self) -> bool:
        """Whether more may have left than the units it was to be brought to."""
        units, item = self.change.units, self._item()
        return bool(item and units and units == self.change.gone and item.quantity != units)

    def _stopped(self) -> AmendedLine:
        """The rest of the item is rejected: no fewer units can be had of it."""
        try:
            self.editing.bring(self._reject)
        except RejectedError as error:
            return _line(self._item(), self.change, why=str(error))
        return _line(self._item(), self.change)

    def _reject(self) -> Write | None:
        item = self._item()
        if item is None or item.rejected or item.delivery == DELIVERED:
            return None
        body: dict[str, Json] = {"SalesDocumentRjcnReason": self.settings.rejection_reason}
        return Write("PATCH", self.editing.item_key(item), body)

    def _next(self) -> Write | None:
        """What is to be written next; None if the item is as wished, or goods have left."""
        change, item = self.change, self._item()
        if item is None:
            return self._added()
        if not change.units:
            return self._reject()
        late = item.delivery == DELIVERED and change.units < (item.quantity or 0)
        if item.rejected or late:
            return None
        if item.quantity != change.units:
            body: dict[str, Json] = {"RequestedQuantity": str(change.units)}
            return Write("PATCH", self.editing.item_key(item), body)
        costs = change.amounts
        return repricing.of_item(self.editing, item, costs, self.settings) if costs else None

    def _added(self) -> Write:
        change = self.change
        if change.line is None or not change.units:
            raise RejectedError(
                f"the ERP has no item of line {change.line_id}",
                field="SalesOrderItem",
                value=change.item,
                remedy="look whether the item was deleted in the ERP",
            )
        line = change.line.model_copy(update={"quantity": change.units})
        body = orders.item(change.place, line, self.order, self.settings, change.amounts)
        return Write("POST", f"{self.editing.key}/to_Item", body)

    def _item(self) -> HeldItem | None:
        items: Sequence[HeldItem] = self.editing.held.items
        number, place = self.change.item, str(self.change.place)
        return next(
            (x for x in items if (x.item.lstrip("0") == number if number else x.position == place)),
            None,
        )


def _line(item: HeldItem | None, change: LineChange, *, why: str = "") -> AmendedLine:
    """The line as it is; why it is not otherwise, unless no fewer units can be had of it.

    Goods that left are no refusal of fewer units, but they are one of more.
    """
    if item is None:
        refused = why or "the item cannot be found"
        return AmendedLine(change.line_id, change.item, change.place, 0, refused=refused)
    delivered = item.delivery == DELIVERED
    held = item.quantity or 0
    if item.rejected:
        again = change.units > change.gone and not (delivered and change.units <= held)
        why = _WANTED_AGAIN if again else ""
    return AmendedLine(
        line_id=change.line_id,
        item=item.item.lstrip("0"),
        place=change.place,
        units=int(item.quantity or Decimal(0)),
        rejected=bool(item.rejected),
        delivered=delivered,
        refused="" if delivered and change.units < held else why,
    )


def _total(editing: Editing) -> Money:
    """Net plus tax, comparable with the channel's."""
    held = editing.held
    gross = held.net + sum((item.tax for item in held.items), start=held.net * 0)
    return Money.parse(gross, held.currency)


def _nets(editing: Editing) -> dict[str, Money]:
    held = editing.held
    return {x.item.lstrip("0"): Money.parse(x.net, held.currency) for x in held.items}
