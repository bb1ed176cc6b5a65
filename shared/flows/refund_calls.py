"""Refunds that are posted: recorded as paid elsewhere, or asked of the channel that took the money.

A channel that is asked makes the refund, and tells of it as of any other: what it tells is the
refund of the order, and the only one. So nothing is made twice by its echo.
"""

from datetime import datetime
from typing import Final

from shared.domain import asked_refunds, books, lifecycle, orders
from shared.flows import keys
from shared.flows.calls import Answer, Calls, checked, malformed, understood, unknown
from shared.flows.cases import Cases, uncredited
from shared.frozen import frozen
from shared.model.asked_refund import AskedRefund
from shared.model.case import Case, Intent, IntentKind, IntentState
from shared.model.refund_call import RefundAnswer, RefundCall
from shared.model.retailer import Retailer
from shared.ports import Clock, Message, Queues, Store

RECORDED: Final = "recorded"
ASKED: Final = "asked"
REFUNDED: Final = "refunded"
REFUSED: Final = "refused"


@frozen
class RefundCalls:
    """`refunding` are the connections whose channels give money back when they are asked."""

    store: Store
    queues: Queues
    cases: Cases
    clock: Clock
    retailer: Retailer
    refunding: frozenset[str]

    def take(self, said: object, *, caller: str, key: str) -> Answer:
        """What becomes of a refund; RejectedError, with a code of ours, if it is none."""
        checked(key)
        call = understood(said, RefundCall)
        calls = Calls(self.store, self.clock)
        return calls.once(
            said, caller=caller, key=key, apply=lambda as_of: self._taken(call, as_of)
        )

    def _taken(self, call: RefundCall, as_of: datetime) -> Answer:
        before = self.cases.find(call.order_id)
        if before is None:
            raise unknown("order_id", call.order_id)
        channel = self.retailer.channel(before.case.order.channel)
        name = asked_refunds.name_of(call.order_id, call.refund_id)

        def step(case: Case) -> Case | None:
            """Judged at each try by what the case is then: two at once are never too much."""
            known = _named(case, name)
            if known is not None:
                _same(known, call)
                return None
            recorded = case.newest.called or books.untold(case, channel.orders)
            if not recorded and channel.connection not in self.refunding:
                raise malformed(
                    "order_id",
                    call.order_id,
                    f"{channel.name} takes the money, and gives none back by call",
                    "refund it in the channel, which tells of it; or set `orders.payments` of the "
                    "channel to `elsewhere` if somebody else collects",
                )
            asked = asked_refunds.asked(case, call, channel.orders, at=as_of)
            return self._recorded(case, asked) if recorded else self._asked(case, asked)

        case = self.cases.change(call.order_id, step) or before.case
        asked = _named(case, name)
        assert asked is not None  # noqa: S101 - it was just written
        self._send(case, asked)
        return self._answer(case, asked)

    def _recorded(self, case: Case, asked: AskedRefund) -> Case:
        """It is a refund already: somebody else gives the money back."""
        refunds = (*case.refunds, asked_refunds.as_refund(asked))
        return lifecycle.settled(
            self._noted(case, asked, "refund recorded").model_copy(update={"refunds": refunds}),
            now=self.clock.now(),
        )

    def _asked(self, case: Case, asked: AskedRefund) -> Case:
        intent = Intent(
            intent_id=asked.intent_id,
            kind=IntentKind.REFUND,
            connection=self.retailer.channel(case.order.channel).connection,
            reference=asked.name,
        )
        return orders.with_intent(self._noted(case, asked, "refund asked"), intent)

    def _noted(self, case: Case, asked: AskedRefund, what: str) -> Case:
        case = case.model_copy(update={"asked": (*case.asked, asked)})
        return orders.noted(case, what, f"{asked.name}: {asked.total}", now=self.clock.now())

    def _send(self, case: Case, asked: AskedRefund) -> None:
        channel, messages = self.retailer.channel(case.order.channel), []
        intent = case.intent(asked.intent_id)
        order_id = case.order.order_id
        if intent is not None and intent.open:
            messages.append(Message(keys.write_queue(channel.connection), {"ship": order_id}))
        elif uncredited(case):
            messages.append(Message(keys.write_queue(channel.erp), {"case": order_id}))
        self.queues.send(messages)

    def _answer(self, case: Case, asked: AskedRefund) -> Answer:
        policy = self.retailer.channel(case.order.channel).orders
        return RefundAnswer(
            refund_id=asked.refund_id,
            name=asked.name,
            order_id=case.order.order_id,
            state=_state(case, asked),
            total=asked.total.text(),
            left=asked_refunds.left(case, policy).text(),
            currency=asked.total.currency,
            tenders=asked.tenders,
        ).model_dump(mode="json")


def _named(case: Case, name: str) -> AskedRefund | None:
    return next((one for one in case.asked if one.name == name), None)


def _same(known: AskedRefund, call: RefundCall) -> None:
    """RejectedError if the caller's id stands for another refund of the order."""
    if known.digest != asked_refunds.digest(call):
        raise malformed(
            "refund_id",
            call.refund_id,
            "a refund of this order is known by this id with other content",
            "choose a new id",
        )


def _state(case: Case, asked: AskedRefund) -> str:
    intent = case.intent(asked.intent_id)
    if intent is None:
        return RECORDED
    if intent.state is IntentState.REJECTED:
        return REFUSED
    return REFUNDED if any(one.asked == asked.name for one in case.refunds) else ASKED
