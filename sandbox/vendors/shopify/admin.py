"""The Admin API of the shop: which field of the table is answered by what."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from graphql import GraphQLError

from sandbox.vendors.shopify.catalogue import Catalogue
from sandbox.vendors.shopify.despatch import Despatch
from sandbox.vendors.shopify.inventory import Inventory
from sandbox.vendors.shopify.order_views import (
    fulfilment_view,
    order_view,
    placement_view,
    refund_view,
)
from sandbox.vendors.shopify.refunds import Refunds
from sandbox.vendors.shopify.return_views import return_status, returns_field
from sandbox.vendors.shopify.state import PAGE_MAX, Order, Shop, number
from sandbox.vendors.shopify.views import View, at_most, item_view, product_view, variant_view

_QUERY = re.compile(r"^updated_at:>='(?P<since>[^']+)'$")


@dataclass(slots=True)
class Admin:
    """`root` maps every root field to its resolver."""

    shop: Shop
    catalogue: Catalogue
    inventory: Inventory
    despatch: Despatch
    refunds: Refunds

    def root(self) -> Mapping[str, object]:
        return {
            "productByIdentifier": self.catalogue.product_by_identifier,
            "nodes": self._nodes,
            "order": self._order,
            "orders": self._orders,
            "refund": self._refund,
            "fulfillment": self._fulfilment,
            "fulfillmentOrder": self._placement,
            "productSet": self.catalogue.product_set,
            "productVariantsBulkUpdate": self.catalogue.bulk_update,
            "publishablePublish": self.catalogue.publishable_publish,
            "refundCreate": self.refunds.create,
            "inventorySetQuantities": self.inventory.set_quantities,
            "inventoryActivate": self.inventory.activate,
            "fulfillmentCreate": self.despatch.create,
            "fulfillmentTrackingInfoUpdate": self.despatch.track,
        }

    def _nodes(self, _info: object, ids: list[str]) -> list[View | None]:
        at_most(ids, "ids")
        return [self._node(name) for name in ids]

    def _node(self, name: str) -> View | None:
        variant = self.shop.variants.get(number("ProductVariant", name) or 0)
        if variant is not None:
            return variant_view(self.shop, variant)
        item = self.shop.variants.get(number("InventoryItem", name) or 0)
        if item is not None:
            return item_view(self.shop, item)
        product = self.shop.products.get(number("Product", name) or 0)
        return product_view(self.shop, product) if product is not None else None

    def _order(self, _info: object, **given: object) -> View | None:
        order = self.shop.orders.get(number("Order", given["id"]) or 0)
        return self._view(order) if order is not None else None

    def _view(self, order: Order) -> View:
        returns = {
            "returnStatus": return_status(order),
            "returns": returns_field(self.shop, order),
        }
        return {**order_view(self.shop, order), **returns}

    def _orders(
        self,
        _info: object,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "ID",  # noqa: N803 - the vendor's argument
    ) -> View:
        """Orders by id or by their last change; a cursor is a place in that order."""
        if first is None or not 0 < first <= PAGE_MAX:
            raise GraphQLError(f"first must be between 1 and {PAGE_MAX}")
        since = _since(query)
        keyed = [
            (_sort_key(order, sortKey), order)
            for order in self.shop.orders.values()
            if since is None or order.updated_at >= since
        ]
        keyed.sort(key=lambda row: row[0])
        start = _decoded(after)
        rest = [row for row in keyed if start is None or row[0] > start]
        shown = rest[:first]
        return {
            "nodes": [self._view(order) for _, order in shown],
            "pageInfo": {
                "hasNextPage": len(rest) > len(shown),
                "endCursor": _encoded(shown[-1][0]) if shown else None,
            },
        }

    def _refund(self, _info: object, **given: object) -> View | None:
        wanted = number("Refund", given["id"])
        order = self.shop.orders.get(self.shop.refunds.get(wanted or 0, 0))
        if order is None:
            return None
        found = next(r for r in order.refunds if r.refund_id == wanted)
        return refund_view(self.shop, order, found)

    def _fulfilment(self, _info: object, **given: object) -> View | None:
        wanted = number("Fulfillment", given["id"])
        order = self.shop.orders.get(self.shop.fulfilments.get(wanted or 0, 0))
        if order is None:
            return None
        found = next(f for f in order.fulfilments if f.fulfilment_id == wanted)
        return fulfilment_view(self.shop, order, found)

    def _placement(self, _info: object, **given: object) -> View | None:
        wanted = number("FulfillmentOrder", given["id"])
        order = self.shop.orders.get(self.shop.placements.get(wanted or 0, 0))
        if order is None:
            return None
        found = next(p for p in order.placements if p.placement_id == wanted)
        return placement_view(self.shop, order, found)


SortKey = tuple[str, int]


def _sort_key(order: Order, by: str) -> SortKey:
    at = {"UPDATED_AT": order.updated_at, "CREATED_AT": order.created_at}.get(by)
    return (at.isoformat() if at else "", order.order_id)


def _since(query: str | None) -> datetime | None:
    """The one filter the simulator knows; another is an error rather than no filter at all."""
    if not query:
        return None
    match = _QUERY.match(query)
    if match is None:
        raise GraphQLError(f"the simulator cannot filter by {query!r}")
    return datetime.fromisoformat(match["since"])


def _encoded(key: SortKey) -> str:
    return base64.urlsafe_b64encode(f"{key[0]}|{key[1]}".encode()).decode()


def _decoded(cursor: str | None) -> SortKey | None:
    if not cursor:
        return None
    try:
        at, _, order_id = base64.urlsafe_b64decode(cursor).decode().partition("|")
        return at, int(order_id)
    except ValueError as error:
        raise GraphQLError("invalid cursor") from error
