"""What a verdict on fraud means for an order the ERP has: held once, or told once as too late."""

from typing import Final

from shared.domain import demand, orders, suspicion
from shared.domain.suspicion import Suspected
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import TRIES, Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case, CaseState, HoldReason
from shared.model.issue import IssueKind, IssueState

_BETTER: Final = "a better verdict, or its end"


@frozen
class Suspicion:
    """Of orders before the ERP `Holds` tells."""

    issues: Issues
    cases: Cases

    def tell(self, case: Case) -> None:
        """Tell of it where that is news; end what was told of it once it is not so any more.

        The case is read again after that, so a late worker cannot leave what is not so any more.
        """
        order_id = case.order.order_id
        for _ in range(TRIES):
            if not orders.ever(case, suspicion.HELD, CaseState.HELD):
                return
            self._told(case)
            found = self.cases.find(order_id)
            if found is None or _said(found.case) == _said(case):
                return
            case = found.case
        raise RetryableError(f"order {order_id} is contended")

    def _told(self, case: Case) -> None:
        if not orders.ever(case, suspicion.HELD) or case.state is CaseState.HELD:
            return
        order_id, found = case.order.order_id, suspicion.of(case)
        held = f"{order_id}/{HoldReason.FRAUD}"
        if found is not Suspected.HELD:
            self.issues.solve_all(IssueKind.ORDER_HELD, [held], by="no longer held for it")
        if found is not Suspected.TOO_LATE:
            self.issues.solve_all(IssueKind.FRAUD_TOO_LATE, [order_id], by=_BETTER)
        if found is Suspected.HELD:
            self._report(self._held(case, held))
        elif found is Suspected.TOO_LATE:
            self._report(self._late(case))
        if not case.suspect and demand.as_wished(case):
            by = "nothing left to change"
            self.issues.solve_all(IssueKind.CHANGE_REJECTED, [order_id], by=by)

    def _report(self, problem: Problem) -> None:
        """Once, unless it ended meanwhile; a person who closed it has seen to it."""
        known = self.issues.find(f"{problem.kind}#{problem.subject}")
        ended = known is not None and known.state is IssueState.SOLVED and known.closed is None
        if known is None or ended or known.value != problem.value:
            self.issues.report([problem])

    def _held(self, case: Case, subject: str) -> Problem:
        order, connection = case.newest, self._connection(case)
        left = suspicion.units(case, demand.kept_back(case))
        return Problem(
            kind=IssueKind.ORDER_HELD,
            subject=subject,
            connection=connection,
            summary=f"order {order.number} of {order.total} is held: fraud, {order.fraud} after it "
            f"was sent to the ERP; {left} has not left and is blocked for delivery there",
            remedy="look at the order's risk in the channel, then accept it there, which lifts the "
            "block, or cancel it",
            field="fraud",
            value=f"{order.fraud}: {left}"[:200],
            at_risk=order.total,
            replay=keys.order_again(connection, order),
        )

    def _late(self, case: Case) -> Problem:
        order = case.newest
        gone = suspicion.units(case, _gone(case))
        return Problem(
            kind=IssueKind.FRAUD_TOO_LATE,
            subject=order.order_id,
            connection=self._connection(case),
            summary=f"order {order.number} of {order.total} may be fraud, {order.fraud}, and all "
            f"of it has left: {gone}",
            remedy="have the carrier stop the parcel, and decide in the channel whether the order "
            "is accepted, or its money given back",
            field="fraud",
            value=f"{order.fraud}: {gone}"[:200],
            at_risk=order.total,
        )

    def _connection(self, case: Case) -> str:
        return self.cases.retailer.channel(case.order.channel).connection


def _said(case: Case) -> tuple[object, ...]:
    """What is told of a case follows from this."""
    return suspicion.of(case), case.newest.fraud, demand.kept_back(case), _gone(case)


def _gone(case: Case) -> dict[str, int]:
    gone = demand.shipped(case)
    told = {line_id: line.units for line_id, line in case.erp_lines.items() if line.delivered}
    return {line_id: gone[line_id] or told.get(line_id, 0) for line_id in {*gone, *told}}
