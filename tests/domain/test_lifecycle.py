"""The life of an order: total tables, and one end for all orders in which news can come."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given

from shared.domain import demand, lifecycle, payments
from shared.domain.lifecycle import BEHIND, NEXT, Billing, Cancellation, Fulfilment
from shared.domain.payments import PaymentState
from shared.domain.suspicion import Suspected
from shared.model.case import Case, CaseState, Counts, ErpLine
from shared.model.order import Payment, PaymentKind, Refund, RefundLine, Shipment, Tracking
from tests.domain.lives import (
    Life,
    accepts,
    captured,
    counts,
    essence,
    heard,
    lives,
    ships,
    tells,
)
from tests.domain.world import NOW
from tests.flows.world import gbp, order, shipment

SOLD = order(("HAT-M", 2)).model_copy(update={"total": gbp(3998)})
SOLD = SOLD.model_copy(
    update={"lines": tuple(x.model_copy(update={"sku": "HAT-M"}) for x in SOLD.lines)}
)
TAKEN = {"1": ErpLine(item="10", place=1, units=2)}


def later(minutes: int, **over: object) -> object:
    return SOLD.model_copy(update={"updated_at": NOW + timedelta(minutes=minutes), **over})


def end(*news: object) -> Case:
    return heard(SOLD, list(news))[-1]  # type: ignore[arg-type]


@pytest.mark.parametrize("state", CaseState)
def test_every_state_says_of_every_other_whether_it_follows_is_behind_or_cannot_be(
    state: CaseState,
) -> None:
    assert set(NEXT) == set(BEHIND) == set(CaseState)
    assert not NEXT[state] & BEHIND[state]
    assert state not in NEXT[state] | BEHIND[state]


@pytest.mark.parametrize("state", PaymentState)
def test_every_state_of_payment_says_what_may_follow(state: PaymentState) -> None:
    assert state in payments.NEXT
    assert state not in payments.NEXT[state]


@pytest.mark.parametrize("state", [CaseState.ACCEPTED, CaseState.SHIPPED, CaseState.CANCELLED])
def test_no_news_takes_an_order_the_erp_has_back_to_where_it_had_it_not(state: CaseState) -> None:
    for earlier in (CaseState.HELD, CaseState.RELEASED, CaseState.SENDING, CaseState.IN_DOUBT):
        case = captured(SOLD).model_copy(update={"state": state})
        after = lifecycle.advance(case, earlier, now=NOW)
        assert after.state is state
        assert after.timeline[-1].what == "late news"


def test_what_no_news_can_mean_is_a_bug_and_said_so() -> None:
    case = captured(SOLD).model_copy(update={"state": CaseState.IN_DOUBT})
    with pytest.raises(ValueError, match="in_doubt cannot become recorded"):
        lifecycle.advance(case, CaseState.RECORDED, now=NOW)


@given(lives())
def test_whatever_the_order_news_comes_in_an_order_ends_in_the_same_place(life: Life) -> None:
    """A permutation with repeats, against the same news sorted by when it was drawn."""
    backwards = heard(life.placed, life.news[::-1])[-1]
    assert essence(heard(life.placed, life.news)[-1]) == essence(backwards)


def test_every_permutation_of_one_life_ends_in_the_same_place() -> None:
    """Accepted, paid, part cancelled, shipped in two parcels, billed: 720 ways to hear of it."""
    paid = Payment(
        reference="T1", gateway="card", kind=PaymentKind.CAPTURE, succeeded=True, amount=gbp(3998)
    )
    given_up = RefundLine(line_id="1", quantity=1, amount=gbp(1999), tax=gbp(0), cancelled=True)
    back = Refund(refund_id="9", created_at=NOW, total=gbp(1999), lines=(given_up,))
    tracked = shipment(1, "80").model_copy(update={"tracking": (Tracking(number="JJD1"),)})
    news = [
        accepts(TAKEN),
        tells(later(1, payments=(paid,))),  # type: ignore[arg-type]
        tells(later(2, payments=(paid,), refunds=(back,))),  # type: ignore[arg-type]
        ships(tracked),
        ships(shipment(1, "81")),
        counts(Counts(invoiced={"1": 2})),
    ]
    first = essence(heard(SOLD, news)[-1])
    assert all(essence(heard(SOLD, way)[-1]) == first for way in permutations(news))
    assert first[0] == lifecycle.Standing(
        CaseState.SHIPPED,
        PaymentState.CAPTURED,
        Suspected.NONE,
        Fulfilment.SHIPPED,
        Billing.INVOICED,
        Cancellation.TOO_LATE,
    )


@given(lives())
def test_hearing_it_all_again_changes_nothing(life: Life) -> None:
    once = heard(life.placed, life.news)[-1]
    assert essence(heard(life.placed, (*life.news, *life.news))[-1]) == essence(once)


@given(lives())
def test_a_status_moves_along_its_table_and_tracking_is_never_lost(life: Life) -> None:
    cases = heard(life.placed, life.news)
    for before, after in pairwise(cases):
        assert after.state is before.state or after.state in NEXT[before.state]
        kept = _numbers(before)
        assert all(numbers <= _numbers(after).get(name, set()) for name, numbers in kept.items())


def _numbers(case: Case) -> Mapping[str, set[str]]:
    return {s.shipment_id: {t.number for t in s.tracking} for s in case.shipments}


def test_a_cancellation_before_anything_left_asks_the_erp_to_let_it_go() -> None:
    case = end(accepts(TAKEN), tells(later(1, cancelled_at=NOW)))  # type: ignore[arg-type]
    assert lifecycle.cancellation(case) is Cancellation.ASKED
    assert [(c.item, c.units) for c in demand.changes(case)] == [("10", 0)]
    gone = TAKEN["1"].model_copy(update={"rejected": True})
    case = lifecycle.settled(lifecycle.amended(case, {"1": gone}), now=NOW)
    assert case.state is CaseState.CANCELLED
    assert lifecycle.cancellation(case) is Cancellation.CANCELLED
    assert demand.to_leave(case) == {}


def test_a_cancellation_after_all_left_is_too_late_and_a_return_is_due() -> None:
    case = end(accepts(TAKEN), ships(shipment(2)), tells(later(1, cancelled_at=NOW)))  # type: ignore[arg-type]
    assert case.state is CaseState.SHIPPED
    assert case.late == {"1": 2}
    assert demand.changes(case) == ()


def test_what_is_left_of_a_cancelled_order_is_let_go_and_what_left_is_due_back() -> None:
    case = end(accepts(TAKEN), ships(shipment(1)), tells(later(1, cancelled_at=NOW)))  # type: ignore[arg-type]
    assert [c.units for c in demand.changes(case)] == [0]
    assert case.late == {"1": 1}


def test_a_delivery_the_erp_knows_of_and_we_do_not_is_too_late_as_well() -> None:
    case = end(accepts(TAKEN), tells(later(1, cancelled_at=NOW)))  # type: ignore[arg-type]
    gone = TAKEN["1"].model_copy(update={"delivered": True})
    case = lifecycle.settled(lifecycle.amended(case, {"1": gone}), now=NOW)
    assert case.late == {"1": 2}
    assert demand.changes(case) == ()
    assert demand.to_leave(case) == {"1": 2}


def test_a_line_that_is_added_gets_the_next_place_and_one_without_an_article_waits() -> None:
    cap = SOLD.lines[0].model_copy(update={"line_id": "2", "sku": "CAP"})
    unknown = cap.model_copy(update={"line_id": "3", "sku": None})
    told = later(1, lines=(*SOLD.lines, cap, unknown))
    case = end(accepts(TAKEN), tells(told))  # type: ignore[arg-type]
    (change,) = demand.changes(case)
    assert (change.line_id, change.place, change.units, change.item) == ("2", 2, 2, "")
    assert [line.line_id for line in demand.unmapped(case)] == ["3"]
    assert case.told is not None


def test_what_the_erp_refused_is_not_asked_for_again() -> None:
    case = end(accepts(TAKEN), tells(later(1, cancelled_at=NOW)))  # type: ignore[arg-type]
    locked = TAKEN["1"].model_copy(update={"refused": 0})
    assert demand.changes(lifecycle.amended(case, {"1": locked})) == ()


def test_an_order_in_the_erp_is_never_what_it_was_before() -> None:
    case = end(accepts(TAKEN), ships(shipment(1)), tells(SOLD))
    assert (case.state, lifecycle.fulfilment(case)) == (
        CaseState.PARTLY_SHIPPED,
        Fulfilment.PARTLY_SHIPPED,
    )


def test_goods_are_returned_once_all_that_left_is_back() -> None:
    sent: Shipment = shipment(2)
    case = end(accepts(TAKEN), ships(sent), counts(Counts(returned={"1": 1})))
    assert lifecycle.fulfilment(case) is Fulfilment.PARTLY_RETURNED
    case = lifecycle.counted(case, Counts(returned={"1": 2}))
    assert lifecycle.fulfilment(case) is Fulfilment.RETURNED


def test_an_order_is_allocated_once_all_that_has_to_leave_is_promised() -> None:
    case = end(accepts(TAKEN), counts(Counts(allocated={"1": 1})))
    assert lifecycle.fulfilment(case) is Fulfilment.OPEN
    case = lifecycle.counted(case, Counts(allocated={"1": 2}))
    assert lifecycle.fulfilment(case) is Fulfilment.ALLOCATED
