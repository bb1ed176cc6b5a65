"""What Shopify answers of refunds that we ask for."""

from shared.connectors.shopify.schema import Theirs, UserError


class NotedRefund(Theirs):
    id: str
    note: str | None = None


class NotedOrder(Theirs):
    refunds: tuple[NotedRefund, ...]


class RefundNotesAnswer(Theirs):
    order: NotedOrder | None


class MadeRefund(Theirs):
    id: str


class RefundPayload(Theirs):
    refund: MadeRefund | None = None
    user_errors: tuple[UserError, ...] = ()


class GiveBackAnswer(Theirs):
    refund_create: RefundPayload
