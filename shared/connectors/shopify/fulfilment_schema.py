"""Shopify's answers about fulfilments, as far as we read them."""

from shared.connectors.shopify.schema import Connected, Identified, Theirs, UserError


class TrackingInfo(Theirs):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class Fulfilment(Theirs):
    id: str
    status: str
    tracking_info: tuple[TrackingInfo, ...] = ()


class FulfilmentsOf(Theirs):
    fulfillments: tuple[Fulfilment, ...]


class FulfilmentsAnswer(Theirs):
    order: FulfilmentsOf | None


class FulfilledLine(Theirs):
    quantity: int | None = None
    line_item: Identified


class FulfilledLinesOf(Theirs):
    fulfillment_line_items: Connected[FulfilledLine]


class FulfilmentLinesAnswer(Theirs):
    fulfillment: FulfilledLinesOf | None


class FulfilPayload(Theirs):
    fulfillment: Fulfilment | None = None
    user_errors: tuple[UserError, ...]


class TrackAnswer(Theirs):
    fulfillment_tracking_info_update: FulfilPayload


class FulfilAnswer(Theirs):
    fulfillment_create: FulfilPayload
