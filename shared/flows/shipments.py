"""Goods left: onto the case and off the holds. Each shipment counts once."""

from shared.domain import despatch, lifecycle, orders
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import TOLD, Cases
from shared.flows.despatches import Despatches
from shared.flows.erp_links import ErpLinks, reread, waiting
from shared.flows.issues import Issues, Problem
from shared.flows.late import Lateness
from shared.flows.suspicion import Suspicion
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentKind, IntentState
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.order import Shipment
from shared.model.retailer import Retailer
from shared.ports import Bus, Clock, FactReader, Message, Queues, Row, Store


@frozen
class Shipments:
    """`connection` is the ERP that ships, or the source that tells of it."""

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
        case = self.cases.change(order_id, lambda case: self.taken(case, self._booked(shipment)))
        if case is None:
            raise RetryableError(f"order {order_id} of a shipment is not there yet")
        # Read after the goods left: the ERP's own figures now lack what the holds still take off.
        if self.retailer.authority[Entity.STOCK] == self.connection:
            from shared.flows.apply import apply  # noqa: PLC0415 - who reads an ERP has it already

            skus = list(dict.fromkeys(line.sku for line in shipment.lines))
            page = source.read(Entity.STOCK, skus)
            apply(
                page.items,
                entity=Entity.STOCK,
                store=self.store,
                issues=self.issues,
                retailer=self.retailer,
            )
        self.follow(case, shipment)
        if shipment.shipment_id in waiting(row, Entity.SHIPMENT):
            subject = self._subject(shipment)
            self.issues.solve(IssueKind.SHIPMENT_WITHOUT_ORDER, subject, by="order accepted")

    def taken(self, case: Case, shipment: Shipment) -> Case | None:
        """The case after it was told this; None if it says nothing new."""
        now = self.clock.now()
        believed = self.retailer.ships(self.connection, shipment.location)
        told = despatch.placed(case, shipment, believed=believed)
        if told == case:
            return None
        if told.heard != case.heard:
            told = orders.noted(told, "shipment compared", shipment.shipment_id, now=now)
        elif len(told.shipments) > len(case.shipments):
            told = orders.with_intent(told, self._planned(told, IntentKind.SHIP, shipment))
            told = orders.noted(told, "shipped", shipment.shipment_id, now=now)
        else:
            if _behind(told, shipment):
                told = orders.with_intent(told, self._planned(told, IntentKind.TRACK, shipment))
            told = orders.noted(told, "tracking added", shipment.shipment_id, now=now)
        return lifecycle.settled(told, now=now)

    def follow(self, case: Case, shipment: Shipment) -> None:
        """What is done once it is on the case; all of it knows its repeats."""
        order_id = case.order.order_id
        self.cases.sync_holds(order_id)
        Lateness(self.bus, self.issues, self.clock, self.retailer).tell(case)
        Suspicion(self.issues, self.cases).tell(case)
        if case.heard:
            Despatches(self.store, self.issues, self.cases, self.clock, self.retailer).see(case)
        ours = (i for i in case.intents if i.reference == shipment.shipment_id and i.kind in TOLD)
        if any(intent.open for intent in ours):
            queue = keys.write_queue(self.retailer.channel(case.order.channel).connection)
            self.queues.send([Message(queue, {"ship": order_id})])

    def _booked(self, shipment: Shipment) -> Shipment:
        """With whether its units are off the stock we know; of what counts the ERP's word is so."""
        if self.retailer.stock_teller(shipment.location) == self.connection:
            return shipment
        return shipment.model_copy(update={"booked": False})

    def _linked(self, shipment: Shipment) -> Row | None:
        links = ErpLinks(self.connection, self.store, self.queues)
        return links.find(shipment.erp_order, Entity.SHIPMENT, shipment.shipment_id)

    def _later(self, shipment: Shipment) -> None:
        """Read again once the sender has recorded that the ERP accepted the order.

        Only then are the ERP's item numbers known, by which the shipped lines are found.
        """
        self.queues.send([reread(self.connection, Entity.SHIPMENT, shipment.shipment_id)])

    def _planned(self, case: Case, kind: IntentKind, shipment: Shipment) -> Intent:
        return Intent(
            intent_id=f"{kind}#{shipment.shipment_id}",
            kind=kind,
            connection=self.retailer.channel(case.order.channel).connection,
            reference=shipment.shipment_id,
        )

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


def _behind(case: Case, shipment: Shipment) -> bool:
    """Whether the channel may have been told of a shipment without this tracking.

    What is not sent yet will tell all there is; what was refused does so when it is replayed. Of
    an order that came by call its channel asks itself.
    """
    told = case.intent(f"{IntentKind.SHIP}#{shipment.shipment_id}")
    sent = told is not None and told.state in {IntentState.SENT, IntentState.APPLIED}
    return sent and not case.order.called
