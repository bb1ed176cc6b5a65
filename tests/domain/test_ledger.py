"""Each movement counts once, whatever comes doubled, late or out of order."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.ledger import (
    PARKED_MAX,
    SEEN_MAX,
    Verdict,
    gaps,
    waiting_since,
)
from shared.domain.legs import TRANSFERS_MAX
from shared.domain.streams import COVERED_MAX
from shared.errors import RejectedError
from shared.model.facts import StockCard
from shared.model.movement import Level, Movement, MovementKind, StockStatus
from shared.model.stock import StockPosition
from tests.domain.movements import (
    History,
    balances,
    histories,
    make_level,
    make_movement,
    mixed,
    post,
    posted_all,
    posting,
    received,
    sent,
    spot,
)
from tests.factories import NOW, make_stock_card

S, K = StockStatus, MovementKind


def position(card: StockCard, location: str = "london") -> StockPosition:
    return next(p for p in card.positions if p.location == location)


# laws


@given(histories())
def test_told_once_and_in_order_the_books_are_what_happened(history: History) -> None:
    assert balances(posted_all(history.told)) == history.balances


@given(st.data())
def test_the_books_converge_whatever_the_order_and_however_often(data: st.DataObject) -> None:
    history = data.draw(histories())
    assert balances(posted_all(data.draw(mixed(history.told)))) == history.balances


@given(st.data())
def test_what_is_told_again_changes_nothing(data: st.DataObject) -> None:
    history = data.draw(histories())
    card = posted_all(data.draw(mixed(history.told)))
    for entry in data.draw(mixed([e for e in history.told if isinstance(e, Movement)])):
        again = posting(card, entry)
        assert (again.verdict, again.card) == (Verdict.DUPLICATE, card) or (
            again.verdict is Verdict.COVERED and balances(again.card) == balances(card)
        )


@given(st.data())
def test_positions_change_by_the_sum_of_what_was_counted(data: st.DataObject) -> None:
    """Conservation, at each step: nothing appears or vanishes but through the outside."""
    history = data.draw(histories(longest=12))
    moves = [m for m in history.told if isinstance(m, Movement)]
    card: StockCard | None = None
    for movement in data.draw(st.permutations(moves)):
        before = sum(balances(card).values())
        known = {m.movement_id for m in card.book.parked} if card and card.book else set()
        found = posting(card, movement)
        parked = {m.movement_id for m in found.card.book.parked} if found.card.book else set()
        newly = {movement.movement_id} | (known - parked)
        counted = [m for m in moves if m.movement_id in newly - parked]
        assert sum(balances(found.card).values()) - before == sum(map(_outside, counted))
        card = found.card


def _outside(movement: Movement) -> int:
    """Units that came into the books by a movement."""
    sides = bool(movement.destination) - bool(movement.origin)
    return int(movement.quantity) * sides


@given(st.data())
def test_a_count_makes_good_what_was_lost_before_it(data: st.DataObject) -> None:
    """Numbered movements that never came leave a gap, which the next count closes."""
    history = data.draw(histories(numbered=True, longest=12))
    told = [e for e in history.told if not (isinstance(e, Movement) and e.document)]
    lost = data.draw(st.sets(st.integers(0, max(len(told) - 1, 0))))
    left = [e for e in history.told if e not in [told[i] for i in lost if i < len(told)]]
    before = len(history.told)
    for place in ("leeds", "london"):
        history.do("count all", place, S.AVAILABLE, 1, up=True)
    counts = history.told[before:]
    assert balances(posted_all([*data.draw(st.permutations(left)), *counts])) == history.balances


# numbers


def test_the_next_number_counts_a_repeat_does_not_and_a_later_one_waits() -> None:
    first, second, third = (make_movement(movement_id=f"m{n}", sequence=n) for n in (1, 2, 3))
    card = post(first)
    assert posting(card, first).verdict is Verdict.DUPLICATE
    parked = posting(card, third)
    assert parked.verdict is Verdict.PARKED
    assert gaps(parked.card) == [("london", 2, 2)]
    assert waiting_since(parked.card) == NOW
    assert position(parked.card).on_hand == 5
    assert posting(parked.card, third).verdict is Verdict.DUPLICATE
    whole = posting(parked.card, second)
    assert whole.verdict is Verdict.COUNTED
    assert position(whole.card).on_hand == 15
    assert (gaps(whole.card), waiting_since(whole.card)) == ([], None)


def test_each_location_counts_by_itself() -> None:
    card = post(
        make_movement(sequence=1),
        make_movement(sequence=1, destination=spot("leeds")),
    )
    assert balances(card) == {("london", "available"): 5, ("leeds", "available"): 5}


def test_a_source_that_counts_more_than_one_sku_names_the_number_before() -> None:
    card = post(make_movement(sequence=7, previous=0))
    assert posting(card, make_movement(sequence=9, previous=8)).verdict is Verdict.PARKED
    later = make_movement(movement_id="m2", sequence=9, previous=7)
    assert posting(card, later).verdict is Verdict.COUNTED


def test_a_count_replaces_what_it_holds_and_leaves_what_came_after() -> None:
    moves = [make_movement(movement_id=f"m{n}", sequence=n) for n in (1, 2, 3, 4)]
    card = post(moves[0], moves[3])
    found = posting(card, make_level(on_hand=Decimal(11), sequence=3))
    assert (found.verdict, found.before) == (Verdict.COUNTED, position(card))
    assert position(found.card).on_hand == 16
    assert posting(found.card, moves[1]).verdict is Verdict.COVERED
    assert position(posting(found.card, moves[1]).card).on_hand == 16


def test_an_older_count_overwrites_nothing() -> None:
    card = post(*(make_movement(movement_id=f"m{n}", sequence=n) for n in (1, 2, 3)))
    found = posting(card, make_level(on_hand=Decimal(0), sequence=2))
    assert found.verdict is Verdict.OLDER
    assert position(found.card).on_hand == 15


def test_a_count_of_numbered_stock_says_up_to_which_number_it_goes() -> None:
    with pytest.raises(RejectedError) as refused:
        posting(post(make_movement(sequence=1)), make_level())
    assert refused.value.field == "sequence"
    assert refused.value.remedy


def test_no_more_are_parked_than_a_card_has_room_for() -> None:
    waiting = [make_movement(movement_id=f"m{n}", sequence=n) for n in range(2, PARKED_MAX + 2)]
    card = post(*waiting)
    with pytest.raises(RejectedError) as refused:
        posting(card, make_movement(movement_id="more", sequence=PARKED_MAX + 2))
    assert refused.value.field == "sequence"
    assert position(posting(card, make_movement(sequence=1)).card).on_hand == 5 * (PARKED_MAX + 1)


def test_of_very_many_ranges_only_counts_hold_the_latest_are_remembered() -> None:
    card = post(make_level(sequence=2))
    for n in range(1, COVERED_MAX + 1):
        moved = make_movement(movement_id=f"m{n}", sequence=3 * n)
        card = post(moved, make_level(sequence=3 * n + 2), card=card)
    assert posting(card, make_movement(sequence=1)).verdict is Verdict.DUPLICATE
    assert posting(card, make_movement(sequence=5)).verdict is Verdict.COVERED


# ids


def test_without_numbers_an_id_counts_once() -> None:
    card = post(make_movement())
    assert posting(card, make_movement()).verdict is Verdict.DUPLICATE
    other = posting(card, make_movement(movement_id="m2"))
    assert other.verdict is Verdict.COUNTED
    assert position(other.card).on_hand == 10


def test_a_count_holds_what_happened_until_it_was_made() -> None:
    card = post(make_level(as_of=NOW + timedelta(minutes=1)))
    assert posting(card, make_movement()).verdict is Verdict.COVERED
    later = make_movement(movement_id="m2", occurred_at=NOW + timedelta(minutes=2))
    moved = posting(card, later)
    assert moved.verdict is Verdict.COUNTED
    assert position(moved.card).on_hand == 12
    assert posting(moved.card, make_level(as_of=NOW)).verdict is Verdict.OLDER


def test_what_is_older_than_all_ids_remembered_is_refused_and_never_guessed() -> None:
    moves = [
        make_movement(movement_id=f"m{n}", occurred_at=NOW + timedelta(seconds=n))
        for n in range(SEEN_MAX + 1)
    ]
    card = post(*moves)
    for old in (moves[0], make_movement(movement_id="late", occurred_at=NOW)):
        with pytest.raises(RejectedError) as refused:
            posting(card, old)
        assert refused.value.field == "occurred_at"
    assert posting(card, moves[1]).verdict is Verdict.DUPLICATE


def test_what_was_read_at_once_counts_as_a_count_of_every_location() -> None:
    read = make_stock_card(source="wms", as_of=NOW)
    assert posting(read, make_movement()).verdict is Verdict.COVERED
    later = make_movement(occurred_at=NOW + timedelta(seconds=1))
    assert position(posting(read, later).card).on_hand == 15


# transfers


def test_what_is_sent_is_in_transit_until_it_is_received() -> None:
    card = post(make_level(on_hand=Decimal(8)), sent(occurred_at=NOW + timedelta(minutes=1)))
    assert balances(card) == {("london", "available"): 3, ("leeds", "in_transit"): 5}
    assert position(card, "leeds").on_hand == 0
    done = post(received(), card=card)
    assert balances(done) == {("london", "available"): 3, ("leeds", "available"): 5}
    assert done.book is not None
    assert done.book.transfers == {}


def test_a_short_receipt_leaves_the_rest_in_transit_and_differs() -> None:
    card = post(sent(5), received(3))
    assert card.book is not None
    (open_one,) = card.book.transfers.values()
    assert [open_one.sent, open_one.received] == [5, 3]
    assert waiting_since(card) == NOW
    assert balances(card)["leeds", "in_transit"] == 2
    lost = make_movement(
        movement_id="lost",
        kind=K.SCRAP,
        quantity=Decimal(2),
        origin=spot("leeds", S.IN_TRANSIT),
        destination=None,
        document="T1",
    )
    written_off = post(lost, card=card)
    assert balances(written_off) == {("london", "available"): -5, ("leeds", "available"): 3}
    assert written_off.book is not None
    assert written_off.book.transfers == {}


def test_a_receipt_that_overtakes_its_sending_waits_for_it() -> None:
    card = post(received())
    assert waiting_since(card) == NOW
    assert waiting_since(post(sent(), card=card)) is None


def test_goods_leave_the_road_even_if_a_count_holds_their_arrival() -> None:
    """The count of Leeds has them on hand already; nobody counts what is in transit."""
    card = post(sent(sequence=1), make_level(location="leeds", on_hand=Decimal(5), sequence=1))
    assert balances(card)["leeds", "in_transit"] == 5
    found = posting(card, received(sequence=1))
    assert found.verdict is Verdict.COVERED
    assert balances(found.card) == {("london", "available"): -5, ("leeds", "available"): 5}
    assert posting(found.card, received(sequence=1)).verdict is Verdict.DUPLICATE


def test_a_sku_has_so_many_transfers_open_and_no_more() -> None:
    card = post(
        *(
            sent(movement_id=f"m{n}", sequence=n, document=f"T{n}")
            for n in range(1, TRANSFERS_MAX + 1)
        )
    )
    with pytest.raises(RejectedError) as refused:
        posting(card, sent(sequence=TRANSFERS_MAX + 1, document="more"))
    assert refused.value.field == "document"


def test_of_what_waited_only_what_cannot_be_counted_is_refused() -> None:
    """Its half that needs no room is not posted either, and what follows waits for it."""
    roads = [
        sent(movement_id=f"t{n}", sequence=n, document=f"T{n}") for n in range(1, TRANSFERS_MAX + 1)
    ]
    card = post(*roads)
    first = TRANSFERS_MAX + 1
    more = sent(movement_id="more", sequence=first + 1, document="more")
    last = make_movement(movement_id="last", sequence=first + 2)
    card = post(more, last, card=card)
    found = posting(card, make_movement(movement_id="trigger", sequence=first))
    assert found.verdict is Verdict.COUNTED
    assert [(m.movement_id, e.field) for m, e in found.refused] == [("more", "document")]
    assert balances(found.card)["london", "available"] == 5 - 5 * TRANSFERS_MAX
    assert gaps(found.card) == [("london", first + 1, first + 1)]
    freed = post(received(document="T1"), card=found.card)
    again = posting(freed, more)
    assert (again.verdict, again.refused) == (Verdict.COUNTED, ())
    assert balances(again.card)["london", "available"] == 5 - 5 * TRANSFERS_MAX
    assert gaps(again.card) == []


def test_as_of_never_goes_back() -> None:
    card = post(make_movement(occurred_at=NOW + timedelta(minutes=1)))
    assert posting(card, make_movement(movement_id="m2")).card.as_of == card.as_of


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": K.SHIP},
        {"origin": spot()},
        {"kind": K.COUNT, "origin": spot()},
        {"kind": K.PICK},
        {"previous": 1},
        {"sequence": 2, "previous": 2},
        {"destination": spot(status=S.IN_TRANSIT)},
    ],
)
def test_a_movement_is_of_the_shape_of_its_kind(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_movement(**wrong)


def test_a_level_is_no_movement() -> None:
    assert isinstance(make_level(), Level)
    assert Counter(balances(post(make_level(parts={S.DAMAGED: Decimal(2)})))) == {
        ("london", "available"): 5,
        ("london", "damaged"): 2,
    }
