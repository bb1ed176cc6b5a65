"""Holds on cards and pages: however they come and go, the card alone says how many units it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.availability import held_at
from shared.domain.hold_pages import SIZES, Holds, Sizes, closed, held, opened, pages_of
from shared.domain.reservations import without_holds
from shared.model.holds import Hold, HoldCard, Paged
from tests.domain.world import NOW
from tests.factories import make_hold

SMALL = Sizes(card=5, page=3, few=1)
PLACES = ("london", "leeds")


def holds(*numbers: int, place: str = "london", minute: int | None = None) -> dict[str, Hold]:
    """One of each number, held since its minute or all since this one."""
    made = [
        make_hold(
            order_id=f"shop:{n}",
            location=place,
            quantity=n + 1,
            since=NOW + timedelta(minutes=n if minute is None else minute),
        )
        for n in numbers
    ]
    return {f"{one.order_id}/{one.line_id}": one for one in made}


@dataclass
class Shelf:
    """A card with its pages as rows keep them, and beside it everything that is held."""

    card: HoldCard = field(default_factory=lambda: HoldCard(sku="HAT-M"))
    pages: dict[str, Holds] = field(default_factory=dict)
    model: dict[str, Hold] = field(default_factory=dict)

    def change(self, order: int, lines: Mapping[str, Hold], *, room: int = 9) -> int:
        """Hold these lines of an order and no others of it; how many of its pages were read."""
        since = NOW + timedelta(minutes=order)
        names = pages_of(self.card, [since])
        read = {name: self.pages[name] for name in names}
        whole = opened(self.card, read)
        assert whole is not None
        kept = without_holds(f"shop:{order}", whole)
        changed = kept.model_copy(update={"holds": {**kept.holds, **lines}})
        self.card, written = closed(changed, read, room=room, sizes=SMALL)
        self.pages |= written
        self.model = {
            name: one for name, one in self.model.items() if one.order_id != f"shop:{order}"
        } | dict(lines)
        return len(names)

    @property
    def whole(self) -> dict[str, Hold]:
        there = opened(self.card, {name: self.pages[name] for name in self.card.pages})
        assert there is not None
        return there.holds


def lines_of(order: int, units: list[int]) -> dict[str, Hold]:
    since = NOW + timedelta(minutes=order)
    return {
        f"shop:{order}/{n}": make_hold(
            order_id=f"shop:{order}",
            line_id=str(n),
            location=PLACES[(order + n) % 2],
            quantity=quantity,
            since=since,
        )
        for n, quantity in enumerate(units)
        if quantity
    }


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.lists(st.integers(0, 3), max_size=4), st.integers(0, 2)),
        max_size=25,
    )
)
def test_a_card_says_what_is_held_and_nothing_is_lost_or_kept(
    changes: list[tuple[int, list[int], int]],
) -> None:
    shelf = Shelf()
    for order, units, room in changes:
        shelf.change(order, lines_of(order, units), room=room)
        assert shelf.whole == shelf.model
        assert held_at(shelf.card) == held(shelf.model.values())
        assert shelf.card.at("leeds") == held(shelf.model.values()).get("leeds", 0)
        assert not any(page in shelf.card.pages for page, on in shelf.pages.items() if not on)
    for order in sorted({order for order, *_ in changes}, key=lambda n: n * 7 % 13):
        shelf.change(order, {})
    assert (shelf.card.holds, shelf.card.pages, held_at(shelf.card)) == ({}, {}, {})


def test_a_card_with_room_is_left_as_it_is() -> None:
    card = HoldCard(sku="HAT-M", holds=holds(*range(100)))
    assert closed(card, {}, room=99) == (card, {})
    assert "pages" not in card.model_dump(mode="json")
    assert "paged" not in card.model_dump(mode="json")


def test_what_is_too_much_for_a_card_goes_to_a_page_the_oldest_first() -> None:
    card, pages = closed(HoldCard(sku="HAT-M", holds=holds(*range(101))), {}, room=9)
    assert list(pages["1"]) == list(holds(*range(50)))
    assert list(card.holds) == list(holds(*range(50, 101)))
    first, last = NOW, NOW + timedelta(minutes=49)
    assert card.pages == {"1": Paged(held={"london": sum(range(51))}, first=first, last=last)}


def test_a_card_grown_before_there_were_pages_is_divided_as_far_as_there_is_room() -> None:
    card = HoldCard(sku="HAT-M", holds=holds(*range(400)))
    small, pages = closed(card, {}, room=4)
    assert (len(small.holds), len(pages), small.paged) == (200, 4, 4)
    rest, more = closed(small, {}, room=99)
    assert (len(rest.holds), list(more)) == (100, ["5", "6"])
    assert held_at(rest) == held_at(card)


def test_an_order_is_looked_for_only_where_it_may_be() -> None:
    shelf = Shelf()
    read = [shelf.change(n, lines_of(n, [1])) for n in range(60)]
    assert not any(read)
    assert len(shelf.card.pages) > 15
    assert [shelf.change(n, {}) for n in range(0, 60, 3)] <= [1] * 20
    assert len(shelf.whole) == 40


def test_what_is_left_of_many_pages_becomes_one_that_is_seldom_looked_at() -> None:
    """One order in three stays open for long, while others come and go."""
    shelf = Shelf()
    read = []
    for n in range(150):
        shelf.change(n, lines_of(n, [1]))
        if n >= 12 and n % 3:
            read.append(shelf.change(n - 12, {}))
    left = held_at(shelf.card)
    assert sum(left.values()) == len(shelf.model)
    assert len(shelf.card.pages) <= len(shelf.model) // (SMALL.few + 1)
    assert sum(read) / len(read) < 20


def test_a_page_that_is_not_what_its_card_says_is_not_believed() -> None:
    card, pages = closed(HoldCard(sku="HAT-M", holds=holds(*range(101))), {}, room=9)
    (page,) = pages.values()
    assert opened(card, {"1": page}) is not None
    assert opened(card, {"1": {name: page[name] for name in list(page)[1:]}}) is None
    assert opened(card, {"1": {}}) is None


def test_more_than_a_hundred_thousand_open_lines_of_one_article_fit() -> None:
    """The pages' names and what is said of them, and a full card, within 400 KB."""
    at = NOW.replace(microsecond=123_456)
    page = Paged(held={"london": 999, "leeds": 99}, first=at, last=at)
    names = {str(n): page for n in range(120_000 // SIZES.page)}
    card = HoldCard(sku="HAT-M", holds=holds(*range(SIZES.card)), pages=names)
    assert len(card.model_dump_json()) < 400_000
