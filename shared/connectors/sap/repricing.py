"""What an item or the header costs, brought to other amounts by its manual conditions.

Source: API_SALES_ORDER_SRV (POST to_PricingElement; PATCH and DELETE A_SalesOrderItemPrElement and
A_SalesOrderHeaderPrElement). SAP keeps an absolute amount when a quantity changes, so each change
of units says all of its amounts anew. One write at a time: the next is found by reading again.
"""

from collections.abc import Mapping, Sequence

from shared.connectors.sap.order_schema import HeldItem, PricingElement
from shared.connectors.sap.orders import element
from shared.connectors.sap.settings import SapSettings
from shared.connectors.sap.writes import Editing, Write
from shared.model.case import PartAmounts
from shared.model.money import Money


def of_item(
    editing: Editing, item: HeldItem, costs: PartAmounts, settings: SapSettings
) -> Write | None:
    """What is to be written next so that an item costs this; None if it does."""
    wanted = {
        settings.price_condition: costs.price,
        settings.discount_condition: -costs.off,
        settings.tax_condition: costs.tax,
    }
    per = {settings.price_condition: "1"}
    return _next(editing, item, item.elements, wanted, per)


def of_header(editing: Editing, costs: PartAmounts | None, settings: SapSettings) -> Write | None:
    """The same of the freight of the whole order, which ends where there are no `costs`."""
    nothing = Money.zero(editing.held.currency)
    wanted = {
        settings.freight_condition: costs.price if costs else nothing,
        settings.tax_condition: costs.tax if costs else nothing,
    }
    return _next(editing, None, editing.held.elements, wanted, {})


def _next(
    editing: Editing,
    item: HeldItem | None,
    held: Sequence[PricingElement],
    wanted: Mapping[str, Money],
    per: Mapping[str, str],
) -> Write | None:
    for condition, amount in wanted.items():
        there = [x for x in held if x.kind == condition and not x.inactive]
        if not there and amount.amount:
            key = editing.item_key(item) if item is not None else editing.key
            body = element(condition, amount, per=per.get(condition))
            return Write("POST", f"{key}/to_PricingElement", body)
        if not there or (len(there) == 1 and _rate(there[0]) == amount.decimal()):
            continue
        key = editing.element_key(item, there[-1].step, there[-1].counter)
        if len(there) > 1 or (not amount.amount and condition not in per):
            return Write("DELETE", key)
        return Write("PATCH", key, element(condition, amount, per=per.get(condition)))
    return None


def _rate(held: PricingElement) -> object:
    return held.rate / held.per if held.per else held.rate
