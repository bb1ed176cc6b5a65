"""The Shopify connector: a shop as a channel that shows articles and sells them.

One function reads orders, another writes prices and stock: each part, with the shapes of its
answers, is imported when it is first called for.
"""
# ruff: noqa: PLC0415 - as said above

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import httpx

from shared.connectors.shopify import ways
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.settings import settings_of
from shared.domain.ways import fullest_first
from shared.errors import RejectedError
from shared.model.ids import Facet
from shared.model.retailer import Channel, Connection, Retailer
from shared.ports import Clock, Pacer, Page

if TYPE_CHECKING:
    from shared.connectors.shopify.bulk import Bulk
    from shared.connectors.shopify.content import Listings
    from shared.connectors.shopify.fulfilment import Fulfilments
    from shared.connectors.shopify.hooks import Hooks
    from shared.connectors.shopify.opening import Opening
    from shared.connectors.shopify.payouts import Payouts
    from shared.connectors.shopify.price_lines import PriceLines
    from shared.connectors.shopify.prices import Prices
    from shared.connectors.shopify.reader import Orders
    from shared.connectors.shopify.refunding import Refunding
    from shared.connectors.shopify.stock import Stock
    from shared.model.asked_refund import AskedRefund
    from shared.model.base import Json
    from shared.model.books import PaidOut, Payout
    from shared.model.order import Order, Shipment
    from shared.model.returns import Return
    from shared.model.target import Outcome, Push


class ShopifyAdmin:
    """One shop. LaterPublisher, OrderSource, RefundMaker, ReturnOpener and PayoutSource."""

    def __init__(
        self, api: AdminApi, connection: Connection, retailer: Retailer, clock: Clock
    ) -> None:
        self._api = api
        self._connection = connection
        self._retailer = retailer
        self._clock = clock
        self._settings = settings_of(connection)
        self._channel = _channel(connection, retailer)
        self._ways = ways.Ways.of(connection.limits, self._settings)

    @cached_property
    def _listings(self) -> Listings:
        from shared.connectors.shopify.content import Listings

        name = self._connection.name
        places = (self._retailer.external_location(name, own) for own in self._channel.locations)
        stocked = self._settings.stock_new_variants
        locations = tuple(place for place in places if place) if stocked else ()
        return Listings(self._api, self._settings, locations)

    @cached_property
    def _prices(self) -> Prices:
        from shared.connectors.shopify.prices import Prices

        return Prices(self._api, self._channel.currency, self._ways.at_once)

    @cached_property
    def _lines(self) -> PriceLines:
        from shared.connectors.shopify.price_lines import PriceLines
        from shared.connectors.shopify.price_lists import PriceLists

        lists = PriceLists(self._api, _lists(self._channel, self._retailer))
        return PriceLines(self._prices, lists, self._ways.few)

    @cached_property
    def _bulk(self) -> Bulk:
        from shared.connectors.shopify.bulk import Bulk

        return Bulk(
            self._api,
            self._api.storage(self._settings.file_hosts),
            self._prices,
            self._clock,
            self._connection.settle,
            ways.bulk_of(self._settings),
        )

    @cached_property
    def _stock(self) -> Stock:
        from shared.connectors.shopify.stock import Stock

        return Stock(self._api, self._retailer, self._connection.name)

    @cached_property
    def _orders(self) -> Orders:
        from shared.connectors.shopify.reader import Orders

        name = self._connection.name
        return Orders(self._api, self._settings, self._retailer, name, self._channel)

    @cached_property
    def _fulfilments(self) -> Fulfilments:
        from shared.connectors.shopify.fulfilment import Fulfilments

        return Fulfilments(self._api, self._settings)

    @cached_property
    def _refunding(self) -> Refunding:
        from shared.connectors.shopify.refunding import Refunding

        return Refunding(self._api)

    @cached_property
    def _opening(self) -> Opening:
        from shared.connectors.shopify.opening import Opening

        return Opening(self._api)

    @cached_property
    def _hooks(self) -> Hooks:
        from shared.connectors.shopify.hooks import Hooks

        return Hooks(self._api, self._settings.hooks_url)

    @cached_property
    def _payouts(self) -> Payouts:
        from shared.connectors.shopify.payouts import Payouts

        zone = self._retailer.books.zone if self._retailer.books else "UTC"
        days_back = self._settings.payout_days_back
        return Payouts(self._api, self._clock, self._channel.name, zone, days_back)

    @property
    def answered_version(self) -> str | None:
        """The API version the shop last answered with; another than ours means ours has ended."""
        return self._api.answered_version

    def batches(self, facet: Facet, pushes: Sequence[Push]) -> Iterable[list[Push]]:
        match facet:
            case Facet.CONTENT:
                return [[push] for push in pushes]
            case Facet.PRICE:
                return self._price_batches(pushes)
            case Facet.STOCK:
                from shared.connectors.shopify.stock import batches

                return batches(pushes)

    def _price_batches(self, pushes: Sequence[Push]) -> Iterator[list[Push]]:
        """What a bulk operation takes at once, if one is faster; the rest call by call."""
        left = list(pushes)
        if self._by_bulk([push.group for push in pushes]):
            alone = [p for p in left[: ways.REACH_MAX] if self._lines.by_variant_alone(p)]
            if len(alone) > self._ways.few:
                yield alone
                gone = {push.key for push in alone}
                left = [push for push in left if push.key not in gone]
        yield from self._paid_for(self._lines.batches(left))

    def _paid_for(self, batches: Iterable[list[Push]]) -> Iterator[list[Push]]:
        """Each once its points are there: lines that cannot go yet are not marked as sent."""
        for batch in batches:
            self._api.reserve(*self._lines.operations(batch))
            yield batch

    def push(self, facet: Facet, batch: Sequence[Push]) -> Sequence[Outcome]:
        match facet:
            case Facet.CONTENT:
                from shared.connectors.shopify.content import push_all

                return push_all(self._listings, batch)
            case Facet.PRICE:
                many = len(batch) > self._ways.few
                return self._bulk.submit(batch) if many else self._lines.push(batch)
            case Facet.STOCK:
                return self._stock.push(batch)

    def shown(self, facet: Facet, pushes: Sequence[Push]) -> Mapping[str, Json]:
        match facet:
            case Facet.CONTENT:
                return self._listings.shown(pushes)
            case Facet.PRICE:
                return self._lines.shown(pushes)
            case Facet.STOCK:
                return self._stock.shown(pushes)

    def reach(self, facet: Facet) -> int:
        return self._ways.reach if facet is Facet.PRICE else ways.ROUND

    def window(self, facet: Facet, groups: Sequence[str]) -> Sequence[int]:
        """Of prices those of the products with most of them: what a call costs they share."""
        if facet is not Facet.PRICE:
            return range(min(len(groups), ways.ROUND))
        if self._by_bulk(groups):
            return range(min(len(groups), ways.REACH_MAX))
        return fullest_first(groups, ways.ROUND)

    def _by_bulk(self, groups: Sequence[str]) -> bool:
        return self._ways.by_bulk(groups, self._api.room()) and self._bulk.ready()

    def by_group(self, facet: Facet) -> bool:
        return facet is Facet.PRICE

    def overtakes(self, facet: Facet) -> int:
        return self._ways.few if facet is Facet.PRICE else 0

    def decided(self, facet: Facet, pushes: Sequence[Push]) -> Sequence[Outcome]:
        return self._bulk.decided(pushes) if facet is Facet.PRICE else []

    def listed(self, pushes: Sequence[Push]) -> Mapping[str, Mapping[str, str]]:
        return self._listings.listed(pushes)

    def seen_at_once(self, facet: Facet) -> int:
        match facet:
            case Facet.CONTENT:
                return 1
            case Facet.PRICE:
                return self._lines.seen_at_once
            case Facet.STOCK:
                return self._stock.seen_at_once(len(self._channel.locations))

    def orders_since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        return self._orders.since(since, page=page)

    def read_order(self, external_id: str) -> Order | None:
        return self._orders.read(external_id)

    def ship(self, order: Order, shipment: Shipment) -> Outcome:
        return self._fulfilments.ship(order, shipment)

    def refunds_named(self, order: Order, name: str) -> Sequence[str]:
        return self._refunding.find(order, name)

    def make_refund(self, order: Order, asked: AskedRefund, key: str) -> str:
        return self._refunding.make(order, asked, key)

    def returns_named(self, order: Order, return_id: str) -> Sequence[str]:
        return self._opening.find(order, return_id)

    def open_return(self, order: Order, one: Return) -> str:
        return self._opening.open(order, one)

    def payouts_since(self, since: datetime | None, *, page: str | None) -> Page[Payout]:
        return self._payouts.since(since, page=page)

    def movements_of(self, payout: Payout, *, page: str | None) -> Page[PaidOut]:
        return self._payouts.movements(payout, page=page)

    def unsubscribed(self) -> Sequence[str]:
        return self._hooks.missing()

    def subscribe(self, topic: str) -> None:
        self._hooks.subscribe(topic)


def connect(
    connection: Connection,
    retailer: Retailer,
    secret: Mapping[str, object],
    *,
    pacer: Pacer,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
) -> ShopifyAdmin:
    """A client of the shop at `connection.base_url`; `secret` holds client_id, client_secret."""
    api = AdminApi(connection, secret, pacer=pacer, clock=clock, transport=transport)
    return ShopifyAdmin(api, connection, retailer, clock)


def _lists(channel: Channel, retailer: Retailer) -> dict[str, str]:
    """The price list of each segment whose prices are shown beside the general one."""
    known = {segment.name: segment.external for segment in retailer.segments}
    gids = {name: known.get(name, {}).get(channel.connection) for name in channel.segments}
    return {name: gid for name, gid in gids.items() if gid is not None}


def _channel(connection: Connection, retailer: Retailer) -> Channel:
    """The one channel a shop is; its currency is the shop's."""
    channels = retailer.channels_of(connection.name)
    if not channels:
        raise RejectedError(
            f"no channel uses connection {connection.name}",
            code="no_channel",
            field="channels",
            remedy="add a channel to the retailer's configuration",
        )
    return channels[0]
