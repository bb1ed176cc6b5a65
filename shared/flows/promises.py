"""What the ERP promises of our orders, onto their cases, told once."""

from datetime import timedelta

from shared.domain import orders, promises
from shared.flows.cases import Cases
from shared.flows.duplicates import case_of, check
from shared.flows.erp_links import ErpLinks
from shared.frozen import frozen
from shared.model.allocation import ErpAllocation
from shared.model.case import Case
from shared.model.erp_events import OrderPromised
from shared.ports import Bus, Clock, Queues, Store


@frozen
class Promises:
    """`connection` is the ERP that promises."""

    connection: str
    store: Store
    queues: Queues
    bus: Bus
    cases: Cases
    clock: Clock

    def record(self, said: ErpAllocation) -> None:
        """Take one in; a repeat changes nothing. What is promised to others is let go."""
        row = ErpLinks(self.connection, self.store, self.queues).known(said.erp_order)
        if row is None:
            self._of_another(said)
        found = self.cases.find(str(row.body["order_id"])) if row else None
        told = self._told(found.case, said) if found else None
        if found is None or told is None:
            return
        self.bus.publish([self._news(told)])
        self.cases.change(found.case.order.order_id, lambda case: self._told(case, said))

    def _of_another(self, said: ErpAllocation) -> None:
        """A second order under a reference of ours has come or changed: its order is looked at."""
        case = case_of(self.cases, said.reference, said.erp_order)
        if case is not None:
            self.queues.send([check(self.connection, case.order.order_id, timedelta())])

    def _told(self, case: Case, said: ErpAllocation) -> Case | None:
        after = promises.told(case, said)
        if after == case:
            return None
        late = ", ".join(f"line {name} on {day}" for name, day in sorted(after.backorders.items()))
        what = "backordered" if late else "allocated"
        return orders.noted(after, what, late, now=self.clock.now())

    def _news(self, case: Case) -> OrderPromised:
        return OrderPromised(
            at=self.clock.now(),
            order_id=case.order.order_id,
            channel=case.order.channel,
            allocated=case.counts.allocated,
            backorders={name: day.isoformat() for name, day in case.backorders.items()},
        )
