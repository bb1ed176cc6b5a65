"""Changing what a sales order holds beside its lines: freight, address, a delivery block.

Source: API_SALES_ORDER_SRV. Freight is items of an article of its own or conditions of the header;
an address is PATCH A_SalesOrderPartnerAddress, which tenants before 2021 do not have: they refuse.
A block is DeliveryBlockReason of A_SalesOrder; which codes there are is the tenant's customising.
"""

from collections.abc import Callable, Mapping

from shared.connectors.sap import addresses, orders, repricing, values
from shared.connectors.sap.order_schema import HeldItem
from shared.connectors.sap.settings import SapSettings
from shared.connectors.sap.writes import SERVICE, Editing, Write
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.case import ErpHeader, PartAmounts
from shared.model.order import Address, Order


def amended(
    editing: Editing, settings: SapSettings, order: Order, wish: ErpHeader | None
) -> tuple[tuple[str, ...], str]:
    """(members that stay as they were, why); without a reason where goods had left."""
    if wish is None:
        return (), ""
    header = _Header(editing, settings, order, wish)
    parts: dict[str, Callable[[], Write | None]] = {
        "blocked": header.block,
        "freight": header.freight,
        "address": header.address,
        "shipping_condition": header.shipping_condition,
    }
    left = ["freight"] if header.has_left() else []
    left += ["blocked"] if header.block_is_late() else []
    why = []
    for name, plan in parts.items():
        if name in left:
            continue
        try:
            editing.bring(plan)
        except RejectedError as error:
            left.append(name)
            if name != "blocked" or not header.block_is_late():
                why.append(f"{name}: {error}")
    return tuple(left), "; ".join(why)


@frozen
class _Header:
    editing: Editing
    settings: SapSettings
    order: Order
    wish: ErpHeader

    def has_left(self) -> bool:
        """Whether freight is to end of an order of which goods have left."""
        items = self.editing.held.items
        return not self.wish.freight and any(x.delivery in {"B", "C"} for x in items)

    def block_is_late(self) -> bool:
        """Whether nothing is left that could be kept back."""
        return self.wish.blocked and self._is_over()

    def _is_over(self) -> bool:
        """Whether nothing of the order is to leave any more."""
        return all(x.rejected or x.delivery == "C" for x in self.editing.held.items)

    def block(self) -> Write | None:
        """Another block, as staff may have set, keeps the goods as well, and is theirs to lift."""
        ours, held = self.settings.delivery_block, self.editing.held.block
        if self.wish.blocked and not held:
            if not ours:
                raise RejectedError(
                    "no delivery block is named for orders that may be fraud",
                    field="settings.delivery_block",
                    remedy="block the order in the ERP by hand, and name one in the settings",
                )
            return Write("PATCH", self.editing.key, {"DeliveryBlockReason": ours})
        if not self.wish.blocked and ours and held == ours and not self._is_over():
            return Write("PATCH", self.editing.key, {"DeliveryBlockReason": ""})
        return None

    def freight(self) -> Write | None:
        article = self._article
        if article is None:
            costs = next(iter(self.wish.freight.values()), None)
            return repricing.of_header(self.editing, costs, self.settings)
        return self._items(article)

    @property
    def _article(self) -> str | None:
        return self.order.terms.freight_sku if self.order.terms is not None else None

    def _items(self, article: str) -> Write | None:
        live = {
            item.tax_code: item
            for item in self.editing.held.items
            if item.material == article and not item.rejected and not item.position.strip("0")
        }
        for code, item in live.items():
            write = self._item(item, self.wish.freight.get(code))
            if write is not None:
                return write
        for code, costs in self.wish.freight.items():
            if code not in live:
                body = orders.freight_item(article, code, costs, self.settings)
                return Write("POST", f"{self.editing.key}/to_Item", body)
        return None

    def _item(self, item: HeldItem, costs: PartAmounts | None) -> Write | None:
        if costs is not None:
            return repricing.of_item(self.editing, item, costs, self.settings)
        body: dict[str, Json] = {"SalesDocumentRjcnReason": self.settings.rejection_reason}
        return Write("PATCH", self.editing.item_key(item), body)

    def shipping_condition(self) -> Write | None:
        wanted = self.wish.shipping_condition
        if wanted is None or wanted == self.editing.held.shipping_condition:
            return None
        return Write("PATCH", self.editing.key, {"ShippingCondition": wanted})

    def address(self) -> Write | None:
        terms, address = self.order.terms, self.wish.address
        if address is None or terms is None:
            return None
        if not terms.send_address:
            raise RejectedError(
                "the address is that of the customer",
                field="shipping_address",
                remedy=f"change the address of customer {terms.sold_to} in the ERP",
            )
        if not self.settings.ship_to_function:
            return None
        return self._address(address)

    def _address(self, address: Address) -> Write | None:
        key = (
            f"A_SalesOrderPartnerAddress(SalesOrder={values.quoted(self.editing.number)},"
            f"PartnerFunction={values.quoted(self.settings.ship_to_function)},"
            "AddressRepresentationCode='')"
        )
        held = self.editing.gateway.entity(SERVICE, key, {})
        wanted = addresses.of_changed(address, self.order.customer.email)
        return None if _same(held, wanted) else Write("PATCH", key, wanted)


def _same(held: Mapping[str, Json], wanted: Mapping[str, Json]) -> bool:
    return all((held.get(name) or "") == value for name, value in wanted.items())
