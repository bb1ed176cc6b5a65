"""What Shopify answers of returns that are opened."""

from pydantic import Field

from shared.connectors.shopify.schema import Connected, Identified, Theirs, UserError


class NotedLine(Theirs):
    return_reason_note: str = ""


class NotedReturn(Theirs):
    id: str
    return_line_items: Connected[NotedLine]


class NotedOrder(Theirs):
    returns: Connected[NotedReturn]


class ReturnNotesAnswer(Theirs):
    order: NotedOrder | None


class FulfilledLine(Theirs):
    id: str
    line_item: Identified


class ReturnableLine(Theirs):
    quantity: int
    fulfillment_line_item: FulfilledLine


class Returnable(Theirs):
    returnable_fulfillment_line_items: Connected[ReturnableLine]


class ReturnableAnswer(Theirs):
    returnable_fulfillments: Connected[Returnable]


class ReturnPayload(Theirs):
    returned: Identified | None = Field(default=None, alias="return")
    user_errors: tuple[UserError, ...] = ()


class OpenReturnAnswer(Theirs):
    return_create: ReturnPayload
