"""Tell the ERP what was refunded: one document a refund, exactly once, to the cent.

A refund waits until the ERP holds its order. Units that had not left are taken off the order there
and are no credit; nor is anything of an order that was taken back whole before it left.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from shared.domain import exchanges, never_left, orders, returns, tenders
from shared.domain.credits import (
    Credit,
    CreditWish,
    OverRefund,
    PostedCredit,
    credits_of,
    worth,
)
from shared.errors import RejectedError, RetryableError, UnreachableError
from shared.flows import keys
from shared.flows.cases import Cases, credit_id, uncredited
from shared.flows.duplicates import check, document_twice, extra, repeated
from shared.flows.erp_links import ErpLinks
from shared.flows.intents import Ending, Intents, Steps
from shared.flows.issues import Issues, Problem, lockout_told
from shared.flows.returns import ErpReturns
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentKind, IntentState
from shared.model.erp_events import RefundCredited
from shared.model.issue import IssueKind
from shared.model.order import Refund
from shared.model.returns import Return
from shared.ports import Bus, Clock, CreditSink, FactReader, Queues, Store
from shared.return_ports import ReturnSink


class Erp(CreditSink, ReturnSink, FactReader, Protocol):
    """An ERP that keeps refunds, and may hold returns of its own."""


REFERENCE_MAX = 35  # SAP PurchaseOrderByCustomer
BEYOND = Ending(IntentState.REJECTED, "more than was paid")


def reference(case: Case, refund: Refund) -> str:
    """What the ERP can be asked for; a refund's id is unique within its channel."""
    text = f"{case.order.channel}-R{refund.refund_id}".upper()
    if len(text) > REFERENCE_MAX:
        raise ValueError(f"refund reference {text!r} is longer than {REFERENCE_MAX} characters")
    return text


@frozen
class Crediting:
    """`settle` is how late a lost request may still take effect in this ERP."""

    connection: str
    erp: Erp
    returns: ErpReturns
    cases: Cases
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    clock: Clock
    settle: timedelta

    def credit(self, order_id: str, *, retry_rejected: bool = False) -> None:
        """Bring every refund of one order into the ERP, or raise saying when to look again."""
        if retry_rejected:
            self.cases.change(order_id, _unrejected)
        found = self.cases.find(order_id)
        for refund in uncredited(found.case) if found else ():
            with lockout_told(self.issues, self.connection):
                try:
                    self._credit(order_id, refund)
                except UnreachableError as error:
                    raise RetryableError(str(error), after=error.after or self.settle) from error

    def _credit(self, order_id: str, refund: Refund) -> None:
        row = self.cases.find(order_id)
        if row is None:
            return
        case = self._looked(self._decided(row.case), refund)
        refund = next(one for one in case.refunds if one.refund_id == refund.refund_id)
        found = _credits(case, refund)
        if isinstance(found, OverRefund):
            self.issues.report([self._exceeds(case, refund, found)])
        wish = self._wish(case, refund, found)
        steps = Steps[PostedCredit](
            what="credit",
            find=lambda _: self.erp.find_credit(wish),
            send=lambda _: self.erp.post_credit(wish),
            named=lambda made: made.document,
            follow=lambda held: self._tell(case, refund, held),
            refused=lambda error: self.issues.report([self._rejected(case, refund, error)]),
            twice=lambda: self.queues.send([check(self.connection, order_id, self.settle)]),
        )
        intents = Intents(self.cases, self.clock, self.settle)
        over = isinstance(found, OverRefund)
        instead = BEYOND if over else self._instead(case, refund, wish)
        intents.carry_out(order_id, self._planned(case, refund), steps, instead=instead)

    def _instead(self, case: Case, refund: Refund, wish: CreditWish) -> Ending | None:
        """How it ends where nothing is to be posted."""
        moot = _moot(case, wish)
        if moot:
            return Ending(IntentState.APPLIED, moot)
        made = returns.adopted(case, refund)
        return None if made is None else self._adopted(case, refund, wish, made)

    def check_duplicates(self, order_id: str) -> None:
        """Ask again for what was posted twice, once no lost request can land any more."""
        found = self.cases.find(order_id)
        if found is not None:
            for intent in repeated(found.case, IntentKind.CREDIT):
                self._check(found.case, intent)

    def _check(self, case: Case, intent: Intent) -> None:
        refund = next(one for one in case.refunds if credit_id(one) == intent.intent_id)
        wish = self._wish(case, refund, _credits(case, refund))
        more = extra(intent, [made.document for made in self.erp.find_credit(wish)])
        self._linked(case.order.order_id, more)
        if more:
            twice = document_twice(self.connection, case, refund.refund_id, intent, more)
            self.issues.report([twice])

    def _linked(self, order_id: str, documents: Sequence[str]) -> None:
        """So that what is billed of them is in the books, and waits for nothing."""
        links = ErpLinks(self.connection, self.store, self.queues)
        for document in documents:
            links.link(document, order_id)

    def _decided(self, case: Case) -> Case:
        """The case once the ERP has said whether it lets go of what nobody wants any more."""
        if never_left.undecided(case):
            text = f"the ERP is still to be asked to let go of order {case.order.number}"
            raise RetryableError(text, after=self.settle)
        if any(never_left.premature(case, one) for one in case.intents):
            return self.cases.change(case.order.order_id, _reopened) or case
        return case

    def _looked(self, case: Case, refund: Refund) -> Case:
        """The case with the returns the ERP made by itself, where the refund may be for one.

        Asked before anything is sent: what was made there is not made again.
        """
        intent = case.intent(credit_id(refund))
        name = returns.placed(case).get(refund.refund_id)
        sent = intent is not None and intent.state is not IntentState.PLANNED
        if sent or case.erp_order is None or name != returns.own(case, refund):
            return case
        for made in self.erp.returns_of(case.erp_order or ""):
            self.returns.record(made, source=self.erp)
        again = self.cases.find(case.order.order_id)
        return again.case if again else case

    def _adopted(self, case: Case, refund: Refund, wish: CreditWish, made: Return) -> Ending:
        """The ERP's own return is the document of this refund."""
        differs = None if made.worth == worth(wish) else made.worth
        kept = PostedCredit(made.document or "", differs)

        def told() -> None:
            links = ErpLinks(self.connection, self.store, self.queues)
            links.link_theirs(kept.document, case.order.order_id)
            self._tell(case, refund, [kept])

        return Ending(
            IntentState.APPLIED, "made in the ERP", made.document, "credit kept", first=told
        )

    def _wish(self, case: Case, refund: Refund, found: Sequence[Credit] | OverRefund) -> CreditWish:
        found = () if isinstance(found, OverRefund) else found
        return CreditWish(
            order=case.order,
            credits=tuple(credit for credit in found if not credit.cancelled),
            reference=reference(case, refund),
            erp_order=case.erp_order or "",
            erp_items=case.erp_items,
            goods_back=refund.return_id is None and any(_comes_back(one) for one in found),
        )

    def _planned(self, case: Case, refund: Refund) -> Intent:
        return Intent(
            intent_id=credit_id(refund),
            kind=IntentKind.CREDIT,
            connection=self.connection,
            reference=reference(case, refund),
        )

    def _tell(self, case: Case, refund: Refund, held: Sequence[PostedCredit]) -> None:
        self._linked(case.order.order_id, [made.document for made in held])
        if orders.ever(case, "credit refused"):
            subject = _subject(case, refund)
            self.issues.solve(IssueKind.CREDIT_REJECTED, subject, by="kept by the ERP")
        if held[0].differs is not None:
            self.issues.report([self._differs(case, refund, held[0])])
        if len(held) > 1:
            self.issues.report([self._doubled(case, refund, held)])
        self.bus.publish(
            [
                RefundCredited(
                    at=self.clock.now(),
                    order_id=case.order.order_id,
                    channel=case.order.channel,
                    refund_id=refund.refund_id,
                    document=held[0].document,
                    total=refund.total,
                )
            ]
        )

    def _exceeds(self, case: Case, refund: Refund, over: OverRefund) -> Problem:
        return Problem(
            kind=IssueKind.REFUND_EXCEEDS_PAID,
            subject=_subject(case, refund),
            connection=self.connection,
            summary=f"refund {refund.refund_id} of order {case.order.number} gives back "
            f"{over.stated}, and {over.left} is left of what was paid{_by(over)}",
            remedy="correct the refund in the channel, or credit the difference in the ERP by hand",
            field="total",
            value=str(over.stated),
            at_risk=over.stated,
        )

    def _rejected(self, case: Case, refund: Refund, error: RejectedError) -> Problem:
        return Problem(
            kind=IssueKind.CREDIT_REJECTED,
            subject=_subject(case, refund),
            connection=self.connection,
            summary=f"the ERP refuses to credit refund {refund.refund_id} of order "
            f"{case.order.number}: {error}",
            remedy=error.remedy or "correct what the ERP names, then replay",
            field=error.field,
            value=str(error.value)[:200] if error.value is not None else None,
            at_risk=refund.total,
            replay={
                "queue": keys.write_queue(self.connection),
                "case": case.order.order_id,
                "retry": "rejected",
            },
        )

    def _differs(self, case: Case, refund: Refund, made: PostedCredit) -> Problem:
        return Problem(
            kind=IssueKind.TOTALS_DIFFER,
            subject=f"{_subject(case, refund)}/erp",
            connection=self.connection,
            summary=f"refund {refund.refund_id} of order {case.order.number}: {refund.total} went "
            f"back, the net total of ERP document {made.document} is {made.differs}",
            remedy=f"correct the pricing of ERP document {made.document}",
            field="total",
            value=str(made.differs),
            at_risk=refund.total,
        )

    def _doubled(self, case: Case, refund: Refund, held: Sequence[PostedCredit]) -> Problem:
        numbers = [made.document for made in held]
        return Problem(
            kind=IssueKind.DUPLICATE_IN_ERP,
            subject=_subject(case, refund),
            connection=self.connection,
            summary=f"the ERP holds {reference(case, refund)} {len(numbers)} times: "
            + ", ".join(numbers),
            remedy=f"keep {numbers[0]}, reject all items of the others in the ERP",
            at_risk=refund.total,
        )


def _moot(case: Case, wish: CreditWish) -> str:
    """Why there is nothing to credit; empty where there is."""
    if not wish.credits:
        return "nothing had left"
    return never_left.TAKEN_BACK if never_left.whole(case) else ""


def _credits(case: Case, refund: Refund) -> Sequence[Credit] | OverRefund:
    """What goes back of each part; or more than a payment took, in either currency.

    Of payments only where the channel tells of captures at all.
    """
    until = case.refunds.index(refund) + 1
    taken = tenders.tendered(case.newest, case.newest.payments, case.refunds[:until])
    if isinstance(taken, OverRefund):
        return taken
    return credits_of(case.order, exchanges.whole(case)[:until])


def _by(over: OverRefund) -> str:
    return f" by {over.gateway}" if over.gateway else ""


def _subject(case: Case, refund: Refund) -> str:
    return f"{case.order.order_id}/{refund.refund_id}"


def _comes_back(credit: Credit) -> bool:
    return credit.quantity > 0 and credit.restock and not credit.cancelled


def _unrejected(case: Case) -> Case | None:
    """Refused credits are planned anew; what exceeds what was paid is judged anew."""
    kept = tuple(
        intent
        for intent in case.intents
        if not (intent.kind is IntentKind.CREDIT and intent.state is IntentState.REJECTED)
    )
    return case.model_copy(update={"intents": kept}) if kept != case.intents else None


def _reopened(case: Case) -> Case | None:
    """Refunds of an order that was not taken back whole after all are planned anew."""
    kept = tuple(one for one in case.intents if not never_left.premature(case, one))
    return case.model_copy(update={"intents": kept}) if kept != case.intents else None
