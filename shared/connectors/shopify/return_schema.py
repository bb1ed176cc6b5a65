"""The returns of an order as Shopify answers them."""

from pydantic import AwareDatetime

from shared.connectors.shopify.schema import Connected, Identified, Theirs


class FulfilledLine(Theirs):
    line_item: Identified


class ReturnLine(Theirs):
    """One without a fulfilled line was not sold here, and is no line of the order."""

    quantity: int
    return_reason_note: str = ""
    fulfillment_line_item: FulfilledLine | None = None


class ExchangeLine(Theirs):
    line_items: tuple[Identified, ...] | None = None


class Disposition(Theirs):
    id: str
    type: str
    quantity: int
    created_at: AwareDatetime
    location: Identified | None = None


class ReverseLine(Theirs):
    fulfillment_line_item: FulfilledLine | None = None
    dispositions: tuple[Disposition, ...] = ()


class ReverseOrder(Theirs):
    line_items: Connected[ReverseLine]


class Return(Theirs):
    id: str
    status: str
    return_line_items: Connected[ReturnLine]
    exchange_line_items: Connected[ExchangeLine]
    reverse_fulfillment_orders: Connected[ReverseOrder]


class ReturnsOf(Theirs):
    updated_at: AwareDatetime
    returns: Connected[Return]


class ReturnsAnswer(Theirs):
    order: ReturnsOf | None
