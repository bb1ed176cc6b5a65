"""Creating a sales order: every property checked, the total computed from what was sent."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sandbox.vendors.sap.entities import (
    ORDER_ADDRESS,
    ORDER_HEADER,
    ORDER_ITEM,
    ORDER_PARTNER,
    ORDER_PRICING,
    ORDER_REQUIRED,
)
from sandbox.vendors.sap.refusals import Refused
from sandbox.vendors.sap.tenant import ZERO, Element, Order, OrderItem, Row, Tenant

PRICE, DISCOUNT, FREIGHT, TAX = "PMP0", "RB00", "HD00", "MWST"
OF_ITEM = frozenset({PRICE, DISCOUNT})
STEPS = {PRICE: "11", DISCOUNT: "101", FREIGHT: "815", TAX: "915"}
"""Where the tenant's pricing procedure has each condition type."""
_KEPT = (
    "ShippingCondition",
    "DeliveryBlockReason",
    "CustomerPaymentTerms",
    "CustomerTaxClassification1",
)
_INVALID = "005056A509B11ED1BEB1513DD7B12C7C"


def create(tenant: Tenant, body: object, now: datetime) -> Order:
    """Take an order, or refuse it naming the property; nothing is kept of a refused one."""
    header = checked(body, ORDER_HEADER, "A_SalesOrderType")
    for name in ORDER_REQUIRED:
        if not header.get(name):
            raise Refused("V1/320", f"Enter a value for {name}", field=name)
    _customer(tenant, header)
    rows = header.get("to_Item")
    if not isinstance(rows, list) or not rows:
        raise Refused("V1/331", "The sales order has no items", field="to_Item")
    partners = [_partner(partner) for partner in _list(header.get("to_Partner"))]
    currency = str(header.get("TransactionCurrency") or "EUR")
    items = [item_of(tenant, i, row, currency) for i, row in enumerate(rows, start=1)]
    order = Order(
        number=tenant.next("5", 8),
        header={
            name: str(header.get(name) or "")
            for name in (*ORDER_REQUIRED, "PurchaseOrderByCustomer", *_KEPT)
        },
        currency=currency,
        elements=conditions(header.get("to_PricingElement"), currency, {FREIGHT}),
        items=items,
        changed_at=now,
        addresses={function: address for function, address in partners if address},
    )
    tenant.add_order(order)
    return order


def _customer(tenant: Tenant, header: Mapping[str, object]) -> None:
    """He must exist, be open for orders, and be known in the order's sales area."""
    name = str(header["SoldToParty"])
    if name not in tenant.customers:
        raise Refused("VP/199", f"Customer {name} does not exist", field="SoldToParty")
    partner = tenant.partners.get(name)
    if partner is None:
        return
    if partner.blocked:
        raise Refused("VP/200", f"Customer {name} is blocked", field="SoldToParty")
    area = ("SalesOrganization", "DistributionChannel", "OrganizationDivision")
    if partner.areas is not None and tuple(str(header[n]) for n in area) not in partner.areas:
        raise Refused("VP/201", f"Customer {name} is not in the sales area", field="SoldToParty")


def _partner(body: object) -> tuple[str, Row]:
    """(function, address of its own)."""
    partner = checked(body, ORDER_PARTNER, "A_SalesOrderHeaderPartnerType")
    found: Row = {}
    for address in _list(partner.get("to_Address")):
        found = whole_address(checked(address, ORDER_ADDRESS, "A_SalesOrderPartnerAddressType"))
    return str(partner.get("PartnerFunction") or ""), found


def whole_address(row: Row) -> Row:
    for name in ("CityName", "Country"):
        if not row.get(name):
            raise Refused("AM/022", f"Enter a value for {name}", field=name)
    return row


def item_of(tenant: Tenant, place: int, body: object, currency: str) -> OrderItem:
    """An item of an order, or the body of one that is added to it."""
    row = checked(body, ORDER_ITEM, "A_SalesOrderItemType")
    name = str(row.get("Material") or "")
    material = tenant.material(name)
    if material is None:
        raise Refused("V1/382", f"Material {name} does not exist", field="Material")
    if material.deleted:
        raise Refused("V1/028", f"Material {name} is marked for deletion", field="Material")
    return OrderItem(
        item=str(place * 10),
        material=name,
        quantity=quantity_of(row.get("RequestedQuantity")),
        position=str(row.get("UnderlyingPurchaseOrderItem") or ""),
        elements=conditions(row.get("to_PricingElement"), currency, OF_ITEM),
        tax_code=str(row.get("ProductTaxClassification1") or ""),
    )


def quantity_of(value: object) -> Decimal:
    quantity = decimal(value, "RequestedQuantity")
    if quantity <= 0:
        raise Refused("V1/347", "Enter a quantity above zero", field="RequestedQuantity")
    return quantity


def elements(
    rows: object, quantity: Decimal, currency: str, allowed: set[str]
) -> tuple[Decimal, Decimal]:
    """(net, tax) of manual conditions for so many units."""
    price, once, tax = parts(rows, currency, allowed)
    return (price * quantity).quantize(Decimal("0.01")) + once, tax


def parts(rows: object, currency: str, allowed: set[str]) -> tuple[Decimal, Decimal, Decimal]:
    """(price per unit, what counts once, tax) of manual conditions."""
    sums = dict.fromkeys(("price", "once", "tax"), ZERO)
    for each in conditions(rows, currency, allowed):
        sums[each.kind] += each.amount
    return sums["price"], sums["once"], sums["tax"]


def conditions(rows: object, currency: str, allowed: Collection[str]) -> list[Element]:
    """Manual conditions as they are kept, each under the step its type has in the procedure."""
    found: list[Element] = []
    for body in _list(rows):
        found.append(condition(body, currency, allowed, found))
    return found


def condition(
    body: object, currency: str, allowed: Collection[str], beside: Sequence[Element]
) -> Element:
    row = checked(body, ORDER_PRICING, "PricingElement")
    name = str(row.get("ConditionType") or "")
    if name not in allowed and name != TAX:
        raise Refused("V1/801", f"Condition type {name} is not allowed", field="ConditionType")
    if row.get("ConditionCurrency") != currency:
        raise Refused("V1/817", "Currency of condition and order differ", field="ConditionCurrency")
    rate = decimal(row.get("ConditionRateValue"), "ConditionRateValue")
    said = row.get("ConditionQuantity")
    per = None if said is None else decimal(said, "ConditionQuantity")
    kind = {TAX: "tax", PRICE: "price"}.get(name, "once")
    counter = sum(each.condition == name for each in beside) + 1
    return Element(name, kind, rate, currency, per, STEPS[name], str(counter))


def checked(body: object, fields: Mapping[str, int], kind: str) -> dict[str, object]:
    """The body if it holds nothing but these properties, each as long as it may be."""
    if not isinstance(body, dict):
        raise Refused(_INVALID, f"{kind} is not an object")
    for name, value in body.items():
        if name not in fields:
            raise Refused(_INVALID, f"Property {name} at {kind} is invalid", field=name)
        if fields[name] and not isinstance(value, str):
            raise Refused(_INVALID, f"Property {name} has an invalid value", field=name)
        if fields[name] and len(str(value)) > fields[name]:
            raise Refused(_INVALID, f"Property {name} is longer than {fields[name]}", field=name)
    return body


def decimal(value: object, name: str) -> Decimal:
    """Decimals come as strings in OData V2; a number is refused."""
    try:
        return Decimal(value if isinstance(value, str) else "nothing")
    except InvalidOperation:
        raise Refused(_INVALID, f"Property {name} has an invalid value", field=name) from None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
