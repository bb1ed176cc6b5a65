"""What left is told to the channel, once."""

from datetime import timedelta
from typing import Final

from shared.domain import orders
from shared.errors import AccessError, InDoubtError, RetryableError
from shared.flows import keys
from shared.flows.cases import TOLD, CaseRow, Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case, CaseState, Intent, IntentKind, IntentState
from shared.model.issue import IssueKind
from shared.model.order_events import OrderShipped
from shared.model.target import Outcome, Verdict
from shared.ports import Bus, Clock, OrderSource

REFUSES = "channel refuses"
AT_IT: Final = timedelta(seconds=90)  # longer than the time limit of a function that tells


@frozen
class ShipmentTeller:
    """Tells the channel what left. The client looks before it sends, so a repeat ships nothing."""

    connection: str
    channel_client: OrderSource
    cases: Cases
    bus: Bus
    issues: Issues
    clock: Clock

    def tell(self, order_id: str, *, retry_rejected: bool = False) -> None:
        """Send every shipment of this order, and tracking, the channel has not confirmed yet.

        Of a channel in shadow nothing is told; the sweep names the order again once that is over.
        What the channel refused is told again if a person wants that.
        """
        if self.cases.retailer.connection(self.connection).shadow:
            return
        if retry_rejected:
            self.cases.change(order_id, self._again)
        found = self.cases.find(order_id)
        if found is None:
            return
        for intent in found.case.intents:
            if intent.kind in TOLD and intent.open:
                self._tell(order_id, intent.intent_id)

    def _again(self, case: Case) -> Case | None:
        refused = [i for i in case.intents if i.kind in TOLD and i.state is IntentState.REJECTED]
        for intent in refused:
            planned = intent.model_copy(update={"state": IntentState.PLANNED})
            now, detail = self.clock.now(), intent.reference
            case = orders.noted(orders.with_intent(case, planned), "told again", detail, now=now)
        return case if refused else None

    def _tell(self, order_id: str, intent_id: str) -> None:
        row = self.cases.find(order_id)
        intent = row.case.intent(intent_id) if row else None
        if row is None or intent is None or not intent.open:
            return
        case, sent = row.case, self._claimed(row, intent)
        shipment = next(s for s in case.shipments if s.shipment_id == intent.reference)
        if case.order.called:
            self._settle(case, sent, Outcome(key=shipment.shipment_id, verdict=Verdict.APPLIED))
            return
        try:
            outcome = self.channel_client.ship(case.order, shipment)
        except InDoubtError as error:
            raise RetryableError(str(error), after=self._while) from error
        except (AccessError, RetryableError) as error:
            self._let_go(case, sent)
            raise RetryableError(str(error), after=getattr(error, "after", None)) from error
        if outcome.verdict is Verdict.UNKNOWN:
            raise RetryableError(f"{shipment.shipment_id}: {outcome.message}", after=self._while)
        if outcome.verdict in {Verdict.RETRY, Verdict.STALE}:
            self._let_go(case, sent)
            raise RetryableError(f"shipment {shipment.shipment_id}: {outcome.message}")
        self._settle(case, sent, outcome)

    @property
    def _while(self) -> timedelta:
        """How long one who is telling may still be at it, or what it sent may land."""
        return max(AT_IT, self.cases.retailer.connection(self.connection).settle)

    def _claimed(self, row: CaseRow, intent: Intent) -> Intent:
        """The intent, sent by this worker alone: two who look at once both find nothing told.

        Goods and numbers of a shipment are told by the same call, so neither is begun beside the
        other.
        """
        now = self.clock.now()
        same = (i for i in row.case.intents if i.kind in TOLD and i.reference == intent.reference)
        begun = [i.sent_at or now for i in same if i.state is IntentState.SENT]
        free_at = max(begun, default=now - self._while) + self._while
        if now < free_at:
            said = f"another worker tells {intent.reference}, or its answer was lost"
            raise RetryableError(said, after=free_at - now)
        sent = orders.sent(intent, now=now)
        if not self.cases.commit(orders.with_intent(row.case, sent), row.rev):
            raise RetryableError(f"order {row.case.order.order_id} was changed meanwhile")
        return sent

    def _let_go(self, case: Case, sent: Intent) -> None:
        """Nothing was sent, so that who comes next need not wait."""
        planned = sent.model_copy(update={"state": IntentState.PLANNED})

        def step(case: Case) -> Case | None:
            held = case.intent(sent.intent_id) == sent
            return orders.with_intent(case, planned) if held else None

        self.cases.change(case.order.order_id, step)

    def _settle(self, case: Case, sent: Intent, outcome: Outcome) -> None:
        now = self.clock.now()
        good = outcome.verdict in {Verdict.APPLIED, Verdict.ACCEPTED}
        state = IntentState.APPLIED if good else IntentState.REJECTED
        done = orders.settled(sent, state, now=now, detail=outcome.message)
        about = "shipment" if sent.kind is IntentKind.SHIP else "tracking"
        what = f"channel told of {about}" if good else f"{REFUSES} {about}"

        def step(case: Case) -> Case | None:
            known = case.intent(sent.intent_id)
            if known is not None and known.state is not IntentState.SENT:
                return None  # settled by another, or to be told of what came meanwhile
            return orders.noted(orders.with_intent(case, done), what, sent.reference, now=now)

        def tell(_: Case, after: Case) -> None:
            if not good:
                self.issues.report([self._refused(after, sent, outcome)])
                return
            if orders.ever(after, f"{REFUSES} shipment", f"{REFUSES} tracking"):
                subject = _subject(after, sent)
                self.issues.solve(IssueKind.SHIPMENT_REJECTED, subject, by="channel told")
            if sent.kind is IntentKind.TRACK:
                return
            self.bus.publish(
                [
                    OrderShipped(
                        at=now,
                        order_id=after.order.order_id,
                        channel=after.order.channel,
                        shipment_id=sent.reference,
                        complete=after.state is CaseState.SHIPPED,
                    )
                ]
            )

        self.cases.change(case.order.order_id, step, tell=tell)

    def _refused(self, case: Case, sent: Intent, outcome: Outcome) -> Problem:
        order = case.order
        what = "" if sent.kind is IntentKind.SHIP else "the tracking of "
        return Problem(
            kind=IssueKind.SHIPMENT_REJECTED,
            subject=_subject(case, sent),
            connection=self.connection,
            summary=f"{order.channel} refuses {what}shipment {sent.reference} of order "
            f"{order.number}: {outcome.message}",
            remedy="end the cause in the channel, such as a hold of the order, then replay; or "
            "enter shipment and tracking number there by hand",
            at_risk=order.total,
            replay={
                "queue": keys.write_queue(self.connection),
                "ship": order.order_id,
                "retry": "rejected",
            },
        )


def _subject(case: Case, sent: Intent) -> str:
    return f"{case.order.order_id}/{sent.reference}"
