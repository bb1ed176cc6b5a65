"""The Amazon connector: one seller in one marketplace, as a channel that shows and sells."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx

from shared.connectors.amazon import mapping, plans
from shared.connectors.amazon.api import SellingPartnerApi
from shared.connectors.amazon.feeds import FeedLines
from shared.connectors.amazon.fulfilment import Shipments
from shared.connectors.amazon.listings import (
    IDENTIFIERS_MAX,
    PATCH_GROUP,
    PATCHES_AT_ONCE,
    Listings,
)
from shared.connectors.amazon.plans import LINES_MAX, PATCHES
from shared.connectors.amazon.reader import Orders
from shared.connectors.amazon.settings import settings_of
from shared.domain.ways import Room, choose
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.order import Order, Shipment
from shared.model.retailer import Channel, Connection, Retailer
from shared.model.target import Outcome, Push
from shared.ports import Clock, Pacer, Page


class AmazonSeller:
    """Satisfies LaterPublisher and OrderSource of `shared.ports`."""

    def __init__(
        self, api: SellingPartnerApi, connection: Connection, retailer: Retailer, clock: Clock
    ) -> None:
        settings = settings_of(connection)
        channel = _channel(connection, retailer)
        self._api = api
        self._feed_facets = frozenset(settings.feed_facets)
        self._latency = timedelta(seconds=settings.feed_latency_seconds)
        dated = clock if channel.dates else None
        self._listings = Listings(api, settings, channel.currency, dated)
        self._feeds = FeedLines(api, settings, channel.currency, clock, connection.settle)
        self._orders = Orders(api, settings, channel, clock)
        self._shipments = Shipments(api, settings, self._orders)

    def reach(self, facet: Facet) -> int:
        return LINES_MAX if facet in self._feed_facets else PATCHES_AT_ONCE

    def window(self, facet: Facet, groups: Sequence[str]) -> Sequence[int]:
        """All that a feed takes if one is faster and may be begun now; else a few patches."""
        by_feed = self._by_feed(facet, len(groups))
        return range(min(len(groups), LINES_MAX if by_feed else PATCHES_AT_ONCE))

    def by_group(self, facet: Facet) -> bool:
        del facet
        return False

    def overtakes(self, facet: Facet) -> bool:
        """A patch may be shown before a feed that was begun earlier, which then undoes it."""
        del facet
        return False

    def listed(self, pushes: Sequence[Push]) -> Mapping[str, Mapping[str, str]]:
        return self._listings.listed(pushes)

    def seen_at_once(self, facet: Facet) -> int:
        del facet
        return IDENTIFIERS_MAX

    def batches(self, facet: Facet, pushes: Sequence[Push]) -> list[list[Push]]:
        """Lines left out wait for the next round, which decides anew."""
        if facet is Facet.CONTENT:
            return _by_articles(pushes)
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


def _by_articles(pushes: Sequence[Push]) -> list[list[Push]]:
    """Products together whose articles fit into one search."""
    batches: list[list[Push]] = []
    count = 0
    for push in pushes:
        articles = _articles(push)
        if not batches or count + articles > IDENTIFIERS_MAX:
            batches.append([])
            count = 0
        batches[-1].append(push)
        count += articles
    return batches


def _articles(push: Push) -> int:
    try:
        return len(mapping.skus(push.desired))
    except RejectedError:
        return 0


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
