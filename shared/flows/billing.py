"""What the ERP billed: onto the case, told once. Credit memos find the refund they belong to."""

from collections import Counter
from collections.abc import Sequence

from shared.domain import orders
from shared.domain.refunds import refund_of
from shared.errors import RetryableError
from shared.flows.cases import Cases
from shared.flows.duplicates import bill_of_another, case_of
from shared.flows.erp_links import ErpLinks
from shared.flows.issues import Issues
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.erp_events import CreditMemoPosted, InvoicePosted
from shared.model.ids import Entity
from shared.model.invoice import BillingDocument, BillingKind
from shared.ports import Bus, Clock, Queues, Store


@frozen
class Bills:
    """`connection` is the ERP that bills."""

    connection: str
    store: Store
    queues: Queues
    bus: Bus
    cases: Cases
    clock: Clock
    issues: Issues

    def record(self, bill: BillingDocument) -> None:
        """Take one in; a repeat changes nothing. What bills none of our documents is let go."""
        order_id = self._order_of(bill)
        if order_id is None:
            return
        after = self.cases.change(
            order_id,
            lambda case: self._billed(case, bill),
            tell=lambda before, after: self._tell(before, after, bill),
        )
        if after is None:
            raise RetryableError(f"order {order_id} of a bill is not there yet")

    def _order_of(self, bill: BillingDocument) -> str | None:
        """A bill may overtake the acceptance of what it bills; only one of ours waits for that."""
        links = ErpLinks(self.connection, self.store, self.queues)
        channels = self.cases.retailer.channels
        if not any(bill.reference.startswith(f"{c.name}-".upper()) for c in channels):
            row = links.known(bill.bills)
        else:
            row = links.find(bill.bills, Entity.INVOICE, bill.document)
            if row is None:
                self._of_another(bill)
        return str(row.body["order_id"]) if row is not None else None

    def _of_another(self, bill: BillingDocument) -> None:
        """An order that is there twice is billed twice; who keeps the other one has to know."""
        case = case_of(self.cases, bill.reference, bill.bills)
        if case is not None:
            self.issues.report([bill_of_another(self.connection, case, bill)])

    def _tell(self, before: Case, after: Case, bill: BillingDocument) -> None:
        if not _said(before, bill):
            self.bus.publish([_news(after, bill)])

    def _billed(self, case: Case, bill: BillingDocument) -> Case | None:
        """The case with a bill, unless a newer telling of it is known."""
        known = next((one for one in case.bills if one.key == bill.key), None)
        if known is not None and (bill == known or bill.overtaken_by(known)):
            return None
        said = _said(case, bill)
        others = tuple(known for known in case.bills if known.key != bill.key)
        bills = (*others, bill)
        counts = case.counts.model_copy(update={"invoiced": _invoiced(case, bills)})
        case = case.model_copy(update={"bills": bills, "counts": counts})
        if said:
            return case
        what = bill.kind.replace("_", " ") + (" cancelled" if bill.cancelled else "")
        return orders.noted(case, what, f"{bill.document}, {bill.total}", now=self.clock.now())


def _said(case: Case, bill: BillingDocument) -> bool:
    """Whether the case has a bill of just this content."""
    return any(one.content == bill.content for one in case.bills)


def _news(case: Case, bill: BillingDocument) -> InvoicePosted | CreditMemoPosted:
    order = case.order
    if bill.kind is BillingKind.INVOICE:
        return InvoicePosted(
            at=bill.issued_at,
            order_id=order.order_id,
            channel=order.channel,
            document=bill.document,
            total=bill.total,
            cancelled=bill.cancelled,
        )
    return CreditMemoPosted(
        at=bill.issued_at,
        order_id=order.order_id,
        channel=order.channel,
        document=bill.document,
        refund_id=refund_of(case, bill),
        total=bill.total,
        cancelled=bill.cancelled,
    )


def _invoiced(case: Case, bills: Sequence[BillingDocument]) -> dict[str, int]:
    """Units by line that stand on an invoice which was not taken back."""
    by_item = {line.item: line_id for line_id, line in case.erp_lines.items()}
    found: Counter[str] = Counter()
    for bill in bills:
        if bill.kind is BillingKind.INVOICE and not bill.cancelled:
            for line in bill.lines:
                if line.erp_item in by_item:
                    found[by_item[line.erp_item]] += line.quantity
    return dict(found)
