"""Sales orders: found by our reference, posted, changed, withdrawn.

Source: API_SALES_ORDER_SRV (A_SalesOrder).
"""

from typing import Final

from shared.connectors.sap import amending, orders, values, withdrawing
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.order_schema import OrderRow
from shared.connectors.sap.rows import single
from shared.connectors.sap.settings import SapSettings
from shared.domain.demand import AmendedOrder, Amendment
from shared.errors import InDoubtError, RejectedError
from shared.frozen import frozen
from shared.model.order import Order
from shared.ports import PostedOrder

ORDERS: Final = "API_SALES_ORDER_SRV"


@frozen
class Sales:
    gateway: Gateway
    settings: SapSettings

    def find(self, order: Order, reference: str) -> list[PostedOrder]:
        """Every order under our reference, the oldest first."""
        query = {
            "$filter": f"PurchaseOrderByCustomer eq {values.quoted(reference)} and "
            f"SoldToParty eq {values.quoted(self.settings.of(order).sold_to)}",
            "$expand": "to_Item",
            "$orderby": "SalesOrder",
        }
        rows = self.gateway.rows(ORDERS, "A_SalesOrder", query)
        return [orders.posted(single(row, OrderRow), orders.places(order)) for row in rows]

    def post(self, order: Order, reference: str) -> PostedOrder:
        body = orders.body_of(order, reference, self.settings)
        row = self.gateway.create(ORDERS, "A_SalesOrder", body)
        try:
            stored = single(row, OrderRow)
        except RejectedError as error:  # SAP took the order; only what it answers is strange
            raise InDoubtError(str(error)) from error
        return orders.posted(stored, orders.places(order))

    def amend(self, order: Order, erp_order: str, wish: Amendment) -> AmendedOrder:
        return amending.amend(self.gateway, self.settings, order, erp_order, wish)

    def withdraw(self, erp_order: str) -> None:
        withdrawing.withdraw(self.gateway, self.settings, erp_order)
