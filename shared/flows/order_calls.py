"""Orders that are posted: captured before they are answered, and a repeat answered the same."""

from typing import Final

from pydantic import ValidationError

from shared.domain import orders
from shared.domain.called import order_of
from shared.errors import RejectedError
from shared.flows.calls import Answer, Calls, checked, checked_text, malformed
from shared.flows.capture import Capture
from shared.frozen import frozen
from shared.kit.records.jsons import row_of
from shared.model.case import Case, CaseState
from shared.model.order import Order
from shared.model.order_call import OrderAnswer, OrderCall, TotalsAnswer

ORDER_MAX: Final = 150_000  # a row holds 400 kB, and an order twice once it is changed
_SHAPE: Final = "send one order as GET /v1/openapi.json describes it under OrderCall"


@frozen
class OrderCalls:
    capture: Capture

    def take(self, said: object, *, caller: str, key: str) -> Answer:
        """What was made of the order; RejectedError, with a code of ours, if it is none.

        `said` is the decoded body, with its numbers as text; `key` is the caller's own.
        """
        checked(key)
        order = self._understood(said)
        calls = Calls(self.capture.store, self.capture.clock)
        return calls.once(
            said, caller=caller, key=key, apply=lambda _: self._answer(self.capture.take(order))
        )

    def _understood(self, said: object) -> Order:
        checked_text(said)
        row = row_of(said)
        if isinstance(row, RejectedError) or row is None:
            raise malformed("body", "", "the body is no JSON object", _SHAPE)
        try:
            call = OrderCall.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "body"
            raise malformed(field, _shown(first["input"]), first["msg"], _SHAPE) from error
        channel = next((c for c in self.capture.retailer.channels if c.name == call.channel), None)
        if channel is None:
            names = ", ".join(c.name for c in self.capture.retailer.channels)
            raise malformed("channel", call.channel, "no such channel", f"known are {names}")
        order = order_of(call, channel)
        if len(order.model_dump_json().encode()) > ORDER_MAX:
            problem = f"the order is larger than {ORDER_MAX} bytes"
            raise malformed("lines", len(order.lines), problem, "divide it into several orders")
        return order

    def _answer(self, case: Case) -> Answer:
        order = case.newest
        tolerance = self.capture.retailer.channel(order.channel).tolerance_minor
        differ = orders.check_totals(order, tolerance_minor=tolerance)
        held = case.state is CaseState.HELD
        return OrderAnswer(
            order_id=order.order_id,
            reference=case.reference,
            state=case.state,
            holds=case.holds,
            total=order.total.text(),
            currency=order.currency,
            totals=TotalsAnswer(
                stated=differ.stated.text(), computed=differ.computed.text(), line=differ.line
            )
            if differ
            else None,
            unmapped=orders.unmapped(order) if held else (),
        ).model_dump(mode="json")


def _shown(value: object) -> str:
    return value[:100] if isinstance(value, str) else type(value).__name__
