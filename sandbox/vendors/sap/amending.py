"""Changing a sales order: only as it was read, and never what has been delivered."""

import re
from datetime import datetime
from http import HTTPStatus

from sandbox.vendors.sap.entities import ITEM_CHANGE
from sandbox.vendors.sap.ordering import checked, item_of, quantity_of
from sandbox.vendors.sap.refusals import Refused
from sandbox.vendors.sap.tenant import Order, OrderItem, Tenant

ORDER = re.compile(r"A_SalesOrder\('(\d{1,10})'\)(/to_Item)?")
ITEM = re.compile(r"A_SalesOrderItem\(SalesOrder='(\d{1,10})',SalesOrderItem='(\d{1,6})'\)")
REASONS = frozenset({"00", "50", "52", "61"})
"""Reasons for rejection this tenant has been set up with."""
_UNKNOWN = "/IWBEP/CM_MGW_RT/020"


def order_of(tenant: Tenant, number: str) -> Order:
    found = tenant.orders.of(number)
    if not found:
        message = f"Sales order {number} does not exist"
        raise Refused(_UNKNOWN, message, status=HTTPStatus.NOT_FOUND)
    return found[0]


def change(order: Order, number: str, body: object, etag: str | None, now: datetime) -> None:
    """PATCH A_SalesOrderItem."""
    if etag is None:
        message = "Precondition required: send If-Match"
        raise Refused("/IWBEP/CM_MGW_RT/000", message, status=HTTPStatus.PRECONDITION_REQUIRED)
    if etag not in {"*", order.etag}:
        message = "The order was changed by another user"
        raise Refused("/IWBEP/CM_MGW_RT/010", message, status=HTTPStatus.PRECONDITION_FAILED)
    item = _item(order, number)
    wish = checked(body, ITEM_CHANGE, "A_SalesOrderItemType")
    if item.delivery == "C":
        raise Refused("V1/558", f"Item {number} has been delivered completely")
    if "SalesDocumentRjcnReason" in wish:
        _reject(item, str(wish["SalesDocumentRjcnReason"]))
    if "RequestedQuantity" in wish:
        quantity = quantity_of(wish["RequestedQuantity"])
        if quantity < item.delivered:
            message = f"Item {number}: {item.delivered} units are delivered already"
            raise Refused("V1/556", message, field="RequestedQuantity")
        item.quantity = quantity
    order.touch(now)


def add(tenant: Tenant, order: Order, body: object, now: datetime) -> OrderItem:
    """POST A_SalesOrder('n')/to_Item."""
    item = item_of(tenant, len(order.items) + 1, body, order.currency)
    order.items.append(item)
    order.touch(now)
    return item


def _item(order: Order, number: str) -> OrderItem:
    for item in order.items:
        if item.item == number.lstrip("0"):
            return item
    message = f"Item {number} of sales order {order.number} does not exist"
    raise Refused(_UNKNOWN, message, status=HTTPStatus.NOT_FOUND)


def _reject(item: OrderItem, reason: str) -> None:
    if reason not in REASONS:
        message = f"Reason for rejection {reason} is not defined"
        raise Refused("V1/045", message, field="SalesDocumentRjcnReason")
    item.rejected = reason
