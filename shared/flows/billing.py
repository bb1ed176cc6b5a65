"""What the ERP billed: onto the case, told once. Credit memos find the refund they belong to."""

from dataclasses import dataclass

from shared.domain import orders
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.model.base import Json
from shared.model.case import Case, IntentKind
from shared.model.events import CreditMemoPosted, InvoicePosted
from shared.model.ids import Entity
from shared.model.invoice import BillingDocument, BillingKind
from shared.ports import Bus, Clock, Message, Put, Queues, Row, Store

KNOWN_SOON_S = 60  # how long until a bill that overtook the acceptance of its order is read again
TRIES = 6


def waiting_bills(row: Row | None) -> list[str]:
    """Billing documents that came before we knew what they bill."""
    known = row.body.get("bills") if row else None
    return [str(name) for name in known] if isinstance(known, list) else []


def reread_bill(connection: str, document: str) -> Message:
    body = {"read": Entity.INVOICE.value, "key": document}
    return Message(keys.read_queue(connection), body, KNOWN_SOON_S)


@dataclass(frozen=True, slots=True)
class Bills:
    """`connection` is the ERP that bills."""

    connection: str
    store: Store
    queues: Queues
    bus: Bus
    cases: Cases
    clock: Clock

    def record(self, bill: BillingDocument) -> None:
        """Take one in; a repeat changes nothing. What bills none of our documents is let go.

        Which document is ours is known by its link. A bill may overtake it: it then waits in the
        link's row, and is read again when the link is made.
        """
        order_id = self._order_of(bill)
        if order_id is None:
            return
        before = self.cases.find(order_id)
        after = self.cases.change(order_id, lambda case: self._billed(case, bill))
        if after is None:
            raise RetryableError(f"order {order_id} of a bill is not there yet")
        if before is not None and bill in before.case.bills:
            return
        self.bus.publish([_news(after, bill)])

    def _order_of(self, bill: BillingDocument) -> str | None:
        key = keys.erp_order(self.connection, bill.bills)
        for _ in range(TRIES):
            row = self.store.get([key]).get(key)
            if row is not None and row.body.get("order_id"):
                return str(row.body["order_id"])
            known = waiting_bills(row)
            if bill.document in known:
                return None
            body: dict[str, Json] = {
                **(row.body if row else {"order_id": None}),
                "bills": [*known, bill.document],
            }
            if self.store.commit([Put(key, body, row.rev if row else 0)])[0]:
                return None
        raise RetryableError(f"ERP document {bill.bills} is contended")

    def _billed(self, case: Case, bill: BillingDocument) -> Case | None:
        if bill in case.bills:
            return None
        others = tuple(known for known in case.bills if known.key != bill.key)
        case = case.model_copy(update={"bills": (*others, bill)})
        what = bill.kind.replace("_", " ") + (" cancelled" if bill.cancelled else "")
        return orders.noted(case, what, f"{bill.document}, {bill.total}", now=self.clock.now())


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


def refund_of(case: Case, bill: BillingDocument) -> str | None:
    """The refund whose document a credit memo bills."""
    return next(
        (
            intent.intent_id.removeprefix("credit#")
            for intent in case.intents
            if intent.kind is IntentKind.CREDIT and intent.result == bill.bills
        ),
        None,
    )
