"""The ledger of an order, and every cent of it in one bucket.

What was captured is held against what was invoiced, each refund against the credit memos of its own
document. What was refunded before it left was never billed, and is in neither: units, and freight
with the last of them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from shared.domain import lifecycle, never_left, payments, tenders
from shared.domain.lifecycle import Fulfilment
from shared.domain.refunds import refund_of
from shared.model.books import AGREED, Bucket, Difference, Entry, EntryKind, Share, Side
from shared.model.case import Case, CaseState
from shared.model.invoice import BillingDocument, BillingKind
from shared.model.money import Money, total
from shared.model.order import Payment, PaymentKind, Refund
from shared.model.order_policy import OrderPolicy
from shared.model.refund_shares import TenderShare

WAITING = frozenset({CaseState.HELD, CaseState.RECORDED})
_DEFAULT = OrderPolicy.model_construct()
SETTLED = frozenset({Fulfilment.SHIPPED, Fulfilment.PARTLY_RETURNED, Fulfilment.RETURNED})

REPAIRS: Mapping[Bucket, str] = {
    Bucket.NOT_IN_ERP: "let the order be sent again; it is looked for in the ERP first",
    Bucket.NOT_INVOICED: "run billing in the ERP; its bills are read again",
    Bucket.NOT_CAPTURED: "capture the payment in the shop; the order is read again",
    Bucket.NOT_CREDITED: "let the refund be sent again; it is looked for in the ERP first",
    Bucket.NOT_REFUNDED: "refund it in the shop, or take the credit memo back in the ERP",
    Bucket.SALE_DIFFERS: "correct the invoice in the ERP, or take or return the rest in the shop",
    Bucket.CREDIT_DIFFERS: "correct the credit memo in the ERP",
    Bucket.NOT_PAID_OUT: "drop the provider's payout file; ask the provider if it is in none",
    Bucket.PAYOUT_DIFFERS: "ask the provider what it paid out, or took back, too much",
}


def entries(case: Case, *, zone: str) -> tuple[Entry, ...]:
    """Every fact about money there is of an order, each on its day."""
    where = ZoneInfo(zone)
    order, placed = case.newest, _day(case.order.placed_at, where)
    found = [
        Entry(
            kind=EntryKind.ORDERED,
            reference="",
            day=placed,
            amount=order.total,
            shopper=order.shopper_total,
        )
    ]
    found += [
        _entry(
            EntryKind.CAPTURED,
            payment.reference,
            _day(payment.at, where) if payment.at else placed,
            payment.amount,
            payment,
        )
        for payment in _captures(case)
    ]
    for refund in case.refunds:
        found += _refunded(case, refund, _day(refund.created_at, where))
    for bill in _valid(case):
        kind = EntryKind.INVOICED if bill.kind is BillingKind.INVOICE else EntryKind.CREDITED
        found.append(_entry(kind, bill.document, _day(bill.issued_at, where), bill.total))
    return tuple(found)


def _captures(case: Case) -> Iterator[Payment]:
    for payment in payments.joined(case.order.payments, case.newest.payments):
        if payment.succeeded and payment.kind is PaymentKind.CAPTURE:
            yield payment


def _refunded(case: Case, refund: Refund, day: str) -> Iterator[Entry]:
    """A refund by the payments it went back to, in one if these are not known."""
    shares = tenders.of_payments(case, refund)
    for share in shares:
        yield _entry(EntryKind.REFUNDED, refund.refund_id, day, share.amount, share)
    if not shares:
        yield _entry(EntryKind.REFUNDED, refund.refund_id, day, refund.total)


def days(case: Case, *, zone: str) -> frozenset[str]:
    """Every day on which something of the order stands, or stood before it was taken back."""
    where = ZoneInfo(zone)
    taken = (payment.at for payment in _captures(case) if payment.at is not None)
    instants = (case.order.placed_at, *taken, *(r.created_at for r in case.refunds))
    return frozenset(_day(at, where) for at in (*instants, *(b.issued_at for b in case.bills)))


def untold(case: Case, policy: OrderPolicy) -> bool:
    """Whether somebody else takes the money of an order, and no capture of it is ever told."""
    if policy.payments == "told" or any(_captures(case)):
        return False
    return policy.payments == "elsewhere" or (case.newest.called and not case.newest.payments)


def shares(case: Case, policy: OrderPolicy = _DEFAULT) -> tuple[Share, ...]:
    """Where every cent of an order lies; nothing of nothing is left out."""
    currency = case.order.currency
    captured = summed(case, EntryKind.CAPTURED)
    invoiced = summed(case, EntryKind.INVOICED)
    elsewhere = untold(case, policy)
    taken_off = _never_left(case, None if elsewhere else captured)
    off = sum(taken_off.values())
    found = [in_bucket(Bucket.NEVER_LEFT, Side.SHOP, off, currency)]
    if elsewhere:
        found.append(in_bucket(Bucket.COLLECTED, Side.ERP, invoiced, currency))
    else:
        found += _sale(case, captured - off, invoiced)
    found += _credits(case, taken_off)
    found += _other_money(case)
    return tuple(share for share in found if share.amount.amount)


def differences(
    case: Case,
    again: Mapping[Bucket, dict[str, str]],
    paid: Iterable[Share] = (),
    policy: OrderPolicy = _DEFAULT,
) -> tuple[Difference, ...]:
    """What does not go away by itself, each with a repair; `again` are messages that repair."""
    return tuple(
        Difference(
            bucket=share.bucket,
            amount=share.amount,
            reference=share.reference,
            repair=REPAIRS[share.bucket],
            again=again.get(share.bucket),
        )
        for share in (*shares(case, policy), *paid)
        if share.bucket not in AGREED and share.amount.amount
    )


def _sale(case: Case, sold: int, invoiced: int) -> Iterator[Share]:
    currency, both = case.order.currency, min(sold, invoiced)
    yield in_bucket(Bucket.SALE, Side.BOTH, both, currency)
    differs = bool(both) and _whole(case)
    yield in_bucket(_uninvoiced(case, differs=differs), Side.SHOP, sold - both, currency)
    over = Bucket.SALE_DIFFERS if differs else Bucket.NOT_CAPTURED
    if case.order.terms_days is not None and not sold:
        over = Bucket.TO_SHIP  # to be paid later, as was agreed
    yield in_bucket(over, Side.ERP, invoiced - both, currency)


def _other_money(case: Case) -> Iterator[Share]:
    """What the ERP billed in a currency the shop never took."""
    for bill in _valid(case):
        if bill.total.currency != case.order.currency:
            sale = bill.kind is BillingKind.INVOICE
            bucket = Bucket.SALE_DIFFERS if sale else Bucket.CREDIT_DIFFERS
            yield Share(bucket=bucket, side=Side.ERP, amount=bill.total, reference=bill.document)


def _uninvoiced(case: Case, *, differs: bool) -> Bucket:
    if differs:
        return Bucket.SALE_DIFFERS
    if case.erp_order is None:
        return Bucket.TO_SHIP if case.state in WAITING else Bucket.NOT_IN_ERP
    return Bucket.NOT_INVOICED if _whole(case) else Bucket.TO_SHIP


def _whole(case: Case) -> bool:
    """Whether all that is to leave has left, so that all of it can be billed."""
    return lifecycle.fulfilment(case) in SETTLED


def _credits(case: Case, taken_off: Mapping[str, int]) -> Iterator[Share]:
    currency, known = case.order.currency, {refund.refund_id for refund in case.refunds}
    memos: dict[str, int] = {}
    for bill in _valid(case):
        if bill.kind is BillingKind.CREDIT_MEMO and bill.total.currency == currency:
            refund_id = refund_of(case, bill)
            if refund_id in known:
                memos[refund_id] = memos.get(refund_id, 0) + bill.total.amount
            else:
                yield in_bucket(
                    Bucket.NOT_REFUNDED, Side.ERP, bill.total.amount, currency, bill.document
                )
    for refund in case.refunds:
        due = refund.total.amount - taken_off.get(refund.refund_id, 0)
        yield from _credit(refund, due, memos.get(refund.refund_id, 0))


def _credit(refund: Refund, due: int, credited: int) -> Iterator[Share]:
    currency, both = refund.total.currency, min(due, credited)
    shop, erp = (
        (Bucket.CREDIT_DIFFERS, Bucket.CREDIT_DIFFERS)
        if both
        else (Bucket.NOT_CREDITED, Bucket.NOT_REFUNDED)
    )
    yield in_bucket(Bucket.CREDIT, Side.BOTH, both, currency, refund.refund_id)
    yield in_bucket(shop, Side.SHOP, due - both, currency, refund.refund_id)
    yield in_bucket(erp, Side.ERP, credited - both, currency, refund.refund_id)


def _never_left(case: Case, captured: int | None) -> dict[str, int]:
    """By refund, money for what was taken off the order; no more than was captured, if it is told.

    Of an order the ERP never held, or let go of whole, nothing can have left.
    """
    found: dict[str, int] = {}
    left = captured
    whole = case.erp_order is None or never_left.whole(case)
    for refund in case.refunds:
        worth = refund.total.amount if whole else never_left.cancelled(case.order, refund)
        most = refund.total.amount if left is None else min(left, refund.total.amount)
        found[refund.refund_id] = taken = max(0, min(worth, most))
        left = None if left is None else left - taken
    return found


def summed(case: Case, kind: EntryKind, *, without: Collection[str] = ()) -> int:
    """What the facts of one kind come to in the order's currency, less those of some tenders."""
    facts = entries(case, zone="UTC")
    found = (e.amount for e in facts if e.kind is kind and e.tender not in without)
    currency = case.order.currency
    return total(currency, (amount for amount in found if amount.currency == currency)).amount


def _valid(case: Case) -> Sequence[BillingDocument]:
    return [bill for bill in case.bills if not bill.cancelled]


def _entry(
    kind: EntryKind,
    reference: str,
    day: str,
    amount: Money,
    by: Payment | TenderShare | None = None,
) -> Entry:
    """One fact, with the gateway it went `by` and the amount in the shopper's currency, if told."""
    return Entry(
        kind=kind,
        reference=reference,
        day=day,
        amount=amount,
        tender=by.gateway if by else "",
        shopper=by.shopper if by else None,
    )


def in_bucket(bucket: Bucket, side: Side, amount: int, currency: str, reference: str = "") -> Share:
    """So many minor units in a bucket."""
    money = Money(amount=amount, currency=currency)
    return Share(bucket=bucket, side=side, amount=money, reference=reference)


def _day(at: datetime, where: tzinfo) -> str:
    return at.astimezone(where).date().isoformat()
