"""What was asked back after it had left, told once: an exception with its remedy, and the news."""

from shared.domain import suspicion
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Bus, Clock

KIND = IssueKind.CANCELLED_TOO_LATE


@frozen
class Lateness:
    bus: Bus
    issues: Issues
    clock: Clock
    retailer: Retailer

    def tell(self, case: Case) -> None:
        """The exception is written last, and by it a repeat knows that all was told."""
        if not case.late:
            return
        order_id, value = case.order.order_id, suspicion.units(case, case.late)
        known = self.issues.find(f"{KIND}#{order_id}")
        if known is not None and known.value == value:
            return
        from shared.model.order_events import CancellationTooLate  # noqa: PLC0415 - of few orders

        self.bus.publish(
            [
                CancellationTooLate(
                    at=self.clock.now(),
                    order_id=order_id,
                    channel=case.order.channel,
                    lines=case.late,
                )
            ]
        )
        self.issues.report([self._problem(case, value)])

    def _problem(self, case: Case, value: str) -> Problem:
        return Problem(
            kind=KIND,
            subject=case.order.order_id,
            connection=self.retailer.channel(case.order.channel).connection,
            summary=f"order {case.order.number}: {value} had left when it was cancelled",
            remedy="open a return for these units and refund what is not refunded yet, or have the "
            "carrier stop the parcel",
            field="lines",
            value=value,
            at_risk=case.order.total,
        )
