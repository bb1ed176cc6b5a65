"""A buyer asks to cancel what is on its way to him: told while a person can still decide."""

from shared.domain import demand, lifecycle, orders
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case, CaseState, HoldReason
from shared.model.issue import IssueKind
from shared.model.retailer import Channel

KIND = IssueKind.CANCELLATION_ASKED


@frozen
class Asked:
    """One exception per order that is not held for it, until it is decided or has left."""

    issues: Issues

    def tell(self, case: Case, channel: Channel) -> None:
        if not orders.ever(case, lifecycle.ASKED):
            return
        wanted, left = demand.wanted(case.newest, case.refunds), demand.to_leave(case)
        open_ = sorted(x for x in case.newest.asked_back if wanted.get(x) and left.get(x))
        held = case.state is CaseState.HELD and HoldReason.CANCELLATION in case.holds
        if open_ and not held and HoldReason.CANCELLATION not in case.waived:
            self.issues.report([_problem(case, channel, open_)])
        else:
            self.issues.solve(KIND, case.order.order_id, by="cancelled, or gone")


def _problem(case: Case, channel: Channel, lines: list[str]) -> Problem:
    order = case.newest
    where = f"ERP order {case.erp_order}" if case.erp_order else "the order"
    return Problem(
        kind=KIND,
        subject=order.order_id,
        connection=channel.connection,
        summary=f"the buyer of order {order.number} asks to cancel {len(lines)} of "
        f"{len(order.lines)} lines, and {where} has not left",
        remedy="cancel it in the channel, which takes it off the ERP's order too; or let it leave",
        field="asked_back",
        value=", ".join(lines)[:200],
        at_risk=order.total,
    )
