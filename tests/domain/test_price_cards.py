"""Conditions told one by one: whatever order they come in, the newest telling of each stands."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.price_cards import CONDITIONS_MAX, ENDED_FOR, changes, merged, reread
from shared.model.facts import PriceCard, PriceChange
from shared.model.price import PriceCondition, Scale
from tests.factories import NOW, SKU, make_condition, make_money, make_price_card, make_window


def told(*conditions: PriceCondition, minutes: int = 0) -> PriceChange:
    at = NOW + timedelta(minutes=minutes)
    return PriceChange(source="erp", as_of=at, sku=SKU, conditions=conditions)


def condition(name: str, amount: int = 1999) -> PriceCondition:
    return make_condition(condition_id=name, amount=make_money(amount))


def amounts(card: PriceCard | None) -> dict[str, int]:
    assert card is not None
    return {c.condition_id: c.amount.amount for c in card.conditions}


def test_several_rows_of_one_sku_are_one_change_and_the_last_of_one_condition_counts() -> None:
    other = make_condition(sku="MUG")
    rows = [condition("A", 1), other, condition("B", 2), condition("A", 3)]
    found = changes(rows, source="erp", as_of=NOW)
    assert [change.sku for change in found] == [SKU, "MUG"]
    assert [c.amount.amount for c in found[0].conditions] == [3, 2]


def test_what_is_not_told_stays_as_it_was() -> None:
    card = merged(make_price_card(conditions=(condition("A", 1),)), told(condition("B", 2)))
    assert amounts(card) == {"A": 1, "B": 2}


def test_what_says_nothing_new_leaves_the_card_as_it_is() -> None:
    card = make_price_card(conditions=(condition("A"),))
    assert merged(card, told(condition("A"), minutes=5)) is card


def test_a_late_telling_counts_for_the_conditions_nobody_told_since() -> None:
    card = merged(None, told(condition("A", 2), minutes=5))
    card = merged(card, told(condition("A", 1), condition("B", 1), minutes=3))
    assert amounts(card) == {"A": 2, "B": 1}
    assert card is not None
    assert card.as_of == NOW + timedelta(minutes=5)


def test_a_whole_card_is_older_news_than_a_later_part_of_it() -> None:
    card = make_price_card(conditions=(condition("A", 1),))
    assert amounts(merged(card, told(condition("A", 2), minutes=-1))) == {"A": 1}
    assert amounts(merged(card, told(condition("A", 2), minutes=1))) == {"A": 2}


def test_what_ended_is_forgotten_only_once_no_message_could_bring_it_back() -> None:
    def ending(days: int) -> PriceCondition:
        end = NOW - ENDED_FOR + timedelta(days=days)
        return make_condition(condition_id=f"{days}", window=make_window(end=end))

    card = make_price_card(conditions=(ending(0), ending(1)))
    assert sorted(amounts(merged(card, told(condition("A"))))) == ["1", "A"]


def test_a_card_that_would_outgrow_its_row_is_not_made() -> None:
    full = make_price_card(conditions=tuple(condition(f"{i}") for i in range(CONDITIONS_MAX)))
    assert merged(full, told(condition("one more"))) is None
    assert merged(full, told(condition("7", 5))) is not None


def test_prices_by_quantity_take_room_in_a_row_too() -> None:
    scales = tuple(
        Scale(quantity=Decimal(units), unit="PC", amount=make_money(units))
        for units in range(2, 50)
    )
    rich = tuple(
        make_condition(condition_id=f"{i}", scales=scales) for i in range(CONDITIONS_MAX // 9)
    )
    assert merged(make_price_card(conditions=rich), told(condition("A"))) is not None
    more = tuple(make_condition(condition_id=f"more {i}", scales=scales) for i in range(len(rich)))
    assert merged(make_price_card(conditions=rich), told(*more)) is None
    assert reread(None, make_price_card(conditions=(*rich, *more))) is None


TELLINGS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(1, 3)), min_size=1, max_size=6
).map(lambda rows: [(i, name, amount) for i, (name, amount) in enumerate(rows)])


@given(tellings=TELLINGS, data=st.data())
def test_no_order_of_arrival_brings_back_what_a_later_telling_replaced(
    tellings: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    card = None
    for minute, name, amount in data.draw(st.permutations(tellings)):
        # Each value is one of its own: what is told again unchanged keeps its former time.
        card = merged(card, told(condition(name, amount * 100 + minute), minutes=minute))
    newest = {name: amount * 100 + minute for minute, name, amount in tellings}
    assert amounts(card) == newest


# read whole and told one by one

NAMES = st.sampled_from(["A", "B", "C"])
SAID = st.dictionaries(NAMES, st.integers(1, 3), max_size=3)


@given(st.lists(st.tuples(st.booleans(), SAID), max_size=8))
def test_a_reading_replaces_what_was_read_and_leaves_what_was_told(
    events: list[tuple[bool, dict[str, int]]],
) -> None:
    """By hand: two books, of what was last read and of what was told since or besides."""
    card: PriceCard | None = None
    read: dict[str, int] = {}
    single: dict[str, int] = {}
    for minutes, (whole, said) in enumerate(events):
        conditions = tuple(condition(name, amount) for name, amount in said.items())
        if whole:
            at = NOW + timedelta(minutes=minutes)
            card = reread(card, make_price_card(conditions=conditions, as_of=at))
            read = said
            single = {name: amount for name, amount in single.items() if name not in said}
        else:
            card = merged(card, told(*conditions, minutes=minutes)) if said else card
            news = {n: a for n, a in said.items() if (read | single).get(n) != a}
            single |= news
    assert amounts(card or make_price_card(conditions=())) == read | single


def test_a_card_that_nothing_was_told_of_by_itself_is_the_reading() -> None:
    whole = make_price_card(conditions=(condition("A"),))
    assert reread(None, whole) is whole
    assert reread(make_price_card(conditions=(condition("B"),)), whole) is whole
