"""Refunds that were asked for are made by the channel that took the money, once.

What the channel makes is read from it like any refund: only that is the refund of the order.
"""

from datetime import timedelta

from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.intents import Intents, Steps, heard_again
from shared.flows.issues import Issues, Problem, lockout_told
from shared.frozen import frozen
from shared.model.asked_refund import AskedRefund
from shared.model.case import Case, IntentKind, IntentState
from shared.model.issue import IssueKind
from shared.ports import Clock, Queues
from shared.return_ports import RefundMaker

KIND = IssueKind.REFUND_REJECTED


@frozen
class RefundTeller:
    """`settle` is how late a lost request may still take effect in this channel."""

    connection: str
    channel_client: RefundMaker
    cases: Cases
    queues: Queues
    issues: Issues
    clock: Clock
    settle: timedelta

    def tell(self, order_id: str, *, retry_rejected: bool = False) -> None:
        """Have every refund made that is asked for, or raise saying when to look again.

        Of a channel in shadow none is made; the sweep names the order again once that is over.
        """
        if self.cases.retailer.connection(self.connection).shadow:
            return
        if retry_rejected:
            self.cases.change(order_id, _again)
        found = self.cases.find(order_id)
        for asked in found.case.asked if found else ():
            intent = found.case.intent(asked.intent_id) if found else None
            if intent is not None and intent.open:
                with lockout_told(self.issues, self.connection):
                    self._tell(order_id, asked)

    def _tell(self, order_id: str, asked: AskedRefund) -> None:
        found = self.cases.find(order_id)
        intent = found.case.intent(asked.intent_id) if found else None
        if found is None or intent is None:
            return
        case = found.case
        steps = Steps[str](
            what="refund",
            find=lambda _: self.channel_client.refunds_named(case.order, asked.name),
            send=lambda _: self.channel_client.make_refund(case.order, asked, intent.reference),
            named=lambda made: made,
            follow=lambda _: self._made(case, asked),
            refused=lambda error: self.issues.report([self._refused(case, asked, error)]),
        )
        Intents(self.cases, self.clock, self.settle).carry_out(order_id, intent, steps)

    def _made(self, case: Case, asked: AskedRefund) -> None:
        """The channel is asked for the order: its webhook may be late, or lost."""
        self.issues.solve(KIND, _subject(case, asked), by="the channel made it")
        self.queues.send([heard_again(self.connection, case.order)])

    def _refused(self, case: Case, asked: AskedRefund, error: RejectedError) -> Problem:
        order = case.order
        return Problem(
            kind=KIND,
            subject=_subject(case, asked),
            connection=self.connection,
            summary=f"{order.channel} does not refund {asked.total} of order {order.number}, "
            f"asked for as {asked.refund_id}: {error}",
            remedy=error.remedy or "make the refund in the channel, or end the cause and replay",
            field=error.field,
            value=str(asked.total),
            at_risk=asked.total,
            replay={
                "queue": keys.write_queue(self.connection),
                "ship": order.order_id,
                "retry": "rejected",
            },
        )


def _again(case: Case) -> Case | None:
    """Refunds that were refused are asked for anew, under another key."""
    refused = {
        i.intent_id
        for i in case.intents
        if i.kind is IntentKind.REFUND and i.state is IntentState.REJECTED
    }
    planned = tuple(
        i.model_copy(
            update={"state": IntentState.PLANNED, "reference": f"{i.intent_id}/{i.attempts}"}
        )
        if i.intent_id in refused
        else i
        for i in case.intents
    )
    return case.model_copy(update={"intents": planned}) if refused else None


def _subject(case: Case, asked: AskedRefund) -> str:
    return f"{case.order.order_id}/{asked.name}"
