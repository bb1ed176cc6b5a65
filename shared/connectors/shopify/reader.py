"""Reading orders: whole ones, however long, below the price of a single call.

An order's first lines, payments and places come with it; what does not fit is read page by page. A
long order may cost more points than a bucket holds: pages already read are kept for the next try,
as long as the order has not changed in between.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime

from pydantic import ValidationError

from shared.connectors.shopify import order_schema, orders, queries, schema
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.return_queries import RETURNS
from shared.connectors.shopify.return_schema import ReturnsAnswer
from shared.connectors.shopify.returns import to_return
from shared.connectors.shopify.settings import ShopifySettings
from shared.connectors.shopify.tender_queries import order_tenders
from shared.connectors.shopify.tender_schema import Tender, TendersAnswer
from shared.errors import RejectedError, RetryableError
from shared.frozen import frozen, slotted
from shared.model.order import Order
from shared.model.retailer import Channel, Retailer
from shared.model.returns import Return
from shared.ports import Page, Refusal

_NO_RETURN = "NO_RETURN"
_WITH_PARENT = frozenset({"REFUND", "VOID"})
KEPT = 64  # unfinished orders remembered


class _ChangedError(RetryableError):
    """The order is another one than the one whose first pages were read."""


@slotted
class _Draft:
    """An order as far as it has been read; each cursor is None when its list is complete."""

    order: order_schema.Order
    lines: list[order_schema.LineItem]
    lines_after: str | None
    placed: list[order_schema.FulfilmentOrder]
    placed_after: str | None
    freight: Sequence[order_schema.ShippingLine]
    lists_whole: bool
    transactions: tuple[order_schema.Transaction, ...]
    refunds_wanted: list[str]
    refunds: list[order_schema.Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    returns_after: str | None = None
    returns_whole: bool = False
    tenders_whole: bool = False

    @classmethod
    def of(cls, order: order_schema.Order) -> "_Draft":
        return cls(
            order=order,
            lines=list(order.line_items.nodes),
            lines_after=order.line_items.next,
            placed=list(order.fulfillment_orders.nodes),
            placed_after=order.fulfillment_orders.next,
            freight=order.shipping_lines.nodes,
            lists_whole=_lists_whole(order),
            transactions=order.transactions,
            refunds_wanted=[refund.id for refund in order.refunds],
            returns_whole=order.return_status == _NO_RETURN,
        )


@slotted
class _Poll:
    """A page of changed orders as far as it has been worked through.

    One that took several tries is followed by another page even if it was the last: meanwhile
    more may have changed.
    """

    nodes: list[dict[str, object]]
    next: str | None
    end: str | None
    items: list[Order] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


@frozen
class Orders:
    api: AdminApi
    settings: ShopifySettings
    retailer: Retailer
    connection: str
    channel: Channel
    _unfinished: dict[str, _Draft] = field(default_factory=dict)
    _polls: dict[tuple[str | None, str | None], _Poll] = field(default_factory=dict)

    def read(self, external_id: str) -> Order | None:
        """One order by legacy or global id; None when the shop does not have it (any more)."""
        gid = orders.gid("Order", external_id)
        draft = self._unfinished.get(gid)
        if draft is not None:
            with suppress(_ChangedError):
                return self._finished(draft)
        lines = self.settings.order_lines
        variables = {"id": gid, "lines": lines}
        answer = self.api.call(queries.order_read(lines), variables, order_schema.OrderAnswer)
        return None if answer.order is None else self._finished(_Draft.of(answer.order))

    def since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        """Orders by the instant they last changed; one that cannot be read is a refusal."""
        lines = self.settings.order_lines
        first = queries.orders_page(lines)
        operation = queries.orders_changed(first, lines)
        query = None if since is None else _changed_from(since)
        variables = {"first": first, "after": page, "query": query, "lines": lines}
        poll = self._polls.pop((query, page), None)
        if poll is None:
            answer = self.api.call(operation, variables, order_schema.OrdersPage)
            found = answer.orders
            poll = _Poll(list(found.nodes), found.next, found.page_info.end_cursor)
        else:
            poll.next = poll.end
        self._polls.clear()
        self._polls[query, page] = poll
        while poll.nodes:
            node = poll.nodes[0]
            try:
                poll.items.append(self._finished(self._begun(_read(node))))
            except RejectedError as error:
                poll.refused.append(_refusal(node, error))
            except _ChangedError:
                pass  # it comes again further on, as it is now
            poll.nodes.pop(0)
        self._polls.clear()
        return Page(poll.items, poll.next, poll.refused)

    def _begun(self, order: order_schema.Order) -> _Draft:
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
                "line_items": schema.Connected[order_schema.LineItem](nodes=tuple(draft.lines)),
                "shipping_lines": schema.Connected[order_schema.ShippingLine](
                    nodes=tuple(draft.freight)
                ),
                "transactions": draft.transactions,
            }
        )
        assigned = orders.assigned(draft.placed)
        places = {
            line: name
            for line, location in assigned.items()
            if (name := self.retailer.location_at(self.connection, location)) is not None
        }
        return orders.to_order(
            order,
            channel=self.channel,
            refunds=draft.refunds,
            places=places,
            returns=draft.returns,
        )

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

    def _remember(self, gid: str, draft: _Draft) -> None:
        while len(self._unfinished) >= KEPT and gid not in self._unfinished:
            del self._unfinished[next(iter(self._unfinished))]
        self._unfinished[gid] = draft

    def _complete(self, draft: _Draft) -> None:
        while draft.lines_after is not None:
            self._more_lines(draft)
        self._place(draft)
        if not draft.lists_whole:
            self._long_lists(draft)
        if not draft.tenders_whole:
            self._tenders(draft)
        while len(draft.refunds) < len(draft.refunds_wanted):
            draft.refunds.append(self._refund(draft.refunds_wanted[len(draft.refunds)]))
        while not draft.returns_whole:
            self._return(draft)

    def _return(self, draft: _Draft) -> None:
        """The next return of an order that has any."""
        variables = {"id": draft.order.id, "after": draft.returns_after}
        answer = self.api.call(RETURNS, variables, ReturnsAnswer)
        if answer.order is None or answer.order.updated_at != draft.order.updated_at:
            raise self._changed(draft)
        found = answer.order.returns
        draft.returns += [
            to_return(
                one,
                channel=self.channel.name,
                connection=self.connection,
                told_at=draft.order.updated_at,
                place=lambda gid: self.retailer.location_at(self.connection, gid),
            )
            for one in found.nodes
        ]
        draft.returns_after = found.next
        draft.returns_whole = found.next is None

    def _verify(self, draft: _Draft) -> None:
        """What was read over several tries must still be the order that was begun."""
        stamp = self.api.call(queries.ORDER_STAMP, {"id": draft.order.id}, order_schema.StampAnswer)
        if stamp.order is None or stamp.order.updated_at != draft.order.updated_at:
            raise self._changed(draft)

    def _more_lines(self, draft: _Draft) -> None:
        left = draft.order.subtotal_line_items_quantity - len(draft.lines)
        first = min(max(left, queries.LINES_PAGE_MIN), queries.LINES_PAGE)
        variables = {"id": draft.order.id, "first": first, "after": draft.lines_after}
        answer = self.api.call(queries.order_lines(first), variables, order_schema.LinesAnswer)
        if answer.order is None or answer.order.updated_at != draft.order.updated_at:
            raise self._changed(draft)
        draft.lines += answer.order.line_items.nodes
        draft.lines_after = answer.order.line_items.next

    def _place(self, draft: _Draft) -> None:
        """Where the lines lie: the rest of the fulfilment orders, and of their lines."""
        while draft.placed_after is not None:
            lines = min(len(draft.lines), queries.PLACED_LINES_PAGE)
            page = placements(self.api, draft.order.id, draft.placed_after, lines)
            if page is None or page.updated_at != draft.order.updated_at:
                raise self._changed(draft)
            draft.placed += page.fulfillment_orders.nodes
            draft.placed_after = page.fulfillment_orders.next
        for i in range(len(draft.placed)):
            while draft.placed[i].line_items.next is not None:
                draft.placed[i] = with_more_lines(self.api, draft.placed[i])

    def _long_lists(self, draft: _Draft) -> None:
        answer = self.api.call(
            queries.ORDER_LONG_LISTS, {"id": draft.order.id}, order_schema.LongListsAnswer
        )
        whole = answer.order
        if whole is None or whole.updated_at != draft.order.updated_at:
            raise self._changed(draft)
        lengths = (len(whole.transactions), len(whole.refunds))
        if whole.shipping_lines.next or max(lengths) == queries.PAYMENTS_MAX:
            raise RejectedError(
                f"order {draft.order.name} has longer lists than are read",
                code="too_many",
                field="shippingLines" if whole.shipping_lines.next else "transactions",
                remedy="enter this order by hand",
            )
        draft.transactions, draft.freight = whole.transactions, whole.shipping_lines.nodes
        draft.refunds_wanted = [refund.id for refund in whole.refunds]
        draft.lists_whole = True

    def _tenders(self, draft: _Draft) -> None:
        """What of each payment only some orders have: another currency, or one it belongs to."""
        order, paid = draft.order, draft.transactions
        foreign = order.presentment_currency_code not in {None, order.currency_code}
        if foreign or any(payment.kind in _WITH_PARENT for payment in paid):
            variables = {"id": order.id, "first": max(len(paid), 1)}
            operation = order_tenders(max(len(paid), 1))
            found = self.api.call(operation, variables, TendersAnswer).order
            if found is None or found.updated_at != order.updated_at:
                raise self._changed(draft)
            by_id = {tender.id: tender for tender in found.transactions}
            draft.transactions = tuple(_with_tender(one, by_id.get(one.id)) for one in paid)
            shown = found.total_price_set.presentment_money
            total = order.total_price_set.model_copy(update={"presentment_money": shown})
            draft.order = order.model_copy(update={"total_price_set": total})
        draft.tenders_whole = True

    def _refund(self, gid: str) -> order_schema.Refund:
        lines: list[order_schema.RefundLine] = []
        after: str | None = None
        while True:
            variables = {"id": gid, "after": after}
            refund = self.api.call(queries.REFUND, variables, order_schema.RefundAnswer).refund
            if refund is None:
                raise RetryableError(f"refund {gid} is not there yet")
            lines += refund.refund_line_items.nodes
            after = refund.refund_line_items.next
            if after is None:
                whole = schema.Connected[order_schema.RefundLine](nodes=tuple(lines))
                return refund.model_copy(update={"refund_line_items": whole})

    def _changed(self, draft: _Draft) -> "_ChangedError":
        del self._unfinished[draft.order.id]
        return _ChangedError(f"order {draft.order.name} changed while it was being read")


def _with_tender(
    payment: order_schema.Transaction, tender: Tender | None
) -> order_schema.Transaction:
    if tender is None:
        return payment
    parent = tender.parent_transaction
    shown = tender.amount_set.presentment_money.amount
    return payment.model_copy(update={"parent": parent.id if parent else None, "shopper": shown})


def _lists_whole(order: order_schema.Order) -> bool:
    return (
        order.shipping_lines.next is None
        and len(order.transactions) < queries.PAYMENTS
        and len(order.refunds) < queries.REFUNDS
    )


def placements(
    api: AdminApi, order: str, after: str | None, lines: int
) -> order_schema.PlacementsOf | None:
    """One page of an order's fulfilment orders, each with its first lines."""
    variables = {"id": order, "after": after, "lines": lines}
    return api.call(queries.placements(lines), variables, order_schema.PlacementsAnswer).order


def with_more_lines(
    api: AdminApi, placed: order_schema.FulfilmentOrder
) -> order_schema.FulfilmentOrder:
    """A fulfilment order with the next page of its lines; RetryableError when it is gone."""
    variables = {"id": placed.id, "after": placed.line_items.next}
    answer = api.call(queries.PLACEMENT_LINES, variables, order_schema.PlacementLinesAnswer)
    if answer.fulfillment_order is None:
        raise RetryableError(f"fulfilment order {placed.id} is gone")
    more = answer.fulfillment_order.line_items
    nodes = (*placed.line_items.nodes, *more.nodes)
    return placed.model_copy(update={"line_items": more.model_copy(update={"nodes": nodes})})


def _changed_from(since: datetime) -> str:
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _read(node: dict[str, object]) -> order_schema.Order:
    try:
        return order_schema.Order.model_validate(node)
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
