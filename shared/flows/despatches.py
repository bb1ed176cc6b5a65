"""ERP and warehouse tell other units of an order: an exception, once that has lasted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from shared.domain import despatch, orders
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Clock, Put, Row, Store, Table

KIND: Final = IssueKind.SHIPMENT_DIFFERS
BATCH: Final = 100
KEPT_FOR: Final = timedelta(days=180)


@frozen
class Despatches:
    """One row per order that differs: what it differs by, and when that is to be told."""

    store: Store
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer

    def see(self, case: Case) -> None:
        """Look at a case that was told more; what differs waits for the other to tell it too."""
        order_id, value = case.order.order_id, _said(case)
        row = self._row(order_id)
        if value == (row.body["value"] if row else ""):
            return
        if not value:
            self.issues.solve(KIND, order_id, by="both tell the same")
        self._keep(order_id, value, row, told=False)

    def run(self, out_of_time: Callable[[], bool]) -> int:
        """Tell of what has differed for so long; how many orders were looked at."""
        now = self.clock.now()
        done = 0
        for listed in self.store.due(Table.ORDERS, keys.DESPATCH_LANE, until=now, limit=BATCH):
            if out_of_time():
                break
            self._tell(str(listed.body["order_id"]))
            done += 1
        return done

    def _tell(self, order_id: str) -> None:
        row, found = self._row(order_id), self.cases.find(order_id)
        if row is None or found is None:
            return
        value = _said(found.case)
        if value:
            self.issues.report([self._problem(found.case, value)])
        else:
            self.issues.solve(KIND, order_id, by="both tell the same")
        self._keep(order_id, value, row, told=True)

    def _row(self, order_id: str) -> Row | None:
        key = keys.despatch(order_id)
        return self.store.get([key]).get(key)

    def _keep(self, order_id: str, value: str, row: Row | None, *, told: bool) -> None:
        now, waits = self.clock.now(), bool(value) and not told
        after = timedelta(minutes=self.retailer.shipments.differ_after_minutes)
        put = Put(
            keys.despatch(order_id),
            {"order_id": order_id, "value": value},
            row.rev if row else 0,
            lane=keys.DESPATCH_LANE if waits else None,
            due=now + after if waits else None,
            expires=now + KEPT_FOR,
        )
        if not self.store.commit([put])[0]:
            raise RetryableError(f"shipments of order {order_id} are contended")

    def _problem(self, case: Case, value: str) -> Problem:
        order = case.order
        tellers = sorted({one.told_by or "the ERP" for one in case.heard})
        return Problem(
            kind=KIND,
            subject=order.order_id,
            connection=self.retailer.channel(order.channel).erp,
            summary=f"{' and '.join(tellers)} and whoever is believed tell other units of order "
            f"{order.number} as shipped: {value}",
            remedy="correct it where it is wrong: post what is missing in the ERP, or have the "
            "warehouse tell it; this closes once both tell the same. Units that one of the two "
            "will never tell: close it",
            field="lines",
            value=value,
            at_risk=order.total,
        )


def _said(case: Case) -> str:
    named = {line.line_id: line.sku or line.title for line in orders.lines_of(case)}
    return "; ".join(
        f"{named.get(line_id, line_id)} (line {line_id}): {counted} counted, {heard} compared"
        for line_id, (counted, heard) in sorted(despatch.differences(case).items())
    )[:200]
