"""Post a released order to the ERP exactly once.

The intent is recorded as sent before the first byte leaves. Whenever it is found sent, in doubt or
by a second worker, the ERP is asked for our reference first; only when it holds no such order, and
a lost request can no longer land, is the order posted again.
"""

from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import timedelta
from functools import partial

from shared.domain import content, customers, demand, lifecycle, orders
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    UnreachableError,
)
from shared.flows import keys
from shared.flows.cases import TO_SEND, CaseRow, Cases, uncredited
from shared.flows.customers import Customers
from shared.flows.duplicates import check, order_twice, tell, too_early
from shared.flows.erp_links import ErpLinks, reread
from shared.flows.intents import wait_for_lost
from shared.flows.issues import Issues, Problem, lockout_told
from shared.flows.trailing import Trailing
from shared.frozen import frozen
from shared.model.case import Case, CaseState, HoldReason, Intent, IntentKind, IntentState
from shared.model.erp_events import OrderAccepted
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.money import Money
from shared.model.order_events import OrderCancelled
from shared.ports import Bus, Clock, Message, OrderSink, PostedOrder, Queues, Store


@frozen
class Sender:
    """`settle` is how late a lost request may still take effect in this ERP.

    `seen` are cases read for a batch at once; one that has changed since is read again. `postponed`
    are those the ERP could not be reached for.
    """

    connection: str
    erp: OrderSink
    cases: Cases
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    clock: Clock
    settle: timedelta
    customers: Customers | None = None
    seen: dict[str, CaseRow] = field(default_factory=dict)
    postponed: set[str] = field(default_factory=set)
    trailing: Trailing = field(default_factory=Trailing)

    def look(self, order_ids: Iterable[str]) -> None:
        """Read the cases that are about to be sent, in one call."""
        self.seen.update(self.cases.find_all(order_ids))

    def send(self, order_id: str, *, retry_rejected: bool = False) -> bool:
        """Bring one order into the ERP, or raise RetryableError saying when to look again.

        Answers whether it may be due for a change or a credit: the ERP had it, or never gets it.
        """
        if retry_rejected:
            self.seen.pop(order_id, None)
            self._again(order_id)
        found = self.seen.pop(order_id, None) or self.cases.find(order_id)
        if found is None:
            return False
        if found.case.state not in TO_SEND:
            self._freed(found.case)
            return found.case.erp_order is not None or found.case.credits_from is not None
        with lockout_told(self.issues, self.connection):
            try:
                if not self._go_on(found):
                    return self.send(order_id)
            except UnreachableError:
                self.postpone(order_id)
        return False

    def _again(self, order_id: str) -> None:
        case = self.cases.change(order_id, self._unrejected)
        if case is not None and case.erp_order is None and self.customers is not None:
            self.customers.forget(case.order)

    def check_duplicates(self, order_id: str) -> bool:
        """Ask again for an order that was posted twice, once no lost request can land any more.

        Answers whether it is time: if not, it is asked for later.
        """
        found = self.cases.find(order_id)
        rest = too_early(found.case, self.settle, self.clock.now()) if found else None
        if rest is not None:
            self.queues.send([check(self.connection, order_id, rest)])
            return False
        if found is not None and found.case.erp_order is not None:
            posted = self.erp.find_order(found.case.order, found.case.reference)
            tell(self.issues, self.connection, found.case, posted)
        if found is not None and self.customers is not None:
            self.customers.check(found.case.order)
        return True

    def _go_on(self, found: CaseRow) -> bool:
        """Whether this case was it; it has changed meanwhile if not."""
        intent = found.case.intent(self._intent_id)
        if intent is None or intent.state in {IntentState.PLANNED, IntentState.REJECTED}:
            return self._post(found, intent or self._planned(found.case))
        return not intent.open or self._ask(found, intent)

    def postpone(self, order_id: str) -> None:
        """Rest among all that wait for the ERP: messages that wait would grow in number."""
        self.postponed.add(order_id)
        found = self.cases.find(order_id)
        if found is not None and found.case.state in TO_SEND:
            self.cases.rest([found])

    @property
    def _intent_id(self) -> str:
        return f"post#{self.connection}"

    def _planned(self, case: Case) -> Intent:
        return Intent(
            intent_id=self._intent_id,
            kind=IntentKind.POST_ORDER,
            connection=self.connection,
            reference=case.reference,
        )

    def _ask(self, found: CaseRow, intent: Intent) -> bool:
        """The earlier request may have landed: look before anything is sent again."""
        posted = self.erp.find_order(found.case.order, intent.reference)
        if posted:
            kept = next((one for one in posted if not one.withdrawn), posted[0])
            number = kept.erp_order
            self.issues.report(order_twice(self.connection, found.case, number, posted))
            self._accepted(found, intent, kept, asked=True)
            # What it promised meanwhile was told of an order nobody could find here.
            self.queues.send([reread(self.connection, Entity.ALLOCATION, number)])
            return True
        name = f"order {found.case.order.order_id}"
        wait_for_lost(intent, name, self.clock.now(), self.settle)
        if any(demand.wanted(found.case.newest, found.case.refunds).values()):
            return self._post(found, intent)
        self._unsent(found, intent, "cancelled before it arrived")
        return True

    def _post(self, found: CaseRow, intent: Intent) -> bool:
        try:
            found = self._booked(found)
        except RejectedError as error:
            self._rejected(found, intent, error)
            return True
        now, due = self.clock.now(), self.clock.now() + self.settle
        sent = orders.sent(intent, now=now)
        case = orders.with_intent(found.case, sent)
        case = lifecycle.advance(case, CaseState.SENDING, now=now)
        case = orders.noted(case, "sent to ERP", f"attempt {sent.attempts}", now=now)
        if not self.trailing.beside(partial(self.cases.commit, case, found.rev, due=due)):
            return False
        row = CaseRow(case, found.rev + 1)
        try:
            posted = self.erp.post_order(case.order, sent.reference)
        except InDoubtError as error:
            self._doubt(row, sent, str(error))
            raise RetryableError("the ERP's answer was lost", after=self.settle) from error
        except (RetryableError, AccessError) as error:
            self._unsent(row, sent, str(error))
            raise
        except RejectedError as error:
            self._rejected(row, sent, error)
        else:
            self._accepted(row, sent, posted)
        return True

    def _booked(self, found: CaseRow) -> CaseRow:
        """The case with the ERP's customer, who is written down with the intent to send."""
        if self.customers is None:
            return found
        order = self.customers.booked(found.case.order)
        if order == found.case.order:
            return found
        case = found.case.model_copy(update={"order": order})
        booked = order.terms.sold_to if order.terms else None
        case = orders.noted(case, "customer known", booked or "", now=self.clock.now())
        return CaseRow(case, found.rev)

    def _accepted(
        self, found: CaseRow, intent: Intent, posted: PostedOrder, *, asked: bool = False
    ) -> None:
        """Told before it is put down: after a crash the ERP is asked, and all is told once more."""
        now = self.clock.now()
        self._tell(found.case, intent, posted)
        self._close(found.case, always=asked or intent.attempts > 1)

        def step(case: Case) -> Case:
            if case.erp_order is not None:
                return case
            applied = orders.settled(intent, IntentState.APPLIED, now=now, result=posted.erp_order)
            lines = demand.accepted_lines(case, posted.items)
            case = lifecycle.accepted(
                case, applied, number=posted.erp_order, lines=lines, total=_total(posted)
            )
            case = orders.noted(case, "accepted by ERP", posted.erp_order, now=now)
            return lifecycle.settled(case, now=now)

        self.trailing.works.append(partial(self._recorded, found, posted.erp_order, step))
        if not self.seen:
            self.trailing.finish()

    def _recorded(self, found: CaseRow, erp_order: str, step: Callable[[Case], Case]) -> None:
        """Both or none: a case the ERP holds whose number leads nowhere would never ship."""
        order_id, case = found.case.order.order_id, step(found.case)
        links, put = ErpLinks(self.connection, self.store, self.queues), self.cases.put
        whole = links.link_with(put(case, found.rev), erp_order, order_id)
        now = case if whole else self.cases.change(order_id, step)
        if now is not None:
            self._look_again(now)

    def _look_again(self, case: Case) -> None:
        """What changed meanwhile is to be changed; should this get lost, the sweep finds it."""
        due = demand.amendment(case) or uncredited(case)
        name = {"case": case.order.order_id}
        self.queues.send([Message(keys.write_queue(self.connection), name)] if due else [])

    def _tell(self, sent: Case, intent: Intent, posted: PostedOrder) -> None:
        """The news, and what is not as it should be; what was posted twice may be there twice."""
        order, total = sent.order, _total(posted)
        if intent.attempts > 1:
            self.queues.send([check(self.connection, order.order_id, self.settle)])
        self.bus.publish(
            [
                OrderAccepted(
                    at=self.clock.now(),
                    order_id=order.order_id,
                    channel=order.channel,
                    erp_order=posted.erp_order,
                    total=order.total,
                )
            ]
        )
        if total is not None and total != order.total:
            self.issues.report([self._differs(sent, total, posted.erp_order)])
        if differing := content.differing(order, posted.units):
            self.issues.report([self._content(sent, posted.erp_order, differing)])

    def _close(self, case: Case, *, always: bool) -> None:
        """End what was told of an order before it came to its end."""
        for kind, what in (
            (IssueKind.ORDER_REJECTED, "rejected by ERP"),
            (IssueKind.ORDER_IN_DOUBT, "in doubt"),
        ):
            if always or orders.ever(case, what):
                self.issues.solve(kind, case.order.order_id, by="accepted by the ERP")

    def _doubt(self, found: CaseRow, sent: Intent, detail: str) -> None:
        now = self.clock.now()

        def step(case: Case) -> Case | None:
            if case.erp_order is not None:
                return None
            doubted = sent.model_copy(update={"state": IntentState.IN_DOUBT, "detail": detail})
            case = orders.noted(orders.with_intent(case, doubted), "in doubt", detail, now=now)
            return lifecycle.advance(case, CaseState.IN_DOUBT, now=now)

        def tell(_: Case, after: Case) -> None:
            if after.state is CaseState.IN_DOUBT:
                self.issues.report([self._in_doubt(after)])

        case = self.cases.change(found.case.order.order_id, step, tell=tell)
        if case is not None and case.erp_order is not None:  # another worker was answered
            self._close(case, always=True)

    def _unsent(self, found: CaseRow, sent: Intent, detail: str) -> None:
        """Nothing reached the ERP: the intent is planned again, and no try is counted."""
        again = {"state": IntentState.PLANNED, "detail": detail, "attempts": sent.attempts - 1}
        planned = sent.model_copy(update=again)

        def step(case: Case) -> Case | None:
            if case.erp_order is not None:
                return None
            return self._back(orders.with_intent(case, planned), CaseState.RELEASED)

        self._freed(self.cases.change(found.case.order.order_id, step, tell=self._end))

    def _back(self, case: Case, state: CaseState) -> Case:
        """A case the ERP does not hold after all; who wants nothing of it any more cancels it."""
        if not any(demand.wanted(case.newest, case.refunds).values()):
            case = case.model_copy(update={"order": case.newest, "told": None})
            state = CaseState.CANCELLED
        return lifecycle.advance(case, state, now=self.clock.now())

    def _end(self, before: Case, after: Case) -> None:
        if after.state is CaseState.CANCELLED and before.state is not CaseState.CANCELLED:
            order, now = after.order, self.clock.now()
            event = OrderCancelled(at=now, order_id=order.order_id, channel=order.channel)
            self.bus.publish([event])

    def _freed(self, case: Case | None) -> None:
        """What is not wanted any more holds nothing; a repeat makes good what a crash left."""
        if case is not None and case.state is CaseState.CANCELLED and case.erp_order is None:
            self.cases.sync_holds(case.order.order_id)

    def _rejected(self, found: CaseRow, sent: Intent, error: RejectedError) -> None:
        now = self.clock.now()
        refused = orders.settled(sent, IntentState.REJECTED, now=now, detail=str(error))

        def step(case: Case) -> Case:
            case = orders.noted(
                orders.with_intent(case, refused), "rejected by ERP", str(error), now=now
            )
            case = self._back(case, CaseState.HELD)
            held = (HoldReason.REJECTED_BY_ERP,) if case.state is CaseState.HELD else ()
            return case.model_copy(update={"holds": held})

        def tell(before: Case, after: Case) -> None:
            self._end(before, after)
            if after.state is CaseState.HELD:
                self.issues.report([self._refusal(after, error)])

        self._freed(self.cases.change(found.case.order.order_id, step, tell=tell))

    def _unrejected(self, case: Case) -> Case | None:
        if HoldReason.REJECTED_BY_ERP not in case.holds:
            return None
        case = orders.noted(case, "released again", "by an operator", now=self.clock.now())
        case = lifecycle.advance(case, CaseState.RELEASED, now=self.clock.now())
        return case.model_copy(update={"holds": (), "order": customers.unbooked(case.order)})

    def _refusal(self, case: Case, error: RejectedError) -> Problem:
        return Problem(
            kind=IssueKind.ORDER_REJECTED,
            subject=case.order.order_id,
            connection=self.connection,
            summary=f"the ERP refuses order {case.order.number}: {error}",
            remedy=error.remedy or "correct what the ERP names, then replay",
            field=error.field,
            value=str(error.value)[:200] if error.value is not None else None,
            at_risk=case.order.total,
            replay=keys.asked_again(self.connection, case.order.order_id),
        )

    def _in_doubt(self, case: Case) -> Problem:
        return Problem(
            kind=IssueKind.ORDER_IN_DOUBT,
            subject=case.order.order_id,
            connection=self.connection,
            summary=f"the ERP's answer to order {case.order.number} was lost",
            remedy=f"nothing to do: the ERP is asked for {case.reference} before any second try",
            at_risk=case.order.total,
            replay={"queue": keys.write_queue(self.connection), "case": case.order.order_id},
        )

    def _content(self, case: Case, erp_order: str, differing: str) -> Problem:
        return Problem(
            kind=IssueKind.CONTENT_DIFFERS,
            subject=case.order.order_id,
            connection=self.connection,
            summary=f"ERP order {erp_order} is not order {case.order.number}: {differing}",
            remedy=f"correct the items of ERP order {erp_order}",
            field="lines",
            value=differing[:200],
            at_risk=case.order.total,
        )

    def _differs(self, case: Case, total: Money, erp_order: str) -> Problem:
        return Problem(
            kind=IssueKind.TOTALS_DIFFER,
            subject=f"{case.order.order_id}/erp",
            connection=self.connection,
            summary=f"order {case.order.number}: captured {case.order.total}, ERP {total}",
            remedy="replay, which sends its prices anew; if that changes nothing, correct the "
            f"pricing of ERP order {erp_order}",
            field="total",
            value=str(total),
            at_risk=case.order.total,
            replay=keys.asked_again(self.connection, case.order.order_id, "amounts"),
        )


def _total(posted: PostedOrder) -> Money | None:
    if posted.total_minor is None:
        return None
    return Money(amount=posted.total_minor, currency=posted.currency)
