"""Reading orders: whole ones, however long, below the price of a single call.

An order's first lines, payments and places come with it; what does not fit is read page by page. A
long order may cost more points than a bucket holds: pages already read are kept for the next try,
as long as the order has not changed in between.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import ValidationError

from shared.connectors.shopify import orders, queries, schema
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.settings import ShopifySettings
from shared.errors import RejectedError, RetryableError
from shared.model.order import Order
from shared.model.retailer import Channel, Retailer
from shared.ports import Page, Refusal

KEPT = 8  # unfinished orders remembered


class _ChangedError(RetryableError):
    """The order is another one than the one whose first pages were read."""


@dataclass(slots=True)
class _Draft:
    """An order as far as it has been read; each cursor is None when its list is complete."""

    order: schema.Order
    lines: list[schema.LineItem]
    lines_after: str | None
    placed: list[schema.FulfilmentOrder]
    placed_after: str | None
    freight_whole: bool
    transactions: tuple[schema.Transaction, ...]
    refunds_wanted: list[str]
    refunds: list[schema.Refund] = field(default_factory=list)

    @classmethod
    def of(cls, order: schema.Order) -> "_Draft":
        return cls(
            order=order,
            lines=list(order.line_items.nodes),
            lines_after=order.line_items.next,
            placed=list(order.fulfillment_orders.nodes),
            placed_after=order.fulfillment_orders.next,
            freight_whole=order.shipping_lines.next is None,
            transactions=order.transactions,
            refunds_wanted=[refund.id for refund in order.refunds],
        )


@dataclass(frozen=True, slots=True)
class Orders:
    api: AdminApi
    settings: ShopifySettings
    retailer: Retailer
    connection: str
    channel: Channel
    _unfinished: dict[str, _Draft] = field(default_factory=dict)

    def read(self, external_id: str) -> Order | None:
        """One order by legacy or global id; None when the shop does not have it (any more)."""
        gid = orders.gid("Order", external_id)
        draft = self._unfinished.get(gid)
        if draft is not None:
            with suppress(_ChangedError):
                return self._finished(draft)
        lines = self.settings.order_lines
        variables = {"id": gid, "lines": lines}
        answer = self.api.call(queries.order_read(lines), variables, schema.OrderAnswer)
        return None if answer.order is None else self._finished(_Draft.of(answer.order))

    def since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        """Orders by the instant they last changed; one that cannot be read is a refusal."""
        lines = self.settings.order_lines
        first = queries.orders_page(lines)
        operation = queries.orders_changed(first, lines)
        query = None if since is None else _changed_from(since)
        variables = {"first": first, "after": page, "query": query, "lines": lines}
        answer = self.api.call(operation, variables, schema.OrdersPage)
        items: list[Order] = []
        refused: list[Refusal] = []
        for node in answer.orders.nodes:
            try:
                items.append(self._finished(self._begun(_read(node))))
            except RejectedError as error:
                refused.append(_refusal(node, error))
        return Page(items, answer.orders.next, refused)

    def _begun(self, order: schema.Order) -> _Draft:
        """An order just read, or what an earlier try read of it when it is still the same."""
        draft = self._unfinished.get(order.id)
        if draft is not None and draft.order.updated_at == order.updated_at:
            return draft
        return _Draft.of(order)

    def _finished(self, draft: _Draft) -> Order:
        """Read what is missing and map it; what was read survives a throttled call."""
        self._check(draft)
        gid = draft.order.id
        resumed = gid in self._unfinished
        self._remember(gid, draft)
        self._complete(draft)
        if resumed:
            self._verify(draft)
        del self._unfinished[gid]
        order = draft.order.model_copy(
            update={
                "line_items": schema.Connected[schema.LineItem](nodes=tuple(draft.lines)),
                "transactions": draft.transactions,
            }
        )
        assigned = orders.assigned(draft.placed)
        places = {
            line: name
            for line, location in assigned.items()
            if (name := self.retailer.location_at(self.connection, location)) is not None
        }
        return orders.to_order(order, channel=self.channel, refunds=draft.refunds, places=places)

    def _check(self, draft: _Draft) -> None:
        order = draft.order
        if order.test and self.settings.test_orders == "refuse":
            raise RejectedError(
                f"order {order.name} is a test order",
                code="test_order",
                field="test",
                value=True,
                remedy="nothing to do, or set test_orders to accept",
            )
        if not draft.freight_whole:
            raise RejectedError(
                f"order {order.name} has more shipping lines than are read",
                code="too_many",
                field="shippingLines",
                remedy="enter this order by hand",
            )

    def _remember(self, gid: str, draft: _Draft) -> None:
        while len(self._unfinished) >= KEPT and gid not in self._unfinished:
            del self._unfinished[next(iter(self._unfinished))]
        self._unfinished[gid] = draft

    def _complete(self, draft: _Draft) -> None:
        while draft.lines_after is not None:
            self._more_lines(draft)
        self._place(draft)
        lists = (draft.transactions, draft.refunds_wanted)
        if any(len(part) == queries.ORDER_LISTS for part in lists):
            self._long_lists(draft)
        while len(draft.refunds) < len(draft.refunds_wanted):
            draft.refunds.append(self._refund(draft.refunds_wanted[len(draft.refunds)]))

    def _verify(self, draft: _Draft) -> None:
        """What was read over several tries must still be the order that was begun."""
        stamp = self.api.call(queries.ORDER_STAMP, {"id": draft.order.id}, schema.StampAnswer)
        if stamp.order is None or stamp.order.updated_at != draft.order.updated_at:
            raise self._changed(draft)

    def _more_lines(self, draft: _Draft) -> None:
        variables = {"id": draft.order.id, "after": draft.lines_after}
        answer = self.api.call(queries.ORDER_LINES, variables, schema.LinesAnswer)
        if answer.order is None or answer.order.updated_at != draft.order.updated_at:
            raise self._changed(draft)
        draft.lines += answer.order.line_items.nodes
        draft.lines_after = answer.order.line_items.next

    def _place(self, draft: _Draft) -> None:
        """Where the lines lie: the rest of the fulfilment orders, and of their lines."""
        while draft.placed_after is not None:
            page = placements(self.api, draft.order.id, draft.placed_after)
            if page is None or page.updated_at != draft.order.updated_at:
                raise self._changed(draft)
            draft.placed += page.fulfillment_orders.nodes
            draft.placed_after = page.fulfillment_orders.next
        for i in range(len(draft.placed)):
            while draft.placed[i].line_items.next is not None:
                draft.placed[i] = with_more_lines(self.api, draft.placed[i])

    def _long_lists(self, draft: _Draft) -> None:
        answer = self.api.call(
            queries.ORDER_LONG_LISTS, {"id": draft.order.id}, schema.LongListsAnswer
        )
        if answer.order is None:
            raise self._changed(draft)
        draft.transactions = answer.order.transactions
        draft.refunds_wanted = [refund.id for refund in answer.order.refunds]

    def _refund(self, gid: str) -> schema.Refund:
        lines: list[schema.RefundLine] = []
        after: str | None = None
        while True:
            variables = {"id": gid, "after": after}
            refund = self.api.call(queries.REFUND, variables, schema.RefundAnswer).refund
            if refund is None:
                raise RetryableError(f"refund {gid} is not there yet")
            lines += refund.refund_line_items.nodes
            after = refund.refund_line_items.next
            if after is None:
                whole = schema.Connected[schema.RefundLine](nodes=tuple(lines))
                return refund.model_copy(update={"refund_line_items": whole})

    def _changed(self, draft: _Draft) -> "_ChangedError":
        del self._unfinished[draft.order.id]
        return _ChangedError(f"order {draft.order.name} changed while it was being read")


def placements(api: AdminApi, order: str, after: str | None) -> schema.PlacementsOf | None:
    """One page of an order's fulfilment orders."""
    variables = {"id": order, "after": after, "lines": queries.PLACED_LINES_PAGE}
    return api.call(queries.PLACEMENTS_READ, variables, schema.PlacementsAnswer).order


def with_more_lines(api: AdminApi, placed: schema.FulfilmentOrder) -> schema.FulfilmentOrder:
    """A fulfilment order with the next page of its lines; RetryableError when it is gone."""
    variables = {"id": placed.id, "after": placed.line_items.next}
    answer = api.call(queries.PLACEMENT_LINES, variables, schema.PlacementLinesAnswer)
    if answer.fulfillment_order is None:
        raise RetryableError(f"fulfilment order {placed.id} is gone")
    more = answer.fulfillment_order.line_items
    nodes = (*placed.line_items.nodes, *more.nodes)
    return placed.model_copy(update={"line_items": more.model_copy(update={"nodes": nodes})})


def _changed_from(since: datetime) -> str:
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _read(node: dict[str, object]) -> schema.Order:
    try:
        return schema.Order.model_validate(node)
    except ValidationError as error:
        raise orders.unreadable(str(node.get("name", "?")), error) from error


def _refusal(node: dict[str, object], error: RejectedError) -> Refusal:
    return Refusal(
        subject=str(node.get("legacyResourceId") or node.get("id") or "?"),
        field=error.field or "",
        value=str(error.value if error.value is not None else ""),
        message=str(error),
        remedy=error.remedy or "",
    )
