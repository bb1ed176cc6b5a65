"""Changing a sales order: only as it was read, and never what has been delivered or billed."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

from sandbox.vendors.sap.entities import (
    HEADER_CHANGE,
    ITEM_CHANGE,
    ORDER_ADDRESS,
    ORDER_PRICING,
)
from sandbox.vendors.sap.ordering import (
    FREIGHT,
    OF_ITEM,
    checked,
    condition,
    decimal,
    item_of,
    quantity_of,
    whole_address,
)
from sandbox.vendors.sap.reading import element_row, item_rows
from sandbox.vendors.sap.refusals import Refused
from sandbox.vendors.sap.tenant import ZERO, Element, Order, OrderItem, Row, Tenant

REASONS = frozenset({"00", "50", "52", "61"})
"""Reasons for rejection this tenant has been set up with."""
BLOCKS = frozenset({"", "01", "Z1"})
"""Delivery blocks this tenant has been set up with, and none."""
_UNKNOWN = "/IWBEP/CM_MGW_RT/020"
_ITEM = r"SalesOrder='(?P<order>\d{1,10})',SalesOrderItem='(?P<item>\d{1,6})'"
_ELEMENT = (
    r"PricingProcedureStep='(?P<step>\d{1,3})',PricingProcedureCounter='(?P<counter>\d{1,3})'"
)
_ORDER = r"SalesOrder='(?P<order>\d{1,10})'"
ORDER = re.compile(r"A_SalesOrder\('(?P<order>\d{1,10})'\)")
ADDRESS = re.compile(
    rf"A_SalesOrderPartnerAddress\({_ORDER},PartnerFunction='(?P<function>\w{{0,2}})',"
    r"AddressRepresentationCode=''\)"
)

type Named = Mapping[str, str]
type Made = Row | None


def order_of(tenant: Tenant, number: str) -> Order:
    found = tenant.orders.of(number)
    if not found:
        raise _unknown(f"Sales order {number}")
    return found[0]


def address_of(order: Order, function: str) -> Row:
    """The address of a partner, where the order has one of its own."""
    if function not in order.addresses:
        raise _unknown(f"Address of partner {function} of sales order {order.number}")
    return order.addresses[function]


def written(
    tenant: Tenant, method: str, name: str, body: object, etag: str | None, now: datetime
) -> tuple[HTTPStatus, Made] | None:
    """Do what a request asks of an order or a part of it; None if there is no such request."""
    for wanted, pattern, act in _ACTS:
        found = pattern.fullmatch(name) if wanted == method else None
        if found is not None:
            order = order_of(tenant, found["order"])
            if method != "POST":
                _as_read(order, etag)
            made = act(tenant, order, found.groupdict(), body)
            order.touch(now)
            return (HTTPStatus.NO_CONTENT if made is None else HTTPStatus.CREATED), made
    return None


def _as_read(order: Order, etag: str | None) -> None:
    if etag is None:
        message = "Precondition required: send If-Match"
        raise Refused("/IWBEP/CM_MGW_RT/000", message, status=HTTPStatus.PRECONDITION_REQUIRED)
    if etag not in {"*", order.etag}:
        message = "The order was changed by another user"
        raise Refused("/IWBEP/CM_MGW_RT/010", message, status=HTTPStatus.PRECONDITION_FAILED)


def _change_header(_tenant: Tenant, order: Order, _named: Named, body: object) -> Made:
    wish = checked(body, HEADER_CHANGE, "A_SalesOrderType")
    if "DeliveryBlockReason" in wish:
        _may_be_blocked(order, str(wish["DeliveryBlockReason"]))
    order.header.update({name: str(value) for name, value in wish.items()})
    return None


def _may_be_blocked(order: Order, block: str) -> None:
    if block not in BLOCKS:
        message = f"Delivery block {block} is not defined"
        raise Refused("V1/046", message, field="DeliveryBlockReason")
    live = [item for item in order.items if not item.rejected]
    if live and all(item.delivery == "C" for item in live):
        raise Refused("V1/559", f"Sales order {order.number} has been delivered completely")


def _change_item(_tenant: Tenant, order: Order, named: Named, body: object) -> Made:
    item, number = _item(order, named), named["item"]
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
    return None


def _add_item(tenant: Tenant, order: Order, _named: Named, body: object) -> Made:
    order.items.append(item_of(tenant, len(order.items) + 1, body, order.currency))
    return item_rows(order)[-1]


def _add_element(tenant: Tenant, order: Order, named: Named, body: object) -> Made:
    held, allowed = _elements(tenant, order, named)
    made = condition(body, order.currency, allowed, held)
    held.append(made)
    return element_row(made)


def _change_element(tenant: Tenant, order: Order, named: Named, body: object) -> Made:
    held, _ = _elements(tenant, order, named)
    one = _element(held, named)
    wish = checked(body, ORDER_PRICING, "PricingElement")
    if wish.get("ConditionType", one.condition) != one.condition:
        raise Refused("V1/802", "A condition keeps its type", field="ConditionType")
    if wish.get("ConditionCurrency", one.currency) != one.currency:
        raise Refused("V1/817", "Currency of condition and order differ", field="ConditionCurrency")
    if "ConditionRateValue" in wish:
        one.rate = decimal(wish["ConditionRateValue"], "ConditionRateValue")
    if "ConditionQuantity" in wish:
        one.per = decimal(wish["ConditionQuantity"], "ConditionQuantity")
    return None


def _drop_element(tenant: Tenant, order: Order, named: Named, _body: object) -> Made:
    held, _ = _elements(tenant, order, named)
    held.remove(_element(held, named))
    return None


def _change_address(_tenant: Tenant, order: Order, named: Named, body: object) -> Made:
    address = address_of(order, named["function"])
    wish = checked(body, ORDER_ADDRESS, "A_SalesOrderPartnerAddressType")
    order.addresses[named["function"]] = whole_address({**address, **wish})
    return None


def _elements(tenant: Tenant, order: Order, named: Named) -> tuple[list[Element], frozenset[str]]:
    """Conditions of an item or of the header that may still change, and those it may have."""
    if named.get("item"):
        item = _item(order, named)
        if tenant.billed[order.number, item.item] >= item.quantity:
            raise Refused("V1/501", f"Item {item.item} has been invoiced completely")
        return item.elements, OF_ITEM
    if any(tenant.billed[order.number, item.item] > ZERO for item in order.items):
        raise Refused("V1/502", f"Sales order {order.number} has been invoiced in part")
    return order.elements, frozenset({FREIGHT})


def _element(held: list[Element], named: Named) -> Element:
    key = named["step"], named["counter"]
    for one in held:
        if (one.step, one.counter) == key:
            return one
    raise _unknown(f"Pricing element {key[0]}/{key[1]}")


def _item(order: Order, named: Named) -> OrderItem:
    number = named["item"]
    for item in order.items:
        if item.item == number.lstrip("0"):
            return item
    raise _unknown(f"Item {number} of sales order {order.number}")


def _unknown(what: str) -> Refused:
    return Refused(_UNKNOWN, f"{what} does not exist", status=HTTPStatus.NOT_FOUND)


def _reject(item: OrderItem, reason: str) -> None:
    if reason not in REASONS:
        message = f"Reason for rejection {reason} is not defined"
        raise Refused("V1/045", message, field="SalesDocumentRjcnReason")
    item.rejected = reason


_OF_ITEM = re.compile(rf"A_SalesOrderItem\({_ITEM}\)")
_ITEM_ELEMENT = re.compile(rf"A_SalesOrderItemPrElement\({_ITEM},{_ELEMENT}\)")
_HEADER_ELEMENT = re.compile(rf"A_SalesOrderHeaderPrElement\({_ORDER},{_ELEMENT}\)")
_ACTS: Final[
    tuple[tuple[str, re.Pattern[str], Callable[[Tenant, Order, Named, object], Made]], ...]
] = (
    ("PATCH", ORDER, _change_header),
    ("PATCH", _OF_ITEM, _change_item),
    ("PATCH", _ITEM_ELEMENT, _change_element),
    ("PATCH", _HEADER_ELEMENT, _change_element),
    ("DELETE", _ITEM_ELEMENT, _drop_element),
    ("DELETE", _HEADER_ELEMENT, _drop_element),
    ("PATCH", ADDRESS, _change_address),
    ("POST", re.compile(ORDER.pattern + "/to_Item"), _add_item),
    ("POST", re.compile(ORDER.pattern + "/to_PricingElement"), _add_element),
    ("POST", re.compile(_OF_ITEM.pattern + "/to_PricingElement"), _add_element),
)
