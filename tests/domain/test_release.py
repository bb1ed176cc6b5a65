"""Whether enough is paid: by amounts, over every gateway, against what is still to be paid for."""

from datetime import timedelta

import pytest

from shared.domain import release
from shared.model.order import Order, Payment, PaymentKind, Refund, RefundLine
from shared.model.order_policy import OrderPolicy
from tests.domain.world import NOW
from tests.factories import make_line, make_order, paid
from tests.flows.world import gbp

AUTHORISED, CAPTURED = PaymentKind.AUTHORISATION, PaymentKind.CAPTURE
BACK, VOID = PaymentKind.REFUND, PaymentKind.VOID


def order(*payments: Payment, **over: object) -> Order:
    """Two units of 50.00 each."""
    line = make_line(quantity=2, unit_price=gbp(5000))
    return make_order(lines=(line,), payments=payments, **over)


def off(units: int, back: int, *, tax: int = 0, name: str = "r1") -> Refund:
    """Units that had not left are taken off the order, and so much money goes back."""
    line = RefundLine(
        line_id="1", quantity=units, amount=gbp(5000 * units), tax=gbp(tax), cancelled=True
    )
    return Refund(refund_id=name, created_at=NOW, total=gbp(back), lines=(line,))


def held(sold: Order, release_when: str) -> list[str]:
    policy = OrderPolicy.model_validate({"release_when": release_when})
    return [one.value for one in release.told_of(sold, policy, now=NOW)]


GIFT = paid(CAPTURED, 500, "G", gateway="gift_card")
CARD = paid(AUTHORISED, 9500, "A")
LAPSED = CARD.model_copy(update={"expires_at": NOW})
RETURNED = paid(BACK, 100, "B", gateway="gift_card", parent="G")


def test_a_gift_card_and_an_authorisation_that_lapsed_are_not_an_authorised_order() -> None:
    sold = order(GIFT, LAPSED)
    assert held(sold, "authorised") == ["partly_captured: 5.00 GBP of 100.00 GBP"]
    assert held(order(GIFT, CARD), "authorised") == []
    assert held(order(GIFT, CARD, paid(VOID, 9500, "V", parent="A")), "authorised")


def test_little_that_was_captured_and_less_that_went_back_is_not_a_captured_order() -> None:
    assert held(order(GIFT, RETURNED), "captured") == ["partly_refunded: 5.00 GBP of 100.00 GBP"]
    all_back = RETURNED.model_copy(update={"amount": gbp(500)})
    assert held(order(GIFT, all_back), "captured")
    assert held(order(GIFT, CARD, RETURNED), "authorised") == []


def test_what_went_back_of_an_order_that_was_paid_does_not_hold_it() -> None:
    whole = paid(CAPTURED, 10_000)
    for amount in (100, 10_000):
        assert held(order(whole, paid(BACK, amount, "B")), "captured") == []


@pytest.mark.parametrize(("captured", "asked"), [(4000, 10_000), (0, 10_000)])
def test_what_was_captured_of_an_authorisation_is_not_counted_in_it_again(
    captured: int, asked: int
) -> None:
    taken = [paid(CAPTURED, captured, "C", parent="A")] * bool(captured)
    assert held(order(*taken, paid(AUTHORISED, asked, "A")), "authorised") == []
    assert held(order(*taken, paid(AUTHORISED, asked - 1, "A")), "authorised")


def test_what_was_cancelled_and_not_paid_need_not_be_paid() -> None:
    half = paid(CAPTURED, 5000)
    assert held(order(half, refunds=(off(1, 0),)), "captured") == []
    assert held(order(half, refunds=(off(1, 4000),)), "captured") == [
        "partly_captured: 50.00 GBP of 90.00 GBP"
    ]


def test_tax_beside_the_prices_is_cancelled_with_the_units() -> None:
    sold = order(
        paid(CAPTURED, 5400), taxes_included=False, total=gbp(10_800), refunds=(off(1, 0, tax=400),)
    )
    assert held(sold, "captured") == []


def test_what_lapsed_of_several_authorisations_counts_for_nothing() -> None:
    later = paid(AUTHORISED, 9500, "A2", expires_at=NOW + timedelta(days=1))
    assert held(order(GIFT, LAPSED, later), "authorised") == []


def test_agreed_credit_is_enough_also_for_what_a_deposit_leaves() -> None:
    assert held(order(GIFT, terms_days=30), "captured") == []
    assert held(order(LAPSED, terms_days=30), "authorised") == ["expired: 0.00 GBP of 100.00 GBP"]


def test_an_order_its_channel_calls_pending_waits_whatever_was_paid() -> None:
    sold = order(paid(CAPTURED, 10_000), pending=True)
    assert held(sold, "placed") == ["captured: 100.00 GBP of 100.00 GBP"]
