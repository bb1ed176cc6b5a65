"""Whether the ERP's order comes to what its channel's does, once it was changed."""

from collections.abc import Mapping

from shared.domain import amounts, demand
from shared.domain.demand import AmendedOrder
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.issue import IssueKind
from shared.model.money import Money


@frozen
class Totals:
    connection: str
    issues: Issues

    def tell(self, case: Case, answer: AmendedOrder) -> None:
        """One exception while the totals differ; none while more is to be changed."""
        subject = f"{case.order.order_id}/erp"
        due = amounts.due(case)
        if answer.total is None or due is None or _unfinished(case):
            return
        if answer.total == due:
            by = "the ERP's total is right"
            self.issues.solve(IssueKind.TOTALS_DIFFER, subject, by=by)
            return
        line = _differing(case, answer.nets)
        self.issues.report(
            [
                Problem(
                    kind=IssueKind.TOTALS_DIFFER,
                    subject=subject,
                    connection=self.connection,
                    summary=f"order {case.order.number}: {due} is left of it in its channel, ERP "
                    f"{answer.total}; look at " + (f"line {line}" if line else "freight and taxes"),
                    remedy="replay, which sends its prices anew; if that changes nothing, correct "
                    f"the pricing of ERP order {case.erp_order}",
                    field=f"lines.{line}" if line else "total",
                    value=str(answer.total),
                    at_risk=case.order.total,
                    replay=keys.asked_again(self.connection, case.order.order_id, "amounts"),
                )
            ]
        )


def _unfinished(case: Case) -> bool:
    return bool(demand.amendment(case) or demand.unmapped(case))


def _differing(case: Case, nets: Mapping[str, Money]) -> str | None:
    """The first line whose item is worth something else there."""
    for line_id, line in case.erp_lines.items():
        part, net = amounts.known_line(case, line_id), nets.get(line.item)
        if part is None or net is None or line.rejected:
            continue
        if part.price * line.units - part.off != net:
            return line_id
    return None
