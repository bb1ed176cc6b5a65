"""Make the ERP's order what the customer still wants: units, amounts, freight, where it goes.

The wish follows from the case and what the ERP holds is read first, so a repeat writes nothing
twice. What has left is not taken back: it is too late, and told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from shared.domain import amounts, demand, lifecycle, orders
from shared.domain.demand import AmendedLine, AmendedOrder, Amendment, LineChange
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.cases import CaseRow, Cases
from shared.flows.intents import wait_for_lost
from shared.flows.issues import LOCKED_OUT, Issues, Problem, locked_out
from shared.flows.late import Lateness
from shared.flows.suspicion import Suspicion
from shared.flows.totals import Totals
from shared.frozen import frozen
from shared.model.case import Case, CaseState, ErpHeader, ErpLine, Intent, IntentKind, IntentState
from shared.model.issue import IssueKind
from shared.model.order_events import OrderCancelled
from shared.order_ports import OrderAmender
from shared.ports import Bus, Clock


@frozen
class Amender:
    """`settle` is how late a lost request may still take effect in this ERP."""

    connection: str
    erp: OrderAmender
    cases: Cases
    bus: Bus
    issues: Issues
    clock: Clock
    settle: timedelta

    def amend(self, order_id: str, *, retry_rejected: bool = False, anew: bool = False) -> None:
        """Ask the ERP for what is still to change; RetryableError says when to look again.

        With `anew` for all of the order, whatever the ERP is thought to hold.
        """
        if retry_rejected or anew:
            self.cases.change(order_id, demand.forgiven)
        found = self.cases.find(order_id)
        if found is None:
            return
        intent = found.case.intent(self._intent_id)
        unsure = anew or (intent is not None and intent.open)
        wish = demand.amendment(found.case, unsure=unsure)
        if not wish:
            self._nothing_left(found.case, intent)
            return
        if intent is not None:  # what was lost may still add a line
            wait_for_lost(intent, f"change of {order_id}", self.clock.now(), self.settle)
        row, sent = self._sent(found, intent, wish)
        self._amended(row, sent, wish, self._asked(row, sent, wish))

    def _nothing_left(self, case: Case, intent: Intent | None) -> None:
        """A repeat makes good what a crash left; what was refused may be wanted no more, or there.

        The ERP's people may have changed the order by hand, whether it was asked for or not.
        """
        if intent is None and not any(line.rejected for line in case.erp_lines.values()):
            return
        if demand.as_wished(case):
            by = "nothing left to change"
            self.issues.solve_all(IssueKind.CHANGE_REJECTED, [case.order.order_id], by=by)
        step = partial(_closed, intent=intent, now=self.clock.now())
        self._follow(self.cases.change(case.order.order_id, step) or case)

    def _asked(self, row: CaseRow, sent: Intent, wish: Amendment) -> AmendedOrder:
        try:
            return self.erp.amend_order(row.case.newest, str(row.case.erp_order), wish)
        except InDoubtError as error:
            self._back(row, sent, IntentState.IN_DOUBT, str(error))
            raise RetryableError("the ERP's answer was lost", after=self.settle) from error
        except AccessError as error:
            self._back(row, sent, IntentState.PLANNED, str(error))
            self.issues.report([locked_out(self.connection, error)])
            raise RetryableError(str(error), after=LOCKED_OUT) from error
        except RetryableError as error:
            self._back(row, sent, IntentState.PLANNED, str(error))
            raise
        except RejectedError as error:
            return _refused(row.case, wish, str(error))

    @property
    def _intent_id(self) -> str:
        return f"amend#{self.connection}"

    def _sent(
        self, found: CaseRow, intent: Intent | None, wish: Amendment
    ) -> tuple[CaseRow, Intent]:
        now = self.clock.now()
        planned = intent or Intent(
            intent_id=self._intent_id,
            kind=IntentKind.AMEND_ORDER,
            connection=self.connection,
            reference=str(found.case.erp_order),
        )
        sent = orders.sent(planned, now=now)
        case = orders.with_intent(found.case, sent)
        case = orders.noted(case, "change sent to ERP", _said(found.case, wish), now=now)
        if not self.cases.commit(case, found.rev, due=now + self.settle):
            raise RetryableError("another worker is at this order", after=self.settle)
        return CaseRow(case, found.rev + 1), sent

    def _back(self, row: CaseRow, sent: Intent, state: IntentState, detail: str) -> None:
        undone = sent.model_copy(update={"state": state, "detail": detail[:300]})
        self.cases.change(row.case.order.order_id, lambda c: orders.with_intent(c, undone))

    def _amended(self, row: CaseRow, sent: Intent, wish: Amendment, answer: AmendedOrder) -> None:
        now = self.clock.now()
        asked = {change.line_id: change for change in wish.lines}
        known = {x.line_id: _known(row.case, x, asked[x.line_id]) for x in answer.lines}
        refused = _whys(lifecycle.amended(row.case, known), wish, answer)
        state = IntentState.REJECTED if refused else IntentState.APPLIED
        detail = "; ".join(dict.fromkeys(refused))
        done = orders.settled(sent, state, now=now, detail=detail)

        def step(case: Case) -> Case:
            case = lifecycle.amended(orders.with_intent(case, done), known)
            case = _beside(case, wish, answer)
            case = orders.noted(case, _outcome(answer, refused), detail, now=now)
            return lifecycle.settled(case, now=now)

        def tell(before: Case, after: Case) -> None:
            if refused:
                self.issues.report([self._refusal(after, detail)])
            else:
                if demand.as_wished(after):
                    by = "the ERP took the change"
                    self.issues.solve(IssueKind.CHANGE_REJECTED, after.order.order_id, by=by)
                Totals(self.connection, self.issues).tell(after, answer)
            if after.state is CaseState.CANCELLED and before.state is not CaseState.CANCELLED:
                order = after.order
                news = OrderCancelled(at=now, order_id=order.order_id, channel=order.channel)
                self.bus.publish([news])

        after = self.cases.change(row.case.order.order_id, step, tell=tell)
        if after is not None:
            self._follow(after)

    def _follow(self, case: Case) -> None:
        self.cases.sync_holds(case.order.order_id)
        Lateness(self.bus, self.issues, self.clock, self.cases.retailer).tell(case)
        Suspicion(self.issues, self.cases).tell(case)

    def _refusal(self, case: Case, detail: str) -> Problem:
        return Problem(
            kind=IssueKind.CHANGE_REJECTED,
            subject=case.order.order_id,
            connection=self.connection,
            summary=f"the ERP does not change order {case.erp_order}: {detail}",
            remedy=_remedy(case),
            field="lines",
            value=detail[:200],
            at_risk=case.order.total,
            replay=keys.asked_again(self.connection, case.order.order_id),
        )


def _remedy(case: Case) -> str:
    if any(line.rejected and line.refused is not None for line in case.erp_lines.values()):
        return (
            "undo the rejection in the ERP and replay, or cancel and refund these units in the "
            "channel, if nobody is to get them"
        )
    return (
        "change the order in the ERP by hand as its channel has it, or mend what the ERP names and "
        "replay"
    )


def _closed(case: Case, *, intent: Intent | None, now: datetime) -> Case:
    """Nothing can be asked for any more, whatever became of what was asked for."""
    if demand.as_wished(case):
        case = demand.forgiven(case)
    if intent is None or not intent.open:
        return case
    done = orders.settled(intent, IntentState.APPLIED, now=now, detail="nothing left to change")
    return lifecycle.settled(orders.with_intent(case, done), now=now)


def _known(case: Case, line: AmendedLine, asked: LineChange) -> ErpLine:
    """The line as it is kept; what the ERP refused is remembered, so that it is asked once."""
    wish = demand.wanted(case.newest, case.refunds).get(line.line_id, 0)
    gone = demand.shipped(case)[line.line_id]
    before = case.erp_lines.get(line.line_id)
    as_asked = not (line.refused or line.rejected) and line.units == asked.units
    kept = before.amounts if before is not None else None
    return ErpLine(
        item=line.item,
        place=line.place,
        units=line.units,
        rejected=line.rejected,
        delivered=line.delivered,
        amounts=asked.amounts if as_asked and asked.amounts else kept,
        refused=max(wish, gone) if line.refused else None,
        refused_amounts=asked.amounts if line.refused else None,
    )


def _beside(case: Case, wish: Amendment, answer: AmendedOrder) -> Case:
    """The case with what the ERP holds beside its lines; what it did not take is remembered."""
    if wish.header is None:
        return case
    known = amounts.known_header(case)
    held = wish.header.model_copy(update={name: getattr(known, name) for name in answer.left})
    pinned = None if held == amounts.header(case.order) else held
    refused = None if held == wish.header else wish.header
    return case.model_copy(update={"erp_header": pinned, "refused_header": refused})


def _refused(case: Case, wish: Amendment, why: str) -> AmendedOrder:
    """The order as it was known before; a line that the ERP does not have has no units there."""
    held = {line_id: line.units for line_id, line in case.erp_lines.items()}
    lines = tuple(
        AmendedLine(one.line_id, one.item, one.place, held.get(one.line_id, 0), refused=why)
        for one in wish.lines
    )
    return AmendedOrder(lines, tuple(ErpHeader.model_fields), why if wish.header else "")


def _said(case: Case, wish: Amendment) -> str:
    said = [f"line {change.line_id} to {change.units}" for change in wish.lines]
    if wish.header is not None:
        known = amounts.known_header(case)
        if wish.header.blocked != known.blocked:
            said.append("delivery blocked" if wish.header.blocked else "delivery block lifted")
        if wish.header.model_copy(update={"blocked": known.blocked}) != known or not said:
            said.append("freight and address")
    return ", ".join(said)


def _whys(case: Case, wish: Amendment, answer: AmendedOrder) -> list[str]:
    """Why the ERP holds another order than is wanted, where `Lateness` does not tell of it."""
    asked = {change.line_id: change.units for change in wish.lines}
    said = [_why(line, asked[line.line_id]) for line in answer.lines if line.refused]
    found = [*said, answer.refused] if answer.refused else said
    left = _stayed(case, wish, answer)
    if left and not found and not demand.late(case):
        found.append(f"{', '.join(left)} stays as it was, since goods have left")
    return found


def _why(line: AmendedLine, wanted: int) -> str:
    """What stays of a line, what was wanted, and the ERP's own words."""
    if line.rejected:
        return f"line {line.line_id}: {wanted} are wanted, {line.units} were rejected in the ERP"
    stays = f"{line.units} units stay, {wanted} are wanted"
    return (
        f"line {line.line_id}: {stays if line.units != wanted else 'amounts stay'}: {line.refused}"
    )


def _stayed(case: Case, wish: Amendment, answer: AmendedOrder) -> list[str]:
    """What of the header was to change and did not; of a block that was late `Suspicion` tells."""
    known = amounts.known_header(case)
    return [
        name
        for name in answer.left
        if name != "blocked" and getattr(wish.header, name, None) != getattr(known, name)
    ]


def _outcome(answer: AmendedOrder, refused: Sequence[str]) -> str:
    if refused:
        return "change refused by ERP"
    return "too late in ERP" if any(line.delivered for line in answer.lines) else "changed in ERP"
