"""Returns that the ERP made are opened in the channel too, once.

What the channel then tells of one names it, and is the same return: no second one is made in the
ERP.
"""

from datetime import timedelta

from shared.domain import opening
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.intents import Ending, Intents, Steps, heard_again
from shared.flows.issues import Issues, Problem, lockout_told
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentState
from shared.model.issue import IssueKind
from shared.ports import Clock, Queues
from shared.return_ports import ReturnOpener

KIND = IssueKind.RETURN_REJECTED
NOTHING = Ending(IntentState.APPLIED, "nothing left to open")
"""It was taken back, refunded, is there already, or returns are not opened any more."""


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
        case, name = found.case, intent.reference
        one = next(one for one in case.returns if one.return_id == name)
        steps = Steps[str](
            what="return in the channel",
            find=lambda _: self.channel_client.returns_named(case.order, name),
            send=lambda _: self.channel_client.open_return(case.order, one),
            named=lambda made: made,
            follow=lambda _: self._opened(case, name),
            refused=lambda error: self.issues.report([self._refused(case, name, error)]),
        )
        wanted = opening.due(case, one) and self.cases.retailer.opens_returns(case.order.channel)
        intents = Intents(self.cases, self.clock, self.settle)
        intents.carry_out(order_id, intent, steps, instead=None if wanted else NOTHING)

    def _opened(self, case: Case, name: str) -> None:
        """The channel is asked for the order: its webhook may be late, or lost."""
        self.issues.solve(KIND, _subject(case, name), by="the channel opened it")
        self.queues.send([heard_again(self.connection, case.order)])

    def _refused(self, case: Case, name: str, error: RejectedError) -> Problem:
        order = case.order
        return Problem(
            kind=KIND,
            subject=_subject(case, name),
            connection=self.connection,
            summary=f"{order.channel} does not open return {name} of order {order.number}: {error}",
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


def _subject(case: Case, name: str) -> str:
    return f"{case.order.order_id}/{name}"
