"""Articles with more open orders than one row can say: every unit is held, and let go once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.availability import held_at
from shared.domain.hold_pages import Sizes
from shared.errors import RetryableError
from shared.flows import hold_pages, keys
from shared.flows.hold_pages import whole_card
from shared.flows.holds import write_holds
from shared.flows.trace import Tracer
from shared.model.case import Case, CaseState
from shared.model.holds import HoldCard, HoldPage
from shared.model.reservation import ReservationState
from shared.ports import Delete, Key, Put, Row, Table, Write
from tests.domain.world import NOW
from tests.factories import make_case
from tests.flows.test_oversold import swept
from tests.flows.test_oversold import taken as ordered
from tests.flows.test_oversold import world as overselling
from tests.flows.test_reserve import name_of, reservations, taken
from tests.flows.world import World, order
from tests.simulation.standins import swapped

SKU = "HAT-M"
SMALL = Sizes(card=4, page=2, few=0)


@pytest.fixture
def small() -> Iterator[None]:
    """Pages of few holds, so that few orders need them."""
    with swapped(hold_pages, {"SIZES": SMALL}):
        yield


def card_of(world: World, sku: str = SKU) -> HoldCard:
    key = keys.hold(sku)
    row = world.store.get([key]).get(key)
    return HoldCard.model_validate(row.body) if row else HoldCard(sku=sku)


def pages_in(world: World, sku: str = SKU) -> dict[str, HoldPage]:
    """Pages that are not over, by name."""
    pages = {
        put.key.pk.rsplit("#", 1)[1]: HoldPage.model_validate(put.body)
        for put in page_puts(world, sku)
    }
    return {name: page for name, page in pages.items() if page.holds}


def page_puts(world: World, sku: str = SKU) -> list[Put]:
    """How each page was written last."""
    rows = world.store._rows  # noqa: SLF001 - from outside
    return [stored.put for key, stored in rows.items() if key.pk.startswith(f"holds#{sku}#")]


def whole(world: World, sku: str = SKU) -> dict[str, int]:
    """Units by hold, wherever it lies; the card names every page there is, and no other."""
    card, pages = card_of(world, sku), pages_in(world, sku)
    assert card.pages.keys() == pages.keys()
    key = keys.hold(sku)
    rows = world.store.get([key])
    holds = whole_card(world.store, rows[key]).holds if key in rows else {}
    return {name: hold.quantity for name, hold in holds.items()}


@dataclass
class Orders:
    """Cases whose holds are written; `held` is what they come to."""

    world: World = field(default_factory=World)
    cases: dict[int, Case] = field(default_factory=dict)

    def place(self, number: int, *units: int) -> None:
        made = order(*((SKU, each) for each in units), external_id=str(number))
        lines = tuple(line.model_copy(update={"sku": SKU}) for line in made.lines)
        self.cases[number] = make_case(
            order=made.model_copy(update={"lines": lines}),
            state=CaseState.RELEASED,
            captured_at=NOW + timedelta(seconds=number),
            skus=(SKU,),
        )
        self.write(number)

    def cancel(self, number: int) -> None:
        update = {"state": CaseState.CANCELLED}
        self.cases[number] = self.cases[number].model_copy(update=update)
        self.write(number)

    def write(self, number: int) -> None:
        assert write_holds(self.world.store, self.world.retailer, self.cases[number])

    @property
    def held(self) -> int:
        open_ = [case for case in self.cases.values() if case.state is CaseState.RELEASED]
        return sum(line.quantity for case in open_ for line in case.order.lines)


def test_thousands_of_open_lines_of_one_article_are_held_and_let_go_in_any_order() -> None:
    """More than a row of 400 KB has room for."""
    shop = Orders()
    for number in range(20):
        shop.place(number, *[1 + number % 3] * 190)
        assert held_at(card_of(shop.world)) == {"london": shop.held}
    assert len(whole(shop.world)) == 3800
    for number in Random(7).sample(range(20), 20):
        shop.cancel(number)
        assert held_at(card_of(shop.world)).get("london", 0) == shop.held
    assert whole(shop.world) == {}


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("place", "cancel", "again")),
            st.integers(0, 9),
            st.lists(st.integers(1, 3), min_size=1, max_size=3),
        ),
        max_size=25,
    )
)
def test_whatever_orders_do_the_card_tells_what_they_hold(
    steps: list[tuple[str, int, list[int]]],
) -> None:
    shop = Orders()
    with swapped(hold_pages, {"SIZES": SMALL}):
        for step, number, units in steps:
            if step == "place":
                shop.place(number, *units)
            elif number in shop.cases:
                (shop.cancel if step == "cancel" else shop.write)(number)
            assert held_at(card_of(shop.world)).get("london", 0) == shop.held
            assert sum(whole(shop.world).values()) == shop.held


@pytest.mark.usefixtures("small")
def test_what_is_held_already_is_not_written_again() -> None:
    shop = Orders()
    for number in range(10):
        shop.place(number, 1)
    before = list(shop.world.store.written)
    for number in range(10):
        shop.write(number)
    assert shop.world.store.written == before


def reads_of(world: World) -> list[list[Key]]:
    """What is asked of the store from now on."""
    reads: list[list[Key]] = []
    get = world.store.get

    def noted(keys: Iterable[Key]) -> dict[Key, Row]:
        reads.append([*keys])
        return get(reads[-1])

    world.store.get = noted  # type: ignore[method-assign]
    return reads


def test_a_card_with_room_costs_one_read_and_one_write() -> None:
    shop = Orders()
    reads = reads_of(shop.world)
    for number in range(100):
        shop.place(number, 1)
    assert reads == [[keys.hold(SKU), keys.reserved(f"shop:{n}")] for n in range(100)]
    assert shop.world.store.written == [keys.hold(SKU)] * 100


@pytest.mark.usefixtures("small")
def test_an_order_that_comes_or_ends_reads_no_page_but_its_own() -> None:
    shop = Orders()
    reads = reads_of(shop.world)
    for number in range(20):
        shop.place(number, 1)
    assert {len(asked) for asked in reads} == {2}
    reads.clear()
    shop.cancel(0)
    assert reads[1:] == [[keys.hold_page(SKU, "1")]]


@pytest.mark.usefixtures("small")
def test_a_page_that_cannot_be_found_is_never_read_as_nothing_held() -> None:
    shop = Orders()
    for number in range(8):
        shop.place(number, 1)
    key = keys.hold_page(SKU, "1")
    shop.world.store.commit([Delete(key, 1)])
    assert held_at(card_of(shop.world)) == {"london": 8}
    cancelled = shop.cases[0].model_copy(update={"state": CaseState.CANCELLED})
    assert not write_holds(shop.world.store, shop.world.retailer, cancelled)
    row = shop.world.store.get([keys.hold(SKU)])[keys.hold(SKU)]
    with pytest.raises(RetryableError, match="HAT-M and its pages do not say the same"):
        whole_card(shop.world.store, row)
    shop.place(9, 1)
    assert held_at(card_of(shop.world)) == {"london": 9}


@pytest.mark.usefixtures("small")
def test_who_reads_a_page_that_was_written_meanwhile_reads_both_again() -> None:
    shop = Orders()
    for number in range(8):
        shop.place(number, 1)
    key = keys.hold(SKU)
    old = shop.world.store.get([key])[key]
    shop.cancel(0)
    shop.cancel(1)
    assert sum(h.quantity for h in whole_card(shop.world.store, old).holds.values()) == 6


@pytest.mark.usefixtures("small")
def test_what_is_emptied_is_forgotten_and_no_name_is_used_twice() -> None:
    shop = Orders()
    for number in range(8):
        shop.place(number, 1)
    names = set(card_of(shop.world).pages)
    for number in range(8):
        shop.cancel(number)
    puts = page_puts(shop.world)
    assert len(puts) == len(names)
    assert all(put.expires and put.expires < NOW + timedelta(minutes=1) for put in puts)
    for number in range(20, 28):
        shop.place(number, 1)
    assert not names & set(card_of(shop.world).pages)


def reserved_many(world: World, sizes: Sequence[str], pages: int) -> None:
    """A reservation of each of so many articles, of which the first have pages that it is on."""
    taken(world, "a", *((f"HAT-{size}", 1) for size in sizes))
    world.clock.advance(seconds=1)
    for number in range(4):
        for size in sizes[:pages]:
            world.clock.advance(seconds=1)
            taken(world, f"{number}/{size}", (f"HAT-{size}", 1))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("pages", [3, 25])
def test_reservations_on_pages_are_given_back_once_also_if_that_is_too_much_for_a_transaction(
    pages: int,
) -> None:
    world = World()
    sizes = [f"{n:02}" for n in range(80)]
    world.know(*sizes, units=9)
    reserved_many(world, sizes, pages)
    assert all(f"reservation:{name_of('a')}/{n + 1}" in whole(world, f"HAT-{size}")
               for n, size in enumerate(sizes))  # fmt: skip
    on_pages = [size for size in sizes if pages_in(world, f"HAT-{size}")]
    assert len(on_pages) == pages
    flow = reservations(world)
    for _ in range(2):
        made = flow.release(name_of("a"))
        assert made is not None
        assert made.state is ReservationState.RELEASED
    left = [sum(whole(world, f"HAT-{size}").values()) for size in sizes]
    assert left == [4] * pages + [0] * (80 - pages)
    assert not world.store.due(Table.ORDERS, keys.RESERVATION_LANE, until=NOW)


@pytest.mark.usefixtures("small")
def test_who_gives_much_back_and_dies_is_finished_by_the_sweep() -> None:
    world = World()
    sizes = [f"{n:02}" for n in range(80)]
    world.know(*sizes, units=9)
    reserved_many(world, sizes, 25)
    commit, calls = world.store.commit_together, []

    def dying(writes: Sequence[Write]) -> bool:
        calls.append(len(writes))
        if len(calls) == 3:
            raise RetryableError("the table is busy")
        return commit(writes)

    world.store.commit_together = dying  # type: ignore[method-assign]
    with pytest.raises(RetryableError):
        reservations(world).release(name_of("a"))
    found = reservations(world).find(name_of("a"))
    assert found is not None
    assert found.state is ReservationState.ABANDONED
    world.capture.take(order((f"HAT-{sizes[0]}", 1)))
    reservations(world).expire(out_of_time=lambda: False)
    left = [sum(whole(world, f"HAT-{size}").values()) for size in sizes]
    assert left == [5] + [4] * 24 + [0] * 55


@pytest.mark.usefixtures("small")
def test_a_reservation_of_many_articles_makes_pages_only_where_a_transaction_has_room() -> None:
    world = World()
    sizes = [f"{n:02}" for n in range(80)]
    world.know(*sizes, units=9)
    for key in range(5):
        world.clock.advance(seconds=1)
        taken(world, str(key), *((f"HAT-{size}", 1) for size in sizes))
    assert sum(len(pages_in(world, f"HAT-{size}")) for size in sizes) == 19
    assert all(sum(whole(world, f"HAT-{size}").values()) == 5 for size in sizes)


@pytest.mark.usefixtures("small")
def test_an_order_of_many_articles_with_pages_holds_and_frees_each_of_them() -> None:
    world = World()
    sizes = [f"{n:02}" for n in range(60)]
    world.know(*sizes, units=20)
    skus = [f"HAT-{size}" for size in sizes]
    numbers = [str(n) for n in range(7)]
    for number in numbers:
        world.clock.advance(seconds=1)
        world.capture.take(order(*((sku, 1) for sku in skus), external_id=number))
    assert {sum(whole(world, sku).values()) for sku in skus} == {7}
    assert all(pages_in(world, sku) for sku in skus)
    for number in numbers:
        told = order(*((sku, 1) for sku in skus), external_id=number)
        at = told.updated_at + timedelta(minutes=1)
        world.capture.take(told.model_copy(update={"cancelled_at": at, "updated_at": at}))
    assert {sum(whole(world, sku).values()) for sku in skus} == {0}


@pytest.mark.usefixtures("small")
def test_an_order_takes_its_reservation_over_from_a_page() -> None:
    world = World()
    world.know("M", units=20)
    taken(world, "a", (SKU, 2))
    for key in range(8):
        world.clock.advance(seconds=1)
        taken(world, str(key), (SKU, 1))
    holder = f"reservation:{name_of('a')}/1"
    assert any(holder in page.holds for page in pages_in(world).values())
    reservations(world).commit(name_of("a"), "77")
    world.capture.take(order((SKU, 2)))
    held = whole(world)
    assert holder not in held
    assert held["shop:77/1"] == 2
    assert sum(held.values()) == 10


@pytest.mark.usefixtures("small")
def test_who_waits_for_stock_counts_for_those_that_came_later_also_on_pages() -> None:
    """The first of many that wait goes on with the first unit that comes, as with few."""
    there = overselling(units=1)
    for number in range(8):
        ordered(there, str(number))
    assert len(pages_in(there)) == 2
    assert whole(there) == {f"shop:{number}/1": 1 for number in range(8)}
    assert swept(there) == []
    there.know("M", "S", units=2)
    assert swept(there) == ["shop:1"]


@pytest.mark.usefixtures("small")
def test_the_trace_of_an_article_shows_every_hold() -> None:
    shop = Orders()
    for number in range(9):
        shop.place(number, 1)
    said = Tracer(shop.world.store, shop.world.retailer).sku(SKU)
    assert said is not None
    facts = said["facts"]
    assert isinstance(facts, dict)
    held = facts["holds"]
    assert isinstance(held, dict)
    assert held["held"] == {"london": 9}
    assert [hold["order_id"] for hold in held["holds"]] == [f"shop:{n}" for n in range(9)]  # type: ignore[union-attr,index,call-overload]


@pytest.mark.usefixtures("small")
def test_of_two_who_end_orders_of_one_page_the_slower_reads_again() -> None:
    shop = Orders()
    for number in range(8):
        shop.place(number, 1)
    commit = shop.world.store.commit_together

    def raced(writes: Sequence[Write]) -> bool:
        shop.world.store.commit_together = commit  # type: ignore[method-assign]
        shop.cancel(1)
        return commit(writes)

    shop.world.store.commit_together = raced  # type: ignore[method-assign]
    case = shop.cases[0].model_copy(update={"state": CaseState.CANCELLED})
    assert not write_holds(shop.world.store, shop.world.retailer, case)
    shop.cases[0] = case
    shop.write(0)
    assert whole(shop.world) == {f"shop:{n}/1": 1 for n in range(2, 8)}
