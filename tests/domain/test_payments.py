"""Payment states: over gateways and gift cards, terms, expiry, and what comes back."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import payments
from shared.domain.payments import PaymentState
from shared.model.order import Payment, PaymentKind
from tests.domain.world import NOW
from tests.factories import paid
from tests.flows.world import order

AUTHORISED, CAPTURED = PaymentKind.AUTHORISATION, PaymentKind.CAPTURE
TOTAL = 3998


def state(*made: Payment, **over: object) -> PaymentState:
    return payments.state_of(order(**over), made, now=NOW)  # type: ignore[arg-type]


def test_an_order_nobody_paid_is_pending_unless_terms_were_agreed() -> None:
    assert state() is PaymentState.PENDING
    assert state(terms_days=30) is PaymentState.ON_TERMS


def test_a_card_and_a_gift_card_pay_together() -> None:
    card = paid(CAPTURED, 2998)
    assert state(card) is PaymentState.PARTLY_CAPTURED
    gift = paid(CAPTURED, 1000, "T2", gateway="gift_card")
    assert state(card, gift) is PaymentState.CAPTURED


def test_an_authorisation_holds_until_it_expires() -> None:
    until = paid(AUTHORISED, expires_at=NOW + timedelta(seconds=1))
    assert state(until) is PaymentState.AUTHORISED
    over = paid(AUTHORISED, expires_at=NOW)
    assert state(over) is PaymentState.EXPIRED
    assert state(over, paid(AUTHORISED, reference="T2")) is PaymentState.AUTHORISED


def test_what_expired_after_it_was_captured_is_captured() -> None:
    over = paid(AUTHORISED, expires_at=NOW)
    assert state(over, paid(CAPTURED, reference="T2", parent="T1")) is PaymentState.CAPTURED


def test_an_authorisation_that_is_voided_is_none() -> None:
    void = paid(PaymentKind.VOID, 0, "T2", parent="T1")
    assert state(paid(AUTHORISED), void) is PaymentState.VOIDED


def test_of_two_authorisations_that_cover_an_order_one_is_voided() -> None:
    halves = paid(AUTHORISED, TOTAL // 2), paid(AUTHORISED, TOTAL // 2, "T2")
    assert state(*halves) is PaymentState.AUTHORISED
    void = paid(PaymentKind.VOID, 0, "T3", parent="T1")
    assert state(*halves, void) is PaymentState.PENDING
    assert PaymentState.PENDING in payments.NEXT[PaymentState.AUTHORISED]


def test_what_failed_counts_for_nothing() -> None:
    assert state(paid(CAPTURED, succeeded=False)) is PaymentState.PENDING


def test_money_given_back_in_part_and_whole() -> None:
    taken = paid(CAPTURED)
    assert state(taken, paid(PaymentKind.REFUND, 500, "T2")) is PaymentState.PARTLY_REFUNDED
    assert state(taken, paid(PaymentKind.REFUND, TOTAL, "T2")) is PaymentState.REFUNDED


def test_an_order_that_costs_nothing_is_paid() -> None:
    assert state(total=0) is PaymentState.CAPTURED


several = st.lists(
    st.builds(
        paid,
        kind=st.sampled_from(PaymentKind),
        amount=st.integers(0, TOTAL),
        reference=st.sampled_from(["T1", "T2", "T3"]),
        succeeded=st.booleans(),
        parent=st.none() | st.just("T1"),
        expires_at=st.none() | st.just(NOW),
    ),
    max_size=5,
)


@given(one=several, other=several)
def test_payments_join_in_any_order_and_none_is_lost(
    one: list[Payment], other: list[Payment]
) -> None:
    both = payments.joined(one, other)
    assert both == payments.joined(other, one) == payments.joined(both, one)
    assert {p.reference for p in both} == {p.reference for p in (*one, *other)}


@given(several)
def test_more_payments_lead_along_the_table(made: list[Payment]) -> None:
    """Each payment by itself, as a channel adds them."""
    known: tuple[Payment, ...] = ()
    sold = order()
    for i, payment in enumerate(made):
        before = payments.state_of(sold, known, now=NOW)
        one = payment.model_copy(update={"reference": f"P{i}"})
        known = payments.joined(known, [one])
        after = payments.state_of(sold, known, now=NOW)
        assert after is before or after in payments.NEXT[before]
