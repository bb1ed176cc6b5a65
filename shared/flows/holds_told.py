"""Why an order is held, where neither its sums nor its articles are the reason."""

from collections.abc import Iterable, Sequence
from itertools import chain

from shared.domain import awaiting, demand, orders, release
from shared.domain.held import Held
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case, CaseState, HoldReason
from shared.model.issue import IssueKind
from shared.model.order_policy import AddressLimits
from shared.model.order_rules import OrderRule
from shared.model.retailer import Channel
from shared.ports import Clock

TOLD = (
    HoldReason.PAYMENT,
    HoldReason.FRAUD,
    HoldReason.ADDRESS,
    HoldReason.TAX_CODE,
    *sorted(release.WAIVABLE),
)
_STOPPED = frozenset({CaseState.HELD.value, "rejected by ERP"})


@frozen
class Holds:
    """One exception per order and reason; it ends when the reason does."""

    issues: Issues
    clock: Clock
    rules: Sequence[OrderRule] = ()
    limits: AddressLimits | None = None

    def tell(self, case: Case, channel: Channel) -> None:
        told: Iterable[Held] = release.told_of(
            case.order,
            channel.orders,
            now=self.clock.now(),
            rules=self.rules,
            limits=self.limits,
        )
        told = chain(told, awaiting.told(case, channel.locations))
        held = {
            one.reason: one
            for one in told
            if one.reason not in case.waived
            and case.state is CaseState.HELD
            and not case.order.pending
        }
        order_id = case.order.order_id
        if orders.ever(case, *_STOPPED):
            kept = {*held, HoldReason.FRAUD} if demand.kept_back(case) else held
            gone = (f"{order_id}/{reason}" for reason in TOLD if reason not in kept)
            self.issues.solve_all(IssueKind.ORDER_HELD, gone, by="no longer held for it")
            self._over(case, channel)
        self.issues.report(self._problem(case, channel, one) for one in held.values())

    def _over(self, case: Case, channel: Channel) -> None:
        """End what was told of its sums and of a refusal, once nothing waits for them."""
        order_id, held = case.order.order_id, case.state is CaseState.HELD
        differ = orders.check_totals(case.newest, tolerance_minor=channel.tolerance_minor)
        if not (held and differ):
            by = "sums that agree" if differ is None else "its cancellation"
            self.issues.solve_all(IssueKind.TOTALS_DIFFER, [order_id], by=by)
        if case.state is CaseState.CANCELLED:
            self.issues.solve_all(IssueKind.ORDER_REJECTED, [order_id], by="its cancellation")

    def _problem(self, case: Case, channel: Channel, held: Held) -> Problem:
        order = case.order
        return Problem(
            kind=IssueKind.ORDER_HELD,
            subject=f"{order.order_id}/{held.reason}",
            connection=channel.connection,
            summary=f"order {order.number} of {order.total} is held: {held.reason}, {held.value}",
            remedy=held.remedy,
            field=held.field,
            value=held.value,
            at_risk=order.total,
            replay=_again(case, channel, held.reason),
        )


def _again(case: Case, channel: Channel, reason: HoldReason) -> dict[str, str]:
    """Look again; for what only a person can decide, that is the decision to send it on."""
    if reason not in release.WAIVABLE:
        return keys.order_again(channel.connection, case.order)
    queue = keys.read_queue(channel.connection)
    return {"queue": queue, "release": case.order.order_id, "waive": reason.value}
