"""The Amazon connector: one seller in one marketplace, as a channel that shows and sells.

One function reads orders, another writes prices and stock: each part, with the shapes of its
answers, is imported when it is first called for.
"""
# ruff: noqa: PLC0415 - as said above

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from shared.connectors.amazon import plans
from shared.connectors.amazon.api import SellingPartnerApi
from shared.connectors.amazon.plans import (
    IDENTIFIERS_MAX,
    LINES_MAX,
    PATCH_GROUP,
    PATCHES,
    PATCHES_AT_ONCE,
)
from shared.connectors.amazon.settings import settings_of
from shared.domain.ways import Room, choose
from shared.errors import RejectedError
from shared.model.ids import Facet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import httpx

    from shared.connectors.amazon.feeds import FeedLines
    from shared.connectors.amazon.fulfilment import Shipments
    from shared.connectors.amazon.listings import Listings
    from shared.connectors.amazon.reader import Orders
    from shared.connectors.amazon.subscriptions import Subscriptions
    from shared.model.base import Json
    from shared.model.order import Order, Shipment
    from shared.model.retailer import Channel, Connection, Retailer
    from shared.model.target import Outcome, Push
    from shared.ports import Clock, Pacer, Page


class AmazonSeller:
    """Satisfies LaterPublisher and OrderSource of `shared.ports`."""

    def __init__(
        self, api: SellingPartnerApi, connection: Connection, retailer: Retailer, clock: Clock
    ) -> None:
        self._api = api
        self._settings = settings_of(connection)
        self._channel = _channel(connection, retailer)
        self._clock = clock
        self._settle = connection.settle
        self._feed_facets = frozenset(self._settings.feed_facets)
        self._latency = timedelta(seconds=self._settings.feed_latency_seconds)

    @cached_property
    def _listings(self) -> Listings:
        from shared.connectors.amazon.listings import Listings

        dated = self._clock if self._channel.dates else None
        return Listings(self._api, self._settings, self._channel.currency, dated)

    @cached_property
    def _feeds(self) -> FeedLines:
        from shared.connectors.amazon.feeds import FeedLines

        currency = self._channel.currency
        return FeedLines(self._api, self._settings, currency, self._clock, self._settle)

    @cached_property
    def _orders(self) -> Orders:
        from shared.connectors.amazon.reader import Orders

        return Orders(self._api, self._settings, self._channel, self._clock)

    @cached_property
    def _shipments(self) -> Shipments:
        from shared.connectors.amazon.fulfilment import Shipments

        return Shipments(self._api, self._settings, self._orders)

    def reach(self, facet: Facet) -> int:
        return LINES_MAX if facet in self._feed_facets else PATCHES_AT_ONCE

    def window(self, facet: Facet, groups: Sequence[str]) -> Sequence[int]:
        """All that a feed takes if one is faster and may be begun now; else a few patches."""
        by_feed = self._by_feed(facet, len(groups))
        return range(min(len(groups), LINES_MAX if by_feed else PATCHES_AT_ONCE))

    def by_group(self, facet: Facet) -> bool:
        del facet
        return False

    def overtakes(self, facet: Facet) -> int:
        """None: a feed that was begun earlier would undo a patch, and be processed for hours."""
        del facet
        return 0

    def listed(self, pushes: Sequence[Push]) -> Mapping[str, Mapping[str, str]]:
        return self._listings.listed(pushes)

    def seen_at_once(self, facet: Facet) -> int:
        del facet
        return IDENTIFIERS_MAX

    def batches(self, facet: Facet, pushes: Sequence[Push]) -> list[list[Push]]:
        """Lines left out wait for the next round, which decides anew."""
        if facet is Facet.CONTENT:
            from shared.connectors.amazon.listings import by_articles

            return by_articles(pushes)
        if self._by_feed(facet, len(pushes)):
            return [list(pushes[:LINES_MAX])]
        few = pushes[:PATCHES_AT_ONCE]
        return [list(few[i : i + PATCH_GROUP]) for i in range(0, len(few), PATCH_GROUP)]

    def push(self, facet: Facet, batch: Sequence[Push]) -> Sequence[Outcome]:
        if facet is Facet.CONTENT:
            return self._listings.link(batch)
        if len(batch) > PATCH_GROUP:
            return self._feeds.submit(facet, batch)
        return self._listings.patch(facet, batch)

    def decided(self, facet: Facet, pushes: Sequence[Push]) -> Sequence[Outcome]:
        del facet
        return self._feeds.decided(pushes)

    def shown(self, facet: Facet, pushes: Sequence[Push]) -> Mapping[str, Json]:
        return self._listings.shown(facet, pushes)

    def orders_since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        return self._orders.since(since, page=page)

    def read_order(self, external_id: str) -> Order | None:
        return self._orders.read(external_id)

    def ship(self, order: Order, shipment: Shipment) -> Outcome:
        return self._shipments.ship(order, shipment)

    def told_in(self, queue: str) -> Subscriptions:
        """What is subscribed to for a queue of ours, by its ARN: a Subscriber of the flows."""
        from shared.connectors.amazon.subscriptions import Subscriptions

        return Subscriptions(self._api, queue)

    def _by_feed(self, facet: Facet, lines: int) -> bool:
        if facet not in self._feed_facets:
            return False
        ways = (PATCHES, plans.feed(self._latency))
        room = Room(0, self._api.limits(plans.PATCH_LISTING).points_per_second)
        way = choose(ways, [""] * lines, room)
        return way is not PATCHES and self._feeds.ready()


def connect(
    connection: Connection,
    retailer: Retailer,
    secret: Mapping[str, object],
    *,
    pacer: Pacer,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
) -> AmazonSeller:
    """A client of the region at `connection.base_url`.

    `secret` holds client_id, client_secret and refresh_token of the application, and token_url
    where tokens are not asked for at Amazon itself.
    """
    api = SellingPartnerApi(connection, secret, pacer=pacer, clock=clock, transport=transport)
    return AmazonSeller(api, connection, retailer, clock)


def _channel(connection: Connection, retailer: Retailer) -> Channel:
    """The one channel a connection is; its currency is the marketplace's."""
    channels = retailer.channels_of(connection.name)
    if not channels:
        raise RejectedError(
            f"no channel uses connection {connection.name}",
            code="no_channel",
            field="channels",
            remedy="add a channel to the retailer's configuration",
        )
    return channels[0]
