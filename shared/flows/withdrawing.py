"""Have the ERP let go of what it holds of an order beside the one that is kept, as a person asked.

What is there is read first, each write is recorded before it is sent, and what the ERP has let go
of already is not written again. Of an order that is on its way nothing is written: that is told.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from shared.domain import orders
from shared.errors import RejectedError, RetryableError, UnreachableError
from shared.flows.cases import Cases
from shared.flows.duplicates import tell, withdrawable
from shared.flows.intents import Intents, Steps
from shared.flows.issues import Issues, lockout_told
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentKind
from shared.order_ports import OrderWithdrawer
from shared.ports import Clock


@frozen
class Withdrawing:
    """`settle` is how late a lost request may still take effect in this ERP."""

    connection: str
    erp: OrderWithdrawer
    cases: Cases
    issues: Issues
    clock: Clock
    settle: timedelta

    def repair(self, order_id: str, *, by: str) -> None:
        """Leave the ERP one order under our reference, or raise saying when to look again.

        The exception ends with what the ERP holds then, or says why it holds more.
        """
        found = self.cases.find(order_id)
        if found is None or found.case.erp_order is None:
            return
        with lockout_told(self.issues, self.connection):
            try:
                self._repair(found.case, found.case.erp_order, by)
            except UnreachableError as error:
                raise RetryableError(str(error), after=error.after or self.settle) from error

    def _repair(self, case: Case, kept: str, by: str) -> None:
        order_id = case.order.order_id
        more = withdrawable(case, self.erp.find_order(case.order, case.reference), kept)
        case = self.cases.change(order_id, partial(self._planned, numbers=more, by=by)) or case
        refused: list[str] = []
        for intent in [one for one in case.intents if _withdraws(one) and one.open]:
            self._withdraw(order_id, intent, refused)
        posted = self.erp.find_order(case.order, case.reference)
        tell(self.issues, self.connection, case, posted, "; ".join(refused))

    def _planned(self, case: Case, *, numbers: Sequence[str], by: str) -> Case | None:
        """The case with what is to be let go of; what was asked before and is there still, anew."""
        under_way = {one.reference for one in case.intents if _withdraws(one) and one.open}
        new = [number for number in numbers if number not in under_way]
        if not new:
            return None
        for number in new:
            intent = Intent(
                intent_id=f"{IntentKind.WITHDRAW}#{number}",
                kind=IntentKind.WITHDRAW,
                connection=self.connection,
                reference=number,
            )
            case = orders.with_intent(case, intent)
        detail = f"{', '.join(new)} is to be rejected, by {by}"
        return orders.noted(case, "duplicate repaired", detail, now=self.clock.now())

    def _withdraw(self, order_id: str, intent: Intent, refused: list[str]) -> None:
        number = intent.reference

        def found(case: Case) -> list[str]:
            posted = self.erp.find_order(case.order, case.reference)
            return [one.erp_order for one in posted if one.erp_order == number and one.withdrawn]

        def sent(_: Case) -> str:
            self.erp.withdraw_order(number)
            return number

        def told(error: RejectedError) -> None:
            refused.append(str(error))

        steps = Steps[str](
            what="rejection",
            find=found,
            send=sent,
            named=str,
            follow=lambda _: None,
            refused=told,
        )
        Intents(self.cases, self.clock, self.settle).carry_out(order_id, intent, steps)


def _withdraws(intent: Intent) -> bool:
    return intent.kind is IntentKind.WITHDRAW
