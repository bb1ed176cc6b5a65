"""Goods left: onto the case, off the holds, and to the channel. Each shipment counts once."""

from shared.domain import lifecycle, orders
from shared.errors import AccessError, InDoubtError, RetryableError
from shared.flows import keys
from shared.flows.apply import apply
from shared.flows.cases import Cases
from shared.flows.erp_links import ErpLinks, reread, waiting
from shared.flows.issues import Issues, Problem
from shared.flows.late import Lateness
from shared.frozen import frozen
from shared.model.case import Case, CaseState, Intent, IntentKind, IntentState
from shared.model.events import OrderShipped
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.order import Shipment
from shared.model.retailer import Retailer
from shared.model.target import Outcome, Verdict
from shared.ports import Bus, Clock, FactReader, Message, OrderSource, Queues, Row, Store


@frozen
class Shipments:
    """`connection` is the ERP or WMS that ships."""

    connection: str
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer

    def record(self, shipment: Shipment, *, source: FactReader) -> None:
        """Take one shipment in; a repeat changes nothing and sends nothing."""
        row = self._linked(shipment)
        if row is None:
            self.issues.report([self._orphan(shipment)])
            return
        order_id = str(row.body["order_id"])
        found = self.cases.find(order_id)
        if found is not None and found.case.erp_order is None:
            self._later(shipment)
            return
        case = self.cases.change(order_id, lambda case: self._shipped(case, shipment))
        if case is None:
            raise RetryableError(f"order {order_id} of a shipment is not there yet")
        # Read after the goods left: the ERP's own figures now lack what the holds still take off.
        if self.retailer.authority[Entity.STOCK] == self.connection:
            skus = list(dict.fromkeys(line.sku for line in shipment.lines))
            page = source.read(Entity.STOCK, skus)
            apply(
                page.items,
                entity=Entity.STOCK,
                store=self.store,
                issues=self.issues,
                retailer=self.retailer,
            )
        self.cases.sync_holds(order_id)
        Lateness(self.bus, self.issues, self.clock, self.retailer).tell(case)
        if shipment.shipment_id in waiting(row, Entity.SHIPMENT):
            subject = self._subject(shipment)
            self.issues.solve(IssueKind.SHIPMENT_WITHOUT_ORDER, subject, by="order accepted")
        intent = case.intent(_intent_id(shipment))
        if intent is not None and intent.open:
            queue = keys.write_queue(self.retailer.channel(case.order.channel).connection)
            self.queues.send([Message(queue, {"ship": order_id})])

    def _linked(self, shipment: Shipment) -> Row | None:
        links = ErpLinks(self.connection, self.store, self.queues)
        return links.find(shipment.erp_order, Entity.SHIPMENT, shipment.shipment_id)

    def _later(self, shipment: Shipment) -> None:
        """Read again once the sender has recorded that the ERP accepted the order.

        Only then are the ERP's item numbers known, by which the shipped lines are found.
        """
        self.queues.send([reread(self.connection, Entity.SHIPMENT, shipment.shipment_id)])

    def _shipped(self, case: Case, shipment: Shipment) -> Case | None:
        now = self.clock.now()
        told = lifecycle.shipped(case, shipment)
        if told == case:
            return None
        if len(told.shipments) > len(case.shipments):
            intent = Intent(
                intent_id=_intent_id(shipment),
                kind=IntentKind.SHIP,
                connection=self.retailer.channel(case.order.channel).connection,
                reference=shipment.shipment_id,
            )
            told = orders.with_intent(told, intent)
            told = orders.noted(told, "shipped", shipment.shipment_id, now=now)
        else:
            told = orders.noted(told, "tracking added", shipment.shipment_id, now=now)
        return lifecycle.settled(told, now=now)

    def _subject(self, shipment: Shipment) -> str:
        return f"{self.connection}/{shipment.shipment_id}"

    def _orphan(self, shipment: Shipment) -> Problem:
        return Problem(
            kind=IssueKind.SHIPMENT_WITHOUT_ORDER,
            subject=self._subject(shipment),
            connection=self.connection,
            summary=f"delivery {shipment.shipment_id} ships ERP order {shipment.erp_order}, which "
            "came from no channel",
            remedy="nothing to do if the order was entered in the ERP; else replay",
            field="erp_order",
            value=shipment.erp_order,
            replay={
                "queue": keys.read_queue(self.connection),
                "read": "shipment",
                "key": shipment.shipment_id,
            },
        )


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


def _intent_id(shipment: Shipment) -> str:
    return f"ship#{shipment.shipment_id}"
