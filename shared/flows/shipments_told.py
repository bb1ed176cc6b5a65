"""What left is told to the channel, once."""

from shared.domain import orders
from shared.errors import AccessError, InDoubtError, RetryableError
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case, CaseState, Intent, IntentKind, IntentState
from shared.model.issue import IssueKind
from shared.model.order_events import OrderShipped
from shared.model.target import Outcome, Verdict
from shared.ports import Bus, Clock, OrderSource


@frozen
class ShipmentTeller:
    """Tells the channel what left. The client looks before it sends, so a repeat ships nothing."""

    connection: str
    channel_client: OrderSource
    cases: Cases
    bus: Bus
    issues: Issues
    clock: Clock

    def tell(self, order_id: str) -> None:
        """Send every shipment of this order the channel has not confirmed yet.

        Of a channel in shadow nothing is told; the sweep names the order again once that is over.
        """
        if self.cases.retailer.connection(self.connection).shadow:
            return
        found = self.cases.find(order_id)
        if found is None:
            return
        for intent in found.case.intents:
            if intent.kind is IntentKind.SHIP and intent.open:
                self._tell(found.case, intent)

    def _tell(self, case: Case, intent: Intent) -> None:
        shipment = next(s for s in case.shipments if s.shipment_id == intent.reference)
        now = self.clock.now()
        sent = orders.sent(intent, now=now)
        self.cases.change(case.order.order_id, lambda c: orders.with_intent(c, sent))
        if case.order.called:
            self._settle(case, sent, Outcome(key=shipment.shipment_id, verdict=Verdict.APPLIED))
            return
        try:
            outcome = self.channel_client.ship(case.order, shipment)
        except (InDoubtError, AccessError) as error:
            raise RetryableError(str(error)) from error
        if outcome.verdict in {Verdict.UNKNOWN, Verdict.RETRY, Verdict.STALE}:
            raise RetryableError(f"shipment {shipment.shipment_id}: {outcome.message}")
        self._settle(case, sent, outcome)

    def _settle(self, case: Case, sent: Intent, outcome: Outcome) -> None:
        now = self.clock.now()
        good = outcome.verdict in {Verdict.APPLIED, Verdict.ACCEPTED}
        state = IntentState.APPLIED if good else IntentState.REJECTED
        done = orders.settled(sent, state, now=now, detail=outcome.message)
        what = "channel told of shipment" if good else "channel refuses shipment"

        def step(case: Case) -> Case | None:
            known = case.intent(sent.intent_id)
            if known is not None and not known.open:
                return None
            return orders.noted(orders.with_intent(case, done), what, sent.reference, now=now)

        def tell(_: Case, after: Case) -> None:
            if not good:
                self.issues.report([self._refused(after, sent, outcome)])
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
        return Problem(
            kind=IssueKind.SHIPMENT_REJECTED,
            subject=f"{case.order.order_id}/{sent.reference}",
            connection=self.connection,
            summary=f"{case.order.channel} refuses shipment {sent.reference} of order "
            f"{case.order.number}: {outcome.message}",
            remedy="fulfil the order in the channel by hand with the tracking number of the case",
            at_risk=case.order.total,
        )
