"""Sales orders: the deep insert, and what SAP stored, to the cent.

Source: API_SALES_ORDER_SRV (A_SalesOrder with to_Item, to_PricingElement, to_Partner). Every amount
goes as a manual condition, so that SAP's total is the channel's and not a second opinion. Where
prices contain the tax no tax condition is sent; where they do not, the channel's tax goes along.
"""

from collections.abc import Mapping, Sequence

from shared.connectors.sap import values
from shared.connectors.sap.schema import OrderRow
from shared.connectors.sap.settings import SapSettings
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.money import Money, total
from shared.model.order import Discount, Order, OrderLine, TaxLine
from shared.ports import PostedOrder


def body_of(order: Order, reference: str, settings: SapSettings) -> dict[str, Json]:
    """The body of POST A_SalesOrder; lines are numbered by their place in the order."""
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
        "to_Item": [item(i, line, order, settings) for i, line in enumerate(order.lines, start=1)],
    }
    header = _header(order, settings)
    if header:
        body["to_PricingElement"] = header
    if settings.ship_to and settings.ship_to_function:
        partner = {"PartnerFunction": settings.ship_to_function, "Customer": settings.ship_to}
        body["to_Partner"] = [dict[str, Json](partner)]
    return body


def item(place: int, line: OrderLine, order: Order, settings: SapSettings) -> dict[str, Json]:
    """An item of a new order, or the body of POST A_SalesOrder('n')/to_Item."""
    if line.sku is None:
        raise RejectedError(
            f"line {line.line_id} of order {order.number} has no SKU",
            field=f"lines.{place - 1}.sku",
            value=line.channel_sku,
            remedy="map the code to a SKU",
        )
    elements = [
        element(settings.price_condition, line.unit_price, per="1"),
        *absolute(settings.discount_condition, -total(order.currency, _amounts(line.discounts))),
    ]
    if not order.taxes_included:
        elements += absolute(settings.tax_condition, total(order.currency, _amounts(line.taxes)))
    return {
        "Material": line.sku,
        "RequestedQuantity": str(line.quantity),
        "UnderlyingPurchaseOrderItem": str(place),
        "to_PricingElement": elements,
    }


def _header(order: Order, settings: SapSettings) -> list[Json]:
    off = total(order.currency, (d.amount for s in order.shipping for d in s.discounts))
    elements = absolute(settings.freight_condition, order.freight() - off)
    if not order.taxes_included:
        taxes = total(order.currency, (t.amount for s in order.shipping for t in s.taxes))
        elements += absolute(settings.tax_condition, taxes)
    return elements


def _amounts(parts: Sequence[Discount | TaxLine]) -> list[Money]:
    return [part.amount for part in parts]


def absolute(condition: str, amount: Money) -> list[Json]:
    """A manual condition of so much for the whole item or document; none for nothing."""
    return [element(condition, amount)] if amount.amount else []


def element(condition: str, amount: Money, *, per: str | None = None) -> Json:
    """A manual condition; `per` is the quantity the amount is for."""
    element: dict[str, Json] = {
        "ConditionType": condition,
        "ConditionRateValue": amount.text(),
        "ConditionCurrency": amount.currency,
    }
    if per is not None:
        element["ConditionQuantity"] = per
    return element


def posted(row: OrderRow, line_ids: Mapping[str, str]) -> PostedOrder:
    """What SAP stored. Its total is net plus tax, comparable with the channel's."""
    gross = row.net + sum((item.tax for item in row.items.results), start=row.net * 0)
    amount = Money.parse(gross, row.currency)
    items = {
        line_ids.get(item.position, item.position): item.item.lstrip("0")
        for item in row.items.results
        if item.position
    }
    return PostedOrder(
        erp_order=row.number,
        total_minor=amount.amount,
        currency=row.currency,
        items=items,
        units={
            line_ids.get(item.position, item.position): int(item.quantity)
            for item in row.items.results
            if item.position and item.quantity is not None
        },
    )


def places(order: Order) -> dict[str, str]:
    """Place in the order -> the channel's line id."""
    return {str(i): line.line_id for i, line in enumerate(order.lines, start=1)}
