"""Sales orders: the deep insert, and what SAP stored, to the cent.

Source: API_SALES_ORDER_SRV (A_SalesOrder with to_Item, to_PricingElement, to_Partner). Every amount
goes as a manual condition, so that SAP's total is the channel's and not a second opinion. Where
prices contain the tax no tax condition is sent; where they do not, the channel's tax goes along.
"""

from collections.abc import Mapping

from shared.connectors.sap import addresses, values
from shared.connectors.sap.order_schema import OrderRow
from shared.connectors.sap.settings import SapSettings
from shared.domain import amounts
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.case import PartAmounts
from shared.model.money import Money
from shared.model.order import Order, OrderLine
from shared.model.order_terms import OrderTerms
from shared.ports import PostedOrder


def body_of(order: Order, reference: str, settings: SapSettings) -> dict[str, Json]:
    """The body of POST A_SalesOrder; lines are numbered by their place in the order."""
    settings = settings.of(order)
    body: dict[str, Json] = {
        "SalesOrderType": settings.order_type,
        "SalesOrganization": settings.sales_organization,
        "DistributionChannel": settings.distribution_channel,
        "OrganizationDivision": settings.division,
        "SoldToParty": settings.sold_to,
        "PurchaseOrderByCustomer": reference,
        "CustomerPurchaseOrderDate": values.ticks(
            order.placed_at.replace(hour=0, minute=0, second=0, microsecond=0)
        ),
        "TransactionCurrency": order.currency,
        **_terms(order),
        "to_Item": [
            *(item(i, line, order, settings) for i, line in enumerate(order.lines, start=1)),
            *_freight_items(order, settings),
        ],
    }
    header = _header(order, settings)
    if header:
        body["to_PricingElement"] = header
    partners = _partners(order, settings)
    if partners:
        body["to_Partner"] = partners
    return body


def _terms(order: Order) -> dict[str, Json]:
    """What the retailer's rules say of the whole order."""
    if order.terms is None:
        return {}
    said = {
        "ShippingCondition": order.terms.shipping_condition,
        "CustomerPaymentTerms": order.terms.payment_terms,
        "CustomerTaxClassification1": order.terms.customer_tax,
    }
    return {name: value for name, value in said.items() if value is not None}


def _partners(order: Order, settings: SapSettings) -> list[Json]:
    """Who gets the goods, and where, if that is not the one who pays or not at his address."""
    address = order.shipping_address if order.terms and order.terms.send_address else None
    function = settings.ship_to_function
    if not function or not (settings.ship_to or address):
        return []
    partner: dict[str, Json] = {
        "PartnerFunction": function,
        "Customer": settings.ship_to or settings.sold_to,
    }
    if address is not None:
        partner["to_Address"] = [addresses.of_order(address, order.customer.email)]
    return [partner]


def item(
    place: int,
    line: OrderLine,
    order: Order,
    settings: SapSettings,
    costs: PartAmounts | None = None,
) -> dict[str, Json]:
    """An item of a new order, or the body of POST A_SalesOrder('n')/to_Item."""
    if line.sku is None:
        raise RejectedError(
            f"line {line.line_id} of order {order.number} has no SKU",
            field=f"lines.{place - 1}.sku",
            value=line.channel_sku,
            remedy="map the code to a SKU",
        )
    return {
        "Material": line.sku,
        "RequestedQuantity": str(line.quantity),
        "UnderlyingPurchaseOrderItem": str(place),
        **_of_line(line.line_id, order.terms),
        "to_PricingElement": _elements(costs or amounts.of_line(order, line), settings),
    }


def _elements(part: PartAmounts, settings: SapSettings) -> list[Json]:
    return [
        element(settings.price_condition, part.price, per="1"),
        *absolute(settings.discount_condition, -part.off),
        *absolute(settings.tax_condition, part.tax),
    ]


def _of_line(line_id: str, terms: OrderTerms | None) -> dict[str, Json]:
    """What the retailer's rules say of one line: its tax, and where it leaves from."""
    if terms is None:
        return {}
    plant, _, storage = terms.ship_from.get(line_id, "").partition("/")
    said = {
        "ProductTaxClassification1": terms.tax_codes.get(line_id),
        "ProductionPlant": plant,
        "StorageLocation": storage,
    }
    return {name: value for name, value in said.items() if value}


def _freight_items(order: Order, settings: SapSettings) -> list[Json]:
    """Freight as items, one for each of its tax codes, where the rules name an article for it."""
    terms = order.terms
    if terms is None or terms.freight_sku is None:
        return []
    parts = amounts.freight(order)
    return [freight_item(terms.freight_sku, code, part, settings) for code, part in parts.items()]


def freight_item(
    article: str, code: str, part: PartAmounts, settings: SapSettings
) -> dict[str, Json]:
    """An item for freight. It bears no number of ours: nothing is carried of it."""
    one: dict[str, Json] = {"Material": article, "RequestedQuantity": "1"}
    if code:
        one["ProductTaxClassification1"] = code
    return {**one, "to_PricingElement": _freight(part, settings, settings.price_condition)}


def _header(order: Order, settings: SapSettings) -> list[Json]:
    """Freight of the whole order, unless it is an item."""
    if order.terms is not None and order.terms.freight_sku is not None:
        return []
    parts = amounts.freight(order).values()
    return [x for part in parts for x in _freight(part, settings, settings.freight_condition)]


def _freight(part: PartAmounts, settings: SapSettings, condition: str) -> list[Json]:
    return [*absolute(condition, part.price), *absolute(settings.tax_condition, part.tax)]


def absolute(condition: str, amount: Money) -> list[Json]:
    """A manual condition of so much for the whole item or document; none for nothing."""
    return [element(condition, amount)] if amount.amount else []


def element(condition: str, amount: Money, *, per: str | None = None) -> dict[str, Json]:
    """A manual condition; `per` is the quantity the amount is for."""
    found: dict[str, Json] = {
        "ConditionType": condition,
        "ConditionRateValue": amount.text(),
        "ConditionCurrency": amount.currency,
    }
    if per is not None:
        found["ConditionQuantity"] = per
    return found


def posted(row: OrderRow, line_ids: Mapping[str, str]) -> PostedOrder:
    """What SAP stored. Its total is net plus tax, comparable with the channel's."""
    gross = row.net + sum((item.tax for item in row.items), start=row.net * 0)
    amount = Money.parse(gross, row.currency)
    items = {
        line_ids.get(item.position, item.position): item.item.lstrip("0")
        for item in row.items
        if item.position
    }
    return PostedOrder(
        erp_order=row.number,
        total_minor=amount.amount,
        currency=row.currency,
        items=items,
        units={
            line_ids.get(item.position, item.position): int(item.quantity)
            for item in row.items
            if item.position and item.quantity is not None
        },
        withdrawn=bool(row.items) and all(item.rejected for item in row.items),
        delivered=any(item.on_its_way for item in row.items),
    )


def places(order: Order) -> dict[str, str]:
    """Place in the order -> the channel's line id."""
    return {str(i): line.line_id for i, line in enumerate(order.lines, start=1)}
