"""What the ERP promises of our orders, or rejects of them, onto their cases, told once."""

from datetime import timedelta
from typing import Any

from shared.domain import demand, lifecycle, orders, promises
from shared.flows import keys
from shared.flows.cases import Cases, look_again
from shared.flows.duplicates import case_of, check
from shared.flows.erp_links import ErpLinks
from shared.frozen import frozen
from shared.model.allocation import ErpAllocation
from shared.model.case import Case, CaseState
from shared.model.erp_events import OrderPromised
from shared.model.order_events import OrderCancelled
from shared.ports import Bus, Clock, Message, Queues, Store


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
        """Take one in; a repeat changes nothing. What is promised to others is let go.

        Whether the ERP is to be asked for what it rejected is seen from the row, so that a repeat
        makes good what a crash left.
        """
        row = ErpLinks(self.connection, self.store, self.queues).known(said.erp_order)
        if row is None:
            self._of_another(said)
        found = self.cases.find(str(row.body["order_id"])) if row else None
        if found is None:
            return
        order_id = found.case.order.order_id
        case = self.cases.change(order_id, lambda case: self._told(case, said), tell=self._tell)
        if case is not None and (demand.unsettled(case) or demand.refused(case)):
            self.queues.send([Message(keys.write_queue(self.connection), {"case": order_id})])

    def _of_another(self, said: ErpAllocation) -> None:
        """A second order under a reference of ours has come or changed: its order is looked at."""
        case = case_of(self.cases, said.reference, said.erp_order)
        if case is not None:
            self.queues.send([check(self.connection, case.order.order_id, timedelta())])

    def _told(self, case: Case, said: ErpAllocation) -> Case | None:
        now, after = self.clock.now(), promises.told(case, said)
        if after != case:
            late = [f"line {name} on {day}" for name, day in sorted(after.backorders.items())]
            what = "backordered" if late else "allocated"
            after = orders.noted(after, what, ", ".join(late), now=now)
        closed = promises.closed(after, said)
        return after if closed == after else self._closed(after, closed)

    def _closed(self, before: Case, after: Case) -> Case:
        now = self.clock.now()
        for line_id, line in after.erp_lines.items():
            if line.rejected is not before.erp_lines[line_id].rejected:
                what = "rejected in the ERP" if line.rejected else "rejected no longer"
                after = orders.noted(after, what, f"line {line_id}", now=now)
        return lifecycle.settled(after, now=now)

    def _tell(self, before: Case, after: Case) -> None:
        order = after.order
        names: dict[str, Any] = {
            "at": self.clock.now(),
            "order_id": order.order_id,
            "channel": order.channel,
        }
        days = {name: day.isoformat() for name, day in after.backorders.items()}
        allocated = after.counts.allocated
        if (allocated, after.backorders) != (before.counts.allocated, before.backorders):
            self.bus.publish([OrderPromised(**names, allocated=allocated, backorders=days)])
        lost = [line_id for line_id, line in after.erp_lines.items() if line.rejected]
        if lost and after.erp_lines != before.erp_lines:
            # Units a crash kept from being held never changed our wish, and the shop sold them.
            channel = self.cases.retailer.channel(order.channel)
            skus = {line.sku: None for line in orders.lines_of(after) if line.line_id in lost}
            self.queues.send(look_again(channel, [sku for sku in skus if sku]))
        if after.state is CaseState.CANCELLED and before.state is not CaseState.CANCELLED:
            self.bus.publish([OrderCancelled(**names)])
