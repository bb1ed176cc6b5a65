"""A channel is read for its orders, each of which is captured."""

from collections.abc import Sequence
from datetime import datetime

from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.capture import Capture
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.issue import IssueKind
from shared.ports import OrderSource, Refusal


@frozen
class OrdersRead:
    connection: str
    source: OrderSource
    capture: Capture
    issues: Issues

    def read(self, key: str) -> None:
        try:
            order = self.source.read_order(key)
        except RejectedError as error:
            self._refused([_refusal(key, error)])
            return
        if order is None:
            raise RejectedError(
                f"{self.connection} knows no order {key}",
                code="not_found",
                field="id",
                value=key,
                remedy="check the order in the channel; a deleted order needs no action",
            )
        self.capture.take(order)

    def page(self, since: datetime | None, page: str | None, *, began: datetime) -> str | None:
        del began
        orders = self.source.orders_since(since, page=page)
        for order in orders.items:
            self.capture.take(order)
        self._refused(orders.refused)
        return orders.next

    def _refused(self, refusals: Sequence[Refusal]) -> None:
        self.issues.report(self._unreadable(refusal) for refusal in refusals)

    def _unreadable(self, refusal: Refusal) -> Problem:
        """One exception per order, whether a hint led to it or a poll."""
        return Problem(
            kind=IssueKind.BAD_MESSAGE,
            subject=f"{self.connection}/order/{refusal.subject}",
            connection=self.connection,
            summary=f"order {refusal.subject} cannot be understood: {refusal.message}",
            remedy=refusal.remedy or "correct the order in the channel, then replay",
            field=refusal.field or None,
            value=refusal.value or None,
            replay={
                "queue": keys.read_queue(self.connection),
                "read": "order",
                "key": refusal.subject,
            },
        )


def _refusal(key: str, error: RejectedError) -> Refusal:
    value = "" if error.value is None else str(error.value)[:200]
    return Refusal(key, error.field or "", value, str(error), error.remedy or "")
