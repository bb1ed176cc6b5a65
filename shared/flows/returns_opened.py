"""Returns that the ERP made are opened in the channel too, once.

What the channel then tells of one names it, and is the same return: no second one is made in the
ERP.
"""

from datetime import timedelta

from shared.domain import opening, orders
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.intents import Intents, Steps, heard_again
from shared.flows.issues import Issues, Problem, lockout_told
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentState
from shared.model.issue import IssueKind
from shared.model.returns import Return
from shared.ports import Clock, Queues
from shared.return_ports import ReturnOpener

KIND = IssueKind.RETURN_REJECTED


@frozen
class ReturnTeller:
    """`settle` is how late a lost request may still take effect in this channel."""

    connection: str
    channel_client: ReturnOpener
    cases: Cases
    queues: Queues
    issues: Issues
    clock: Clock
    settle: timedelta

    def tell(self, order_id: str, *, retry_rejected: bool = False) -> None:
        """Open what is to be opened, or raise saying when to look again; nothing in shadow."""
        if self.cases.retailer.connection(self.connection).shadow:
            return
        if retry_rejected:
            self.cases.change(order_id, _again)
        found = self.cases.find(order_id)
        for intent in found.case.intents if found else ():
            if opening.opens(intent) and intent.open:
                with lockout_told(self.issues, self.connection):
                    self._tell(order_id, intent)

    def _tell(self, order_id: str, intent: Intent) -> None:
        found = self.cases.find(order_id)
        if found is None:
            return
        case, one = found.case, opening.of(found.case, intent)
        if one is None or not self.cases.retailer.opens_returns(case.order.channel):
            self._nothing(order_id, intent)
            return
        steps = Steps[str](
            what="return in the channel",
            find=lambda _: self.channel_client.returns_named(case.order, one.return_id),
            send=lambda _: self.channel_client.open_return(case.order, one),
            named=lambda made: made,
            follow=lambda _: self._opened(case, one),
            refused=lambda error: self.issues.report([self._refused(case, one, error)]),
        )
        Intents(self.cases, self.clock, self.settle).carry_out(order_id, intent, steps)

    def _nothing(self, order_id: str, intent: Intent) -> None:
        """It was taken back, refunded, is there already, or returns are not opened any more."""
        detail, now = "nothing left to open", self.clock.now()
        done = orders.settled(intent, IntentState.APPLIED, now=now, detail=detail)
        self.cases.change(order_id, lambda case: orders.with_intent(case, done))

    def _opened(self, case: Case, one: Return) -> None:
        """The channel is asked for the order: its webhook may be late, or lost."""
        self.issues.solve(KIND, _subject(case, one), by="the channel opened it")
        self.queues.send([heard_again(self.connection, case.order)])

    def _refused(self, case: Case, one: Return, error: RejectedError) -> Problem:
        order = case.order
        return Problem(
            kind=KIND,
            subject=_subject(case, one),
            connection=self.connection,
            summary=f"{order.channel} does not open return {one.return_id} of order "
            f"{order.number}: {error}",
            remedy=error.remedy or "end the cause and replay",
            field=error.field,
            replay={
                "queue": keys.write_queue(self.connection),
                "ship": order.order_id,
                "retry": "rejected",
            },
        )


def _again(case: Case) -> Case | None:
    """Returns that were refused are to be opened anew."""
    intents = tuple(
        one.model_copy(update={"state": IntentState.PLANNED})
        if opening.opens(one) and one.state is IntentState.REJECTED
        else one
        for one in case.intents
    )
    return case.model_copy(update={"intents": intents}) if intents != case.intents else None


def _subject(case: Case, one: Return) -> str:
    return f"{case.order.order_id}/{one.return_id}"
