"""Reading orders: one by its id, or a page of those that changed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from pydantic import ValidationError

from shared.connectors.amazon import order_schema, orders, plans
from shared.connectors.amazon.api import Call, SellingPartnerApi, reader
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.order import Order
from shared.model.retailer import Channel
from shared.ports import Clock, Page, Refusal

ROOT = "/orders/2026-01-01/orders"
INCLUDED = "PROCEEDS,FULFILLMENT,CANCELLATION"  # neither buyer nor recipient
PAGE = 100


@frozen
class Orders:
    api: SellingPartnerApi
    settings: AmazonSettings
    channel: Channel
    clock: Clock

    def read(self, external_id: str) -> Order | None:
        """One order; None when the seller has none of this id."""
        node = self.raw(external_id, INCLUDED)
        return None if node is None else self._order(node)

    def raw(self, external_id: str, included: str) -> Mapping[str, object] | None:
        path = f"{ROOT}/{quote(external_id, safe='')}"
        call = Call(plans.GET_ORDER, "GET", path, {"includedData": included})
        answer = reader(self.api, order_schema.OrderAnswer)(call)
        return None if answer is None else answer.order

    def since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        """Orders by the instant they last changed; one that cannot be read is a refusal.

        Further pages are asked for with the same instant: `page` is `<instant> <token>`.
        """
        after, _, token = (page or "").partition(" ")
        after = after or _instant(since or self._first())
        params = {
            "lastUpdatedAfter": after,
            "marketplaceIds": self.settings.marketplace_id,
            "fulfilledBy": ",".join(self.settings.fulfilled_by),
            "includedData": INCLUDED,
            "maxResultsPerPage": str(PAGE),
        }
        if token:
            params["paginationToken"] = token
        answer = self.api.call(
            Call(plans.SEARCH_ORDERS, "GET", ROOT, params), order_schema.OrdersPage
        )
        items: list[Order] = []
        refused: list[Refusal] = []
        for node in answer.orders:
            try:
                items.append(self._order(node))
            except RejectedError as error:
                refused.append(_refusal(node, error))
        following = answer.pagination.next_token if answer.pagination else None
        return Page(items, f"{after} {following}" if following else None, refused)

    def _first(self) -> datetime:
        return self.clock.now() - timedelta(days=self.settings.first_poll_days)

    def _order(self, node: Mapping[str, object]) -> Order:
        return orders.to_order(parsed(node), channel=self.channel, settings=self.settings)


def parsed(node: Mapping[str, object]) -> order_schema.Order:
    try:
        return order_schema.Order.model_validate(node)
    except ValidationError as error:
        raise orders.unreadable(str(node.get("orderId", "?")), error) from error


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _refusal(node: Mapping[str, object], error: RejectedError) -> Refusal:
    return Refusal(
        subject=str(node.get("orderId") or "?"),
        field=error.field or "",
        value=str(error.value if error.value is not None else ""),
        message=str(error),
        remedy=error.remedy or "",
    )
