"""Payout files: rows become movements or are refused, and every cent lies in one bucket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import payouts
from shared.domain.payouts import PayoutReader
from shared.errors import RejectedError
from shared.model.books import Bucket, EntryKind, PayoutKind, PayoutLine, Side
from shared.model.case import Case
from tests.domain.test_books import capture, case, invoice, refund
from tests.flows.world import gbp

ROW = {
    "payout": "po_1",
    "reference": "txn_1",
    "order": "77",
    "kind": "charge",
    "gross": "39.98",
    "fee": "1.20",
    "currency": "GBP",
    "paid_on": "2026-11-29",
}
AMOUNTS = st.integers(0, 5_000)


def line(minor: int, kind: PayoutKind = PayoutKind.CHARGE, name: str = "txn_1") -> PayoutLine:
    return PayoutLine(
        payout="po_1", reference=name, kind=kind, gross=gbp(minor), fee=gbp(3), day="2026-11-29"
    )


def test_a_row_is_a_movement_of_its_order() -> None:
    order_id, found = PayoutReader(["shop"]).line(ROW)
    assert order_id == "shop:77"
    assert (found.gross, found.fee, found.day) == (gbp(3998), gbp(120), "2026-11-29")


def test_a_decimal_comma_is_read_where_it_is_declared() -> None:
    _, found = PayoutReader(["shop"], comma=True).line(ROW | {"gross": "39,98", "fee": "-1,20"})
    assert (found.gross, found.fee) == (gbp(3998), gbp(-120))


@pytest.mark.parametrize("gross", ["39.98", "1.234,50"])
def test_where_the_decimal_comma_is_declared_a_point_is_not_guessed_at(gross: str) -> None:
    with pytest.raises(RejectedError) as refused:
        PayoutReader(["shop"], comma=True).line(ROW | {"gross": gross})
    assert (refused.value.field, refused.value.value) == ("gross", gross)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order", ""),
        ("order", "7" * 2100),
        ("payout", "p" * 129),
        ("reference", "r" * 129),
        ("kind", "payout"),
        ("gross", "-1.00"),
        ("gross", "39.985"),
        ("gross", "ten"),
        ("fee", "1,20"),
        ("currency", "XXX1"),
        ("paid_on", "29/11/2026"),
        ("channel", "till"),
        ("colour", "red"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_field_and_value(field: str, value: str) -> None:
    with pytest.raises(RejectedError) as refused:
        PayoutReader(["shop"]).line(ROW | {field: value})
    assert (refused.value.field, refused.value.value) == (field, value[:100])
    assert refused.value.remedy


def test_where_a_connection_has_several_channels_the_row_names_one() -> None:
    with pytest.raises(RejectedError):
        PayoutReader(["shop", "outlet"]).line(ROW)
    order_id, _ = PayoutReader(["shop", "outlet"]).line(ROW | {"channel": "outlet"})
    assert order_id == "outlet:77"


@given(AMOUNTS, AMOUNTS, st.lists(AMOUNTS, max_size=3), st.lists(AMOUNTS, max_size=3))
def test_every_cent_taken_given_back_or_paid_out_lies_in_one_bucket(
    taken: int, given_back: int, charges: list[int], refunds: list[int]
) -> None:
    books_of = case(capture(taken), refunds=(refund(given_back),))
    lines = [line(minor, PayoutKind.CHARGE, f"c{n}") for n, minor in enumerate(charges)]
    lines += [line(minor, PayoutKind.REFUND, f"r{n}") for n, minor in enumerate(refunds)]
    found = list(payouts.shares(books_of, lines))
    shop = sum(s.amount.amount for s in found if s.side is not Side.PAYOUT)
    provider = sum(s.amount.amount for s in found if s.side is not Side.SHOP)
    assert shop == taken + given_back
    assert provider == sum(charges) + sum(refunds)
    assert all(share.amount.amount >= 0 for share in found)


def buckets(books_of: Case, *lines: PayoutLine) -> dict[Bucket, int]:
    found = payouts.shares(books_of, lines)
    return {s.bucket: s.amount.amount for s in found if s.amount.amount}


def test_what_is_on_no_payout_is_missing_and_what_exceeds_it_differs() -> None:
    sold = case(capture(1999))
    assert buckets(sold) == {Bucket.NOT_PAID_OUT: 1999}
    assert buckets(sold, line(1999)) == {Bucket.PAID_OUT: 1999}
    assert buckets(sold, line(2100)) == {Bucket.PAID_OUT: 1999, Bucket.PAYOUT_DIFFERS: 101}


def test_fees_are_facts_of_their_own() -> None:
    found = list(payouts.entries([line(1999), line(500, PayoutKind.REFUND, "txn_2")]))
    assert [(e.kind, e.amount) for e in found] == [
        (EntryKind.PAID_OUT, gbp(1999)), (EntryKind.FEE, gbp(3)),
        (EntryKind.PAID_BACK, gbp(500)), (EntryKind.FEE, gbp(3)),
    ]  # fmt: skip


def test_no_provider_pays_out_a_gift_card() -> None:
    gift = capture(400, "t2").model_copy(update={"gateway": "gift_card"})
    sold = case(capture(600), gift, refunds=(refund(100),))
    paid = [line(600), line(60, PayoutKind.REFUND, "txn_2")]
    found = payouts.shares(sold, paid, without=("gift_card",))
    assert {s.bucket: s.amount.amount for s in found if s.amount.amount} == {
        Bucket.PAID_OUT: 600,
        Bucket.PAID_BACK: 60,
    }


def test_where_no_capture_is_told_a_payout_is_held_against_the_invoices() -> None:
    sold = case(bills=(invoice(1999),))
    found = [(s.bucket, s.amount) for s in payouts.shares(sold, [line(1900)], untold=True)]
    assert [(b, a) for b, a in found if a.amount] == [
        (Bucket.PAID_OUT, gbp(1900)),
        (Bucket.NOT_PAID_OUT, gbp(99)),
    ]
    assert not any(s.amount.amount for s in payouts.shares(sold, [], untold=True))
