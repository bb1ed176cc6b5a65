"""What is not believed is set aside: the last good level stays, and what follows is counted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.aside import ASIDE_MAX
from shared.domain.ledger import Verdict, gaps
from shared.domain.streams import SKIPPED_MAX
from shared.errors import RejectedError
from shared.model.facts import StockCard
from shared.model.movement import Entry, Movement, MovementKind, StockStatus
from shared.model.stock_rules import StockGuards
from tests.domain.movements import (
    History,
    balances,
    histories,
    make_level,
    make_movement,
    post,
    posting,
    received,
    sent,
    spot,
)
from tests.factories import NOW

S, K = StockStatus, MovementKind
ABSURD = Decimal(5_000_000)
LATER = NOW + timedelta(minutes=1)
WIDE = StockGuards.model_validate({"absurd": {"then": "keep", "above": 10_000_000}})


def guards(then: str = "keep", above: int = 1000) -> StockGuards:
    said = {"then": then}
    return StockGuards.model_validate(
        {"null": said, "negative": said, "absurd": said | {"above": above}}
    )


KEEP = guards()


def on_hand(card: StockCard, place: str = "london") -> int:
    return int(sum(p.on_hand for p in card.positions if p.location == place))


def aside(card: StockCard) -> list[tuple[str, str]]:
    assert card.book is not None
    return [(one.kind, one.said) for one in card.book.aside]


def receipt(number: int, units: int = 5) -> Movement:
    return make_movement(movement_id=f"m{number}", sequence=number, quantity=Decimal(units))


STRANGE = [
    (make_level(on_hand=ABSURD, as_of=LATER), ("absurd", "5000000")),
    (make_level(on_hand=Decimal(-3), as_of=LATER), ("negative", "-3")),
    (make_level(on_hand=Decimal(0), untold=True, as_of=LATER), ("null", "nothing")),
    (make_level(parts={S.DAMAGED: ABSURD}, as_of=LATER), ("absurd", "5000000")),
    (make_movement(quantity=ABSURD, occurred_at=LATER), ("absurd", "5000007")),
    (
        make_movement(
            kind=K.SHIP, quantity=ABSURD, origin=spot(), destination=None, occurred_at=LATER
        ),
        ("absurd", "-4999993"),
    ),
]


@pytest.mark.parametrize(("entry", "said"), STRANGE)
@pytest.mark.parametrize("then", ["keep", "floor", "suppress"])
def test_what_is_not_believed_is_set_aside_and_what_was_known_stays(
    entry: Entry, said: tuple[str, str], then: str
) -> None:
    found = posting(post(make_level()), entry, guards(then))
    assert found.verdict is Verdict.DOUBTED
    assert (on_hand(found.card), aside(found.card)) == (7, [said])
    again = posting(found.card, entry, guards(then))
    assert (again.verdict, again.card) == (Verdict.DOUBTED, found.card)


@pytest.mark.parametrize(("entry", "said"), STRANGE)
def test_what_the_retailer_accepts_is_counted(entry: Entry, said: tuple[str, str]) -> None:
    del said
    found = posting(post(make_level()), entry, guards("accept"))
    assert found.verdict is Verdict.COUNTED
    assert aside(found.card) == []


# a count


@pytest.mark.parametrize("units", [ABSURD, Decimal(-3)])
def test_what_follows_a_count_that_is_not_believed_is_counted(units: Decimal) -> None:
    card = post(make_level(sequence=4), guards=KEEP)
    card = posting(card, make_level(on_hand=units, sequence=6), KEEP).card
    assert posting(card, receipt(7), KEEP).verdict is Verdict.COUNTED
    assert on_hand(posting(card, receipt(7), KEEP).card) == 12


def test_what_such_a_count_passed_over_is_counted_when_it_comes_and_once() -> None:
    card = post(make_level(sequence=4), make_level(on_hand=ABSURD, sequence=6), guards=KEEP)
    late = posting(card, receipt(5), KEEP)
    assert (late.verdict, on_hand(late.card)) == (Verdict.COUNTED, 12)
    assert posting(late.card, receipt(5), KEEP).verdict is Verdict.DUPLICATE
    assert gaps(late.card) == []


def test_what_waited_for_what_such_a_count_passed_over_is_counted() -> None:
    card = post(make_level(sequence=4), receipt(6), receipt(8), guards=KEEP)
    found = posting(card, make_level(on_hand=ABSURD, sequence=7), KEEP).card
    assert found.book is not None
    assert (on_hand(found), found.book.parked) == (17, ())


def test_a_count_that_is_believed_settles_all_that_was_set_aside_there() -> None:
    wild = receipt(5, 5_000_000)
    card = post(make_level(sequence=4), wild, make_level(on_hand=-ABSURD, sequence=6), guards=KEEP)
    assert [kind for kind, _ in aside(card)] == ["absurd", "absurd"]
    good = posting(card, make_level(on_hand=Decimal(9), sequence=6), KEEP).card
    assert (on_hand(good), aside(good)) == (9, [])
    late = posting(good, receipt(5), KEEP)
    assert (late.verdict, on_hand(late.card)) == (Verdict.COVERED, 9)


def test_a_count_corrected_late_leaves_what_came_after_it() -> None:
    """And what it had passed over and holds is in it once, though it was counted meanwhile."""
    card = post(make_level(sequence=4), make_level(on_hand=ABSURD, sequence=6), guards=KEEP)
    card = post(receipt(7, 2), receipt(5, 1), card=card, guards=KEEP)
    assert on_hand(card) == 10
    right = posting(card, make_level(on_hand=Decimal(20), sequence=6), KEEP)
    assert (right.verdict, on_hand(right.card), aside(right.card)) == (Verdict.COUNTED, 22, [])
    assert posting(right.card, receipt(6), KEEP).verdict is Verdict.COVERED
    assert posting(right.card, receipt(5), KEEP).verdict is Verdict.DUPLICATE


def test_a_count_of_before_one_that_is_not_believed_changes_nothing() -> None:
    card = post(make_level(), make_level(on_hand=ABSURD, as_of=LATER), guards=KEEP)
    between = make_level(on_hand=Decimal(3), as_of=NOW + timedelta(seconds=30))
    assert posting(card, between, KEEP).verdict is Verdict.OLDER


def test_without_numbers_a_count_that_is_not_believed_holds_nothing() -> None:
    card = post(make_level(), make_level(on_hand=ABSURD, as_of=LATER), guards=KEEP)
    before = make_movement(occurred_at=NOW + timedelta(seconds=30))
    card = posting(card, before, KEEP).card
    assert on_hand(card) == 12
    right = posting(card, make_level(on_hand=Decimal(30), as_of=LATER), KEEP)
    assert (right.verdict, on_hand(right.card)) == (Verdict.COUNTED, 30)


def test_once_it_is_believed_it_counts_as_if_it_had_been() -> None:
    told = [make_level(sequence=4), make_level(on_hand=ABSURD, sequence=6)]
    after = [receipt(7, 2), receipt(5, 1), receipt(8, 1)]
    card = post(*told, *after, guards=KEEP)
    assert balances(post(told[-1], card=card, guards=WIDE)) == balances(
        post(*told, *after, guards=WIDE)
    )


# a movement


def test_a_movement_corrected_under_its_number_counts_once() -> None:
    card = post(receipt(1), receipt(2, 5_000_000), receipt(3), guards=KEEP)
    assert on_hand(card) == 10
    right = posting(card, receipt(2, 4), KEEP)
    assert (right.verdict, on_hand(right.card), aside(right.card)) == (Verdict.COUNTED, 14, [])
    assert posting(right.card, receipt(2, 4), KEEP).verdict is Verdict.DUPLICATE


def test_what_waited_and_is_not_believed_is_set_aside_when_its_turn_comes() -> None:
    card = post(receipt(2, 5_000_000), receipt(3), receipt(1), guards=KEEP)
    assert (on_hand(card), aside(card)) == (10, [("absurd", "5000005")])


def test_what_waits_and_cannot_be_believed_gives_way_to_its_correction() -> None:
    wild, right = receipt(2, 5_000_000), receipt(2, 4)
    assert posting(post(wild, guards=KEEP), right, KEEP).verdict is Verdict.PARKED
    card = post(wild, right, wild, receipt(1), guards=KEEP)
    assert (on_hand(card), aside(card)) == (9, [])


def test_both_halves_are_set_aside_or_none() -> None:
    wild = sent(5_000_000, sequence=1)
    card = post(wild, guards=KEEP)
    assert (balances(card), card.book.transfers if card.book else None) == ({}, {})
    right = post(sent(5, sequence=1), received(5), card=card, guards=KEEP)
    assert balances(right) == {("london", "available"): -5, ("leeds", "available"): 5}


def test_without_numbers_it_is_forgotten_until_it_is_told_right() -> None:
    wild = make_movement(quantity=ABSURD)
    card = post(wild, guards=KEEP)
    right = posting(card, make_movement(), KEEP)
    assert (right.verdict, on_hand(right.card), aside(right.card)) == (Verdict.COUNTED, 5, [])


def test_what_is_set_aside_is_never_too_old_to_count() -> None:
    wild = make_movement(movement_id="wild", quantity=ABSURD)
    newer = [
        make_movement(movement_id=f"m{n}", occurred_at=NOW + timedelta(seconds=n))
        for n in range(1, 27)
    ]
    card = post(wild, *newer, guards=KEEP)
    assert posting(card, wild, WIDE).verdict is Verdict.COUNTED


def test_what_takes_an_absurd_quantity_down_is_believed() -> None:
    card = post(make_level(on_hand=Decimal(1500)))
    less = make_movement(kind=K.SHIP, origin=spot(), destination=None, occurred_at=LATER)
    assert on_hand(posting(card, less, KEEP).card) == 1495
    more = make_movement(movement_id="m2", occurred_at=LATER)
    assert posting(card, more, KEEP).verdict is Verdict.DOUBTED


def test_many_that_move_within_one_position_are_not_absurd() -> None:
    card = post(make_level(on_hand=Decimal(900)))
    inside = make_movement(
        kind=K.PICK,
        quantity=Decimal(600),
        origin=spot(),
        destination=spot(status=S.RESERVED),
        occurred_at=LATER,
    )
    assert posting(card, inside, KEEP).verdict is Verdict.COUNTED


# its bounds


def test_no_more_is_set_aside_than_a_card_has_room_for() -> None:
    wild = [receipt(n, 5_000_000) for n in range(1, ASIDE_MAX + 1)]
    card = post(*wild, guards=KEEP)
    with pytest.raises(RejectedError) as refused:
        posting(card, receipt(ASIDE_MAX + 1, 5_000_000), KEEP)
    assert refused.value.remedy == "send a count of HAT-M at london that can be believed"
    assert posting(card, receipt(ASIDE_MAX + 1), KEEP).verdict is Verdict.COUNTED


def test_no_more_is_passed_over_than_a_card_has_room_for() -> None:
    card = post(make_level(sequence=0), guards=KEEP)
    for n in range(SKIPPED_MAX):
        card = post(make_level(on_hand=ABSURD, sequence=2 * n + 1), card=card, guards=KEEP)
        card = post(receipt(2 * n + 2), card=card, guards=KEEP)
    with pytest.raises(RejectedError):
        posting(card, make_level(on_hand=ABSURD, sequence=2 * SKIPPED_MAX + 1), KEEP)


# laws


@settings(max_examples=40)
@given(st.data())
def test_whatever_nonsense_is_told_between_each_movement_counts_once(data: st.DataObject) -> None:
    """Counts that nobody believes, at any number, change nothing of what movements come to."""
    history: History = data.draw(histories(numbered=True, longest=10))
    told = [one for one in history.told if isinstance(one, Movement)]
    wild = [
        make_level(location=place, on_hand=data.draw(st.sampled_from((ABSURD, Decimal(-1)))),
                   sequence=data.draw(st.integers(0, 6)))
        for place in data.draw(st.lists(st.sampled_from(("leeds", "london")), max_size=4))
    ]  # fmt: skip
    every: list[Entry] = [*told, *wild, *told[:2]]
    mixed = data.draw(st.permutations(every))
    card: StockCard | None = None
    for entry in mixed:
        card = posting(card, entry, KEEP).card
    assert balances(card) == balances(post(*told)) if told else balances(card) == {}
    assert card is None or gaps(card) == []


@settings(max_examples=40)
@given(st.data())
def test_believed_late_or_at_once_a_count_comes_to_the_same(data: st.DataObject) -> None:
    history: History = data.draw(histories(numbered=True, longest=10))
    moves = [one for one in history.told if isinstance(one, Movement)]
    at = data.draw(st.integers(0, len(moves)))
    place = data.draw(st.sampled_from(("leeds", "london")))
    number = max((m.sequence or 0 for m in moves[:at] if m.location == place), default=0)
    count = make_level(location=place, on_hand=Decimal(2000), sequence=number)
    every: list[Entry] = [*moves, count]
    told = data.draw(st.permutations(every))
    late = post(*told, guards=KEEP)
    late = post(count, card=late, guards=WIDE)
    assert balances(late) == balances(post(*told, guards=WIDE))
