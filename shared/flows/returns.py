"""Returns: what the ERP keeps onto the case, and what a channel grants into the ERP, once."""

from collections.abc import Sequence
from datetime import timedelta

from shared.domain import lifecycle, opening, orders, returns
from shared.domain.returns import PostedReturn, ReturnWish
from shared.errors import RejectedError, RetryableError, UnreachableError
from shared.flows import keys
from shared.flows.cases import Cases, return_intent, unasked
from shared.flows.duplicates import check, document_twice, extra, repeated
from shared.flows.erp_links import ErpLinks
from shared.flows.intents import Intents, Steps
from shared.flows.issues import Issues, Problem, lockout_told
from shared.flows.returns_told import ReturnNews
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentKind, IntentState
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.model.returns import CALLED, ErpReturn, Return
from shared.ports import Bus, Clock, FactReader, Message, Queues, Store
from shared.return_ports import ReturnSink

REFERENCE_MAX = 35  # SAP PurchaseOrderByCustomer


def reference(case: Case, one: Return) -> str:
    """What the ERP can be asked for; a return's id is unique within its channel."""
    mark = "A" if one.origin == CALLED else "V"
    text = f"{case.order.channel}-{mark}{one.return_id.partition(':')[2]}".upper()
    if len(text) > REFERENCE_MAX:
        raise ValueError(f"return reference {text!r} is longer than {REFERENCE_MAX} characters")
    return text


@frozen
class ErpReturns:
    """`connection` is the ERP that takes goods back."""

    connection: str
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer

    def record(self, said: ErpReturn, *, source: FactReader) -> None:
        """Take one in; a repeat changes nothing. Of an order nobody knows it waits for that."""
        links = ErpLinks(self.connection, self.store, self.queues)
        linked = links.known(said.document)
        row = linked or links.find(said.erp_order, Entity.RETURN, said.document)
        if row is None:
            return
        order_id = str(row.body["order_id"])
        found = self.cases.find(order_id)
        if found is None or found.case.erp_order is None:
            raise RetryableError(f"order {order_id} of a return is not there yet")
        told = self.merged(found.case, said)
        if told is not None:  # told first: whoever comes after a crash tells it again
            ReturnNews(self.bus, self.issues, self.clock, self.store).tell(told, found.case)
            after = self.cases.change(order_id, lambda case: self.merged(case, said))
            self._restocked(said, source, after or told)
        self._to_open(order_id)
        if linked is None:
            links.link_theirs(said.document, order_id)

    def _to_open(self, order_id: str) -> None:
        """The channel is told what is to be opened; should this get lost, the sweep finds it."""
        found = self.cases.find(order_id)
        if found is not None and any(opening.opens(one) and one.open for one in found.case.intents):
            channel = self.retailer.channel(found.case.order.channel)
            queue = keys.write_queue(channel.connection)
            self.queues.send([Message(queue, {"ship": order_id})])

    def merged(self, case: Case, said: ErpReturn) -> Case | None:
        """The case with what the ERP keeps of a return, or None if that is known."""
        one = returns.from_erp(case, said, source=self.connection)
        if not one.lines and not one.receipts and one.return_id not in _names(case):
            return None  # it takes back nothing of what we sold, or only what we posted ourselves
        after = returns.told(case, one)
        if after == case:
            return None
        now = self.clock.now()
        came = sum(returns.received(one).values())
        what = "return received" if came else "return in the ERP"
        after = orders.noted(after, what, f"{one.return_id}, {said.document}", now=now)
        if self.retailer.opens_returns(case.order.channel):
            after = opening.planned(after, self.retailer.channel(case.order.channel).connection)
        return lifecycle.settled(after, now=now)

    def _restocked(self, said: ErpReturn, source: FactReader, case: Case) -> None:
        """Where the ERP keeps the stock its own figures are read: they hold the units already."""
        if not said.receipts or self.retailer.authority[Entity.STOCK] != self.connection:
            return
        by_item = {line.item: name for name, line in case.erp_lines.items()}
        of_line = {line.line_id: line.sku for line in orders.lines_of(case)}
        named = (of_line.get(by_item.get(line.erp_item, "")) for line in said.lines)
        skus = list(dict.fromkeys(sku for sku in named if sku))
        if skus:
            from shared.flows.apply import apply  # noqa: PLC0415 - few returns are received

            page = source.read(Entity.STOCK, skus)
            apply(
                page.items,
                entity=Entity.STOCK,
                store=self.store,
                issues=self.issues,
                retailer=self.retailer,
            )


def _names(case: Case) -> set[str]:
    return {one.return_id for one in case.returns}


@frozen
class Authorising:
    """Tells the ERP which returns were granted; `settle` is how late a lost request may land."""

    connection: str
    erp: ReturnSink
    cases: Cases
    store: Store
    queues: Queues
    issues: Issues
    clock: Clock
    settle: timedelta

    def ask(self, order_id: str, *, retry_rejected: bool = False) -> None:
        """Bring every granted return of one order into the ERP, or raise: when to look again."""
        if retry_rejected:
            self.cases.change(order_id, _unrejected)
        found = self.cases.find(order_id)
        for one in unasked(found.case) if found else ():
            with lockout_told(self.issues, self.connection):
                try:
                    self._ask(order_id, one)
                except UnreachableError as error:
                    raise RetryableError(str(error), after=error.after or self.settle) from error

    def _ask(self, order_id: str, one: Return) -> None:
        found = self.cases.find(order_id)
        if found is None:
            return
        case = found.case
        wish = _wish(case, one)
        steps = Steps[PostedReturn](
            what="return",
            find=lambda _: self.erp.find_return(wish),
            send=lambda _: self.erp.post_return(wish),
            named=lambda made: made.document,
            follow=lambda held: self._kept(case, one, held),
            refused=lambda error: self.issues.report([self._rejected(case, one, error)]),
            twice=lambda: self.queues.send([check(self.connection, order_id, self.settle)]),
        )
        planned = Intent(
            intent_id=return_intent(one),
            kind=IntentKind.RETURN,
            connection=self.connection,
            reference=wish.reference,
        )
        Intents(self.cases, self.clock, self.settle).carry_out(order_id, planned, steps)

    def check_duplicates(self, order_id: str) -> None:
        """Ask again for what was posted twice, once no lost request can land any more."""
        found = self.cases.find(order_id)
        if found is not None:
            for intent in repeated(found.case, IntentKind.RETURN):
                self._check(found.case, intent)

    def _check(self, case: Case, intent: Intent) -> None:
        one = next(one for one in case.returns if return_intent(one) == intent.intent_id)
        held = self.erp.find_return(_wish(case, one))
        more = extra(intent, [made.document for made in held])
        if more:
            twice = document_twice(self.connection, case, one.return_id, intent, more)
            self.issues.report([twice])

    def _kept(self, case: Case, one: Return, held: Sequence[PostedReturn]) -> None:
        document = held[0].document
        ErpLinks(self.connection, self.store, self.queues).link(document, case.order.order_id)
        subject = _subject(case, one)
        self.issues.solve(IssueKind.RETURN_REJECTED, subject, by="kept by the ERP")
        if len(held) > 1:
            numbers = ", ".join(made.document for made in held)
            self.issues.report([self._doubled(case, one, numbers)])

        def named(now: Case) -> Case | None:
            known = next((r for r in now.returns if r.return_id == one.return_id), None)
            if known is None or known.document == document:
                return None
            return returns.told(now, known.model_copy(update={"document": document}))

        self.cases.change(case.order.order_id, named)

    def _rejected(self, case: Case, one: Return, error: RejectedError) -> Problem:
        return Problem(
            kind=IssueKind.RETURN_REJECTED,
            subject=_subject(case, one),
            connection=self.connection,
            summary=f"the ERP refuses return {one.return_id} of order {case.order.number}: {error}",
            remedy=error.remedy or "correct what the ERP names, then replay",
            field=error.field,
            value=str(error.value)[:200] if error.value is not None else None,
            replay={
                "queue": keys.write_queue(self.connection),
                "case": case.order.order_id,
                "retry": "rejected",
            },
        )

    def _doubled(self, case: Case, one: Return, numbers: str) -> Problem:
        return Problem(
            kind=IssueKind.DUPLICATE_IN_ERP,
            subject=_subject(case, one),
            connection=self.connection,
            summary=f"the ERP holds {reference(case, one)} more than once: {numbers}",
            remedy=f"keep the first of {numbers}, reject all items of the others in the ERP",
        )


def _wish(case: Case, one: Return) -> ReturnWish:
    return ReturnWish(
        order=case.order,
        lines=one.lines,
        reference=reference(case, one),
        erp_order=case.erp_order or "",
        erp_items=case.erp_items,
    )


def _subject(case: Case, one: Return) -> str:
    return f"{case.order.order_id}/{one.return_id}"


def _unrejected(case: Case) -> Case | None:
    """Refused returns are planned anew."""
    kept = tuple(
        intent
        for intent in case.intents
        if not (intent.kind is IntentKind.RETURN and intent.state is IntentState.REJECTED)
    )
    return case.model_copy(update={"intents": kept}) if kept != case.intents else None
