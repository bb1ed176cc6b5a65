"""What SAP has confirmed of a sales order, or rejected: its items, and their schedule lines.

Source: API_SALES_ORDER_SRV, A_SalesOrderItem (SalesDocumentRjcnReason) and
A_SalesOrderScheduleLine (ConfdOrderQtyByMatlAvailCheck, ConfirmedDeliveryDate,
RequestedDeliveryDate). Confirmed for the day asked for, or before, is
allocated; confirmed for a later day is a backorder.
"""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from shared.connectors.sap import values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.schema import ListOf
from shared.connectors.sap.settings import SapSettings
from shared.frozen import frozen
from shared.model.allocation import ErpAllocation, Promise
from shared.model.base import Foreign, Json
from shared.ports import Page

SERVICE, ENTITY = "API_SALES_ORDER_SRV", "A_SalesOrder"


class ScheduleLine(Foreign):
    """A_SalesOrderScheduleLine."""

    asked_for: str | None = Field(default=None, alias="RequestedDeliveryDate")
    confirmed_on: str | None = Field(default=None, alias="ConfirmedDeliveryDate")
    confirmed: Decimal = Field(default=Decimal(0), alias="ConfdOrderQtyByMatlAvailCheck")


class PromisedItem(Foreign):
    """A_SalesOrderItem."""

    item: str = Field(alias="SalesOrderItem")
    reason: str = Field(default="", alias="SalesDocumentRjcnReason")
    lines: ListOf[ScheduleLine] = Field(default=(), alias="to_ScheduleLine")


class PromisedOrder(Foreign):
    """A_SalesOrder, with the schedule lines of its items."""

    number: str = Field(alias="SalesOrder", min_length=1)
    reference: str = Field(default="", alias="PurchaseOrderByCustomer")
    changed: str = Field(alias="LastChangeDateTime")
    items: ListOf[PromisedItem] = Field(default=(), alias="to_Item")


@frozen
class Promised:
    gateway: Gateway
    settings: SapSettings

    def since(self, since: datetime | None, page: str | None) -> Page[ErpAllocation]:
        """Orders changed since an instant; pages go by number."""
        filters = []
        if since is not None:
            filters.append(f"LastChangeDateTime ge {values.offset_literal(since)}")
        if page:
            filters.append(f"SalesOrder gt {values.quoted(page)}")
        rows = self._rows(filters, top=self.settings.page_size)
        full = len(rows) == self.settings.page_size
        return self._page(rows, str(rows[-1]["SalesOrder"]) if full else None)

    def read(self, number: str) -> Page[ErpAllocation]:
        return self._page(self._rows([f"SalesOrder eq {values.quoted(number)}"]), None)

    def _rows(self, filters: list[str], *, top: int | None = None) -> list[dict[str, Json]]:
        query = {"$expand": "to_Item/to_ScheduleLine", "$orderby": "SalesOrder"}
        if filters:
            query["$filter"] = " and ".join(filters)
        if top is not None:
            query["$top"] = str(top)
        return self.gateway.rows(SERVICE, ENTITY, query)

    def _page(self, rows: list[dict[str, Json]], following: str | None) -> Page[ErpAllocation]:
        good, refused = parsed(rows, PromisedOrder, subject="SalesOrder")
        return Page([_allocation(row) for row in good], following, refused)


def _allocation(row: PromisedOrder) -> ErpAllocation:
    return ErpAllocation(
        erp_order=row.number,
        reference=row.reference,
        told_at=values.instant(row.changed),
        promises={
            item.item.lstrip("0"): tuple(
                promise for line in item.lines if (promise := _promise(line)) is not None
            )
            for item in row.items
        },
        rejected=frozenset(item.item.lstrip("0") for item in row.items if item.reason),
    )


def _promise(line: ScheduleLine) -> Promise | None:
    units = int(line.confirmed)
    if units <= 0 or line.confirmed_on is None:
        return None
    on = values.day(line.confirmed_on)
    late = line.asked_for is not None and on > values.day(line.asked_for)
    return Promise(units=units, on=on, late=late)
