"""The books of an order: every cent lies in one bucket, whatever the shop and the ERP say."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import books
from shared.model.books import Bucket, EntryKind, Side
from shared.model.case import Case, CaseState, ErpLine, Intent, IntentKind, IntentState
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.money import Money
from shared.model.order import Payment, PaymentKind, Refund, RefundLine
from shared.model.order_policy import OrderPolicy
from tests.domain.world import NOW
from tests.factories import make_case, make_order, make_shipment
from tests.flows.world import gbp

AMOUNTS = st.integers(0, 5_000)


def capture(minor: int, name: str = "t1") -> Payment:
    kind = PaymentKind.CAPTURE
    return Payment(reference=name, gateway="card", kind=kind, succeeded=True, amount=gbp(minor))


def bill(document: str, kind: BillingKind, minor: int, bills: str = "5001") -> BillingDocument:
    line = BilledLine(erp_item="10", quantity=1, net=gbp(minor), tax=gbp(0))
    return BillingDocument(
        document=document, kind=kind, bills=bills, issued_at=NOW, total=gbp(minor), tax=gbp(0),
        lines=(line,),
    )  # fmt: skip


def invoice(minor: int, document: str = "90001") -> BillingDocument:
    return bill(document, BillingKind.INVOICE, minor)


def memo(minor: int, refund: str, document: str = "91001") -> BillingDocument:
    return bill(document, BillingKind.CREDIT_MEMO, minor, f"doc-{refund}")


def credited(refund: str) -> Intent:
    return Intent(
        intent_id=f"credit#{refund}", kind=IntentKind.CREDIT, connection="erp",
        reference=f"SHOP-R{refund}", state=IntentState.APPLIED, result=f"doc-{refund}",
    )  # fmt: skip


def refund(minor: int, name: str = "r1", *, cancelled: bool = False) -> Refund:
    lines = (
        RefundLine(line_id="1", quantity=1, amount=gbp(minor), tax=gbp(0), cancelled=True),
    ) * cancelled
    return Refund(refund_id=name, created_at=NOW, total=gbp(minor), lines=lines)


def taken_back(minor: int) -> Refund:
    """Both units cancelled before they left, at 20.00, and what went back beyond that."""
    line = RefundLine(line_id="1", quantity=2, amount=gbp(2000), tax=gbp(0), cancelled=True)
    return Refund(refund_id="r1", created_at=NOW, total=gbp(minor), lines=(line,))


REJECTED = {"1": ErpLine(item="10", place=1, units=0, rejected=True)}


def case(*payments: Payment, shipped: bool = True, **over: object) -> Case:
    order = make_order(payments=payments)
    gone = (make_shipment(),) if shipped else ()
    lines = {"1": ErpLine(item="10", place=1, units=2)}
    known = {
        "state": CaseState.ACCEPTED, "erp_order": "5001", "shipments": gone, "erp_lines": lines,
    }  # fmt: skip
    return make_case(order=order, **known | over)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Payments, bills, refunds and memos that agree seldom."""
    names = draw(st.lists(st.sampled_from(("r1", "r2", "r3")), unique=True, max_size=3))
    refunds = [refund(draw(AMOUNTS), name, cancelled=draw(st.booleans())) for name in names]
    memos = [
        memo(draw(AMOUNTS), draw(st.sampled_from(("r1", "r2", "other"))), f"9100{number}")
        for number in range(draw(st.integers(0, 3)))
    ]
    invoices = [invoice(draw(AMOUNTS), f"9000{n}") for n in range(draw(st.integers(0, 2)))]
    taken = [capture(draw(AMOUNTS), f"t{n}") for n in range(draw(st.integers(0, 2)))]
    return case(
        *taken,
        shipped=draw(st.booleans()),
        refunds=tuple(refunds),
        bills=(*invoices, *memos),
        intents=tuple(credited(name) for name in names),
        erp_order=draw(st.sampled_from((None, "5001"))),
    )


@given(cases())
def test_every_cent_of_either_side_lies_in_exactly_one_bucket(books_of: Case) -> None:
    said = Counter[EntryKind]()
    for entry in books.entries(books_of, zone="UTC"):
        said[entry.kind] += entry.amount.amount
    shares = books.shares(books_of)
    shop = sum(s.amount.amount for s in shares if s.side is not Side.ERP and _of_sale(s.bucket))
    erp = sum(s.amount.amount for s in shares if s.side is not Side.SHOP and _of_sale(s.bucket))
    assert shop == said[EntryKind.CAPTURED]
    assert erp == said[EntryKind.INVOICED]
    back = [s for s in shares if not _of_sale(s.bucket) or s.bucket is Bucket.NEVER_LEFT]
    refunded = sum(s.amount.amount for s in back if s.side is not Side.ERP)
    memos = sum(s.amount.amount for s in back if s.side is not Side.SHOP)
    assert refunded == said[EntryKind.REFUNDED]
    assert memos == said[EntryKind.CREDITED]
    assert all(share.amount.amount > 0 for share in shares)


def _of_sale(bucket: Bucket) -> bool:
    return bucket not in {
        Bucket.CREDIT, Bucket.NOT_CREDITED, Bucket.NOT_REFUNDED, Bucket.CREDIT_DIFFERS,
    }  # fmt: skip


@given(cases())
def test_what_differs_says_how_it_is_repaired(books_of: Case) -> None:
    for found in books.differences(books_of, {}):
        assert found.repair


def buckets(books_of: Case) -> dict[Bucket, int]:
    return {s.bucket: s.amount.amount for s in books.shares(books_of)}


@pytest.mark.parametrize(
    ("books_of", "expected"),
    [
        (case(capture(1999), bills=(invoice(1999),)), {Bucket.SALE: 1999}),
        (case(capture(1999)), {Bucket.NOT_INVOICED: 1999}),
        (case(capture(1999), shipped=False), {Bucket.TO_SHIP: 1999}),
        (case(capture(1999), erp_order=None, shipped=False), {Bucket.NOT_IN_ERP: 1999}),
        (case(bills=(invoice(1999),)), {Bucket.NOT_CAPTURED: 1999}),
        (
            case(capture(1999), bills=(invoice(1990),)),
            {Bucket.SALE: 1990, Bucket.SALE_DIFFERS: 9},
        ),
        (
            case(capture(500), bills=(invoice(500),), refunds=(refund(200),)),
            {Bucket.SALE: 500, Bucket.NOT_CREDITED: 200},
        ),
        (
            case(capture(500), bills=(invoice(500), memo(200, "r9"))),
            {Bucket.SALE: 500, Bucket.NOT_REFUNDED: 200},
        ),
        (
            case(
                capture(500),
                bills=(invoice(500), memo(150, "r1")),
                refunds=(refund(200),),
                intents=(credited("r1"),),
            ),
            {Bucket.SALE: 500, Bucket.CREDIT: 150, Bucket.CREDIT_DIFFERS: 50},
        ),
        (
            case(capture(2495), shipped=False, erp_lines=REJECTED, refunds=(taken_back(2495),)),
            {Bucket.NEVER_LEFT: 2495},
        ),
        (
            case(
                capture(2495),
                shipped=False,
                erp_lines=REJECTED,
                refunds=(taken_back(2495),),
                bills=(memo(495, "r1"),),
                intents=(credited("r1"),),
            ),
            {Bucket.NEVER_LEFT: 2495, Bucket.NOT_REFUNDED: 495},
        ),
        (
            case(
                capture(2495),
                shipped=False,
                erp_lines=REJECTED,
                refunds=(taken_back(2495),),
                bills=(invoice(495),),
            ),
            {Bucket.NEVER_LEFT: 2000, Bucket.SALE: 495, Bucket.NOT_CREDITED: 495},
        ),
        (
            case(capture(500), bills=(invoice(300),), refunds=(refund(200, cancelled=True),)),
            {Bucket.NEVER_LEFT: 200, Bucket.SALE: 300},
        ),
    ],
)
def test_where_money_lies(books_of: Case, expected: dict[Bucket, int]) -> None:
    assert buckets(books_of) == expected


def test_an_invoice_taken_back_counts_no_more() -> None:
    taken_back = invoice(1999).model_copy(update={"cancelled": True})
    assert buckets(case(capture(1999), bills=(taken_back,))) == {Bucket.NOT_INVOICED: 1999}


def test_what_is_invoiced_in_another_currency_differs_whole() -> None:
    euros = invoice(1999)
    total = euros.total.model_copy(update={"currency": "EUR"})
    found = books.shares(case(bills=(euros.model_copy(update={"total": total}),)))
    assert [(s.bucket, s.amount.currency) for s in found] == [(Bucket.SALE_DIFFERS, "EUR")]


def test_a_fact_stands_on_its_day_where_the_retailer_is() -> None:
    late = refund(5).model_copy(update={"created_at": datetime(2026, 6, 1, 22, 30, tzinfo=UTC)})
    found = books.entries(case(refunds=(late,)), zone="Europe/Berlin")
    assert [e.day for e in found if e.kind is EntryKind.REFUNDED] == ["2026-06-02"]


def test_a_capture_stands_on_the_day_it_was_made_and_says_by_what() -> None:
    at = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    paid = capture(5).model_copy(update={"at": at, "shopper": eur(6)})
    (found,) = (
        e for e in books.entries(case(paid), zone="Europe/Berlin") if e.kind is EntryKind.CAPTURED
    )
    assert (found.day, found.tender, found.shopper) == ("2026-06-02", "card", eur(6))
    assert "2026-06-02" in books.days(case(paid), zone="Europe/Berlin")


def test_a_refund_stands_by_the_payments_it_went_back_to() -> None:
    gift = capture(400, "t2").model_copy(update={"gateway": "gift_card"})
    entries = books.entries(case(capture(600), gift, refunds=(refund(100),)), zone="UTC")
    back = {e.tender: e.amount.amount for e in entries if e.kind is EntryKind.REFUNDED}
    assert back == {"card": 60, "gift_card": 40}


def eur(minor: int) -> Money:
    return Money(amount=minor, currency="EUR")


# where somebody else takes the money


ELSEWHERE = OrderPolicy(payments="elsewhere")


def called(*bills: BillingDocument) -> Case:
    """An order by call or file that told of no payment."""
    made = case(bills=bills)
    return made.model_copy(update={"order": made.order.model_copy(update={"called": True})})


def where(found: Case, policy: OrderPolicy) -> dict[Bucket, int]:
    return {s.bucket: s.amount.amount for s in books.shares(found, policy)}


def test_what_a_marketplace_collects_is_no_difference() -> None:
    sold = case(bills=(invoice(1999),))
    assert where(sold, ELSEWHERE) == {Bucket.COLLECTED: 1999}
    assert books.differences(sold, {}, policy=ELSEWHERE) == ()
    assert where(sold, OrderPolicy(payments="told")) == {Bucket.NOT_CAPTURED: 1999}


def test_an_order_by_call_that_told_of_no_payment_is_paid_elsewhere_unless_said_otherwise() -> None:
    sold = called(invoice(1999))
    assert where(sold, OrderPolicy()) == {Bucket.COLLECTED: 1999}
    assert where(sold, OrderPolicy(payments="told")) == {Bucket.NOT_CAPTURED: 1999}


def test_a_capture_that_is_told_is_compared_whoever_collects() -> None:
    sold = case(capture(1999), bills=(invoice(1990),))
    assert where(sold, ELSEWHERE) == {Bucket.SALE: 1990, Bucket.SALE_DIFFERS: 9}


def test_refunds_of_what_was_collected_elsewhere_are_still_held_against_their_memos() -> None:
    back = (refund(200, "r1", cancelled=True), refund(300, "r2"))
    sold = case(bills=(invoice(1999), memo(250, "r2")), refunds=back, intents=(credited("r2"),))
    assert where(sold, ELSEWHERE) == {
        Bucket.NEVER_LEFT: 200,
        Bucket.COLLECTED: 1999,
        Bucket.CREDIT: 250,
        Bucket.CREDIT_DIFFERS: 50,
    }
