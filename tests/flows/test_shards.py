"""An article that many check out at once: dealt, drawn from, gathered, and none stranded."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.availability import held_at
from shared.flows import keys
from shared.flows.heat import Heat
from shared.flows.reserve import PLANNED_FOR, Reservations, reservation_name, reservation_put
from shared.flows.shards import COUNTERS, HOT_FOR, TOUCHED, Shards, with_what_is_left
from shared.model.holds import HoldCard
from shared.model.reservation import Reservation, ReservationRequest, ReservationState, Wish
from shared.ports import Key, Row
from tests.flows.world import World, order

SKU = "HAT-M"


@dataclass
class Sale:
    """One article with so many units, and containers that sell it."""

    units: int
    world: World = field(default_factory=World)
    count: int = 0

    def __post_init__(self) -> None:
        self.world.know("M", units=self.units)

    def container(self) -> Reservations:
        world = self.world
        shards = Shards(world.store, world.store, world.clock, Heat())
        return Reservations(
            world.store, world.clock, world.retailer, world.cases, world.deriver, shards
        )

    def heat(self) -> None:
        flow = self.container()
        flow.shards.deal(SKU, "shop", lambda: {"shop": {"london": self.free()}})

    def buy(
        self, flow: Reservations, units: int = 1, *, channel: str = "shop"
    ) -> Reservation | None:
        self.count += 1
        wish = ReservationRequest(channel=channel, lines=(Wish(sku=SKU, quantity=units),))
        found = flow.take(wish, name=reservation_name("shopfront", str(self.count)))
        return found if isinstance(found, Reservation) else None

    def card(self) -> HoldCard:
        key = keys.hold(SKU)
        row = self.world.store.get([key]).get(key)
        return HoldCard.model_validate(row.body) if row else HoldCard(sku=SKU)

    def held(self) -> int:
        """Units that are promised: what the card holds, less what is left in counters."""
        key = keys.hold(SKU)
        rows = with_what_is_left(self.world.store, self.world.store.get([key]))
        card = HoldCard.model_validate(rows[key].body) if key in rows else None
        return held_at(card).get("london", 0)

    def free(self) -> int:
        return self.units - self.held()

    def reserved(self) -> int:
        """Units of the reservations that are open."""
        rows = [r for r in self.world.store._rows.values() if r.row.key.sk == "reservation"]  # noqa: SLF001
        known = [Reservation.model_validate(r.row.body) for r in rows]
        return sum(line.quantity for one in known if one.open for line in one.lines)


def test_a_hot_article_is_drawn_from_counters_and_its_card_is_left_alone() -> None:
    sale = Sale(800)
    sale.heat()
    flow = sale.container()
    assert sale.buy(flow)  # reads the card, and learns that it is hot
    rev = sale.world.store.get([keys.hold(SKU)])[keys.hold(SKU)].rev
    for _ in range(50):
        assert sale.buy(flow, 2)
    assert sale.world.store.get([keys.hold(SKU)])[keys.hold(SKU)].rev == rev
    assert sale.held() == 101


def test_the_last_unit_of_a_hot_article_is_sold_and_none_after_it() -> None:
    sale = Sale(100)
    sale.heat()
    containers = [sale.container() for _ in range(5)]
    sold = sum(sale.buy(containers[i % 5]) is not None for i in range(150))
    assert sold == 100
    assert sale.held() == sale.reserved() == 100
    assert sale.card().dealt_at is None


def test_who_wants_more_than_any_counter_has_gets_what_there_is() -> None:
    sale = Sale(100)
    sale.heat()
    flow = sale.container()
    assert sale.buy(flow)
    assert sale.buy(flow, 60) is not None
    assert sale.buy(flow, 40) is None
    assert sale.buy(flow, 39) is not None


def test_what_a_hot_reservation_gives_back_is_sold_again() -> None:
    sale = Sale(80)
    sale.heat()
    flow = sale.container()
    made = [sale.buy(flow) for _ in range(80)]
    assert sale.buy(flow) is None
    for one in made[:30]:
        assert one is not None
        for _ in range(2):
            assert flow.release(one.reservation_id) is not None
    assert sum(sale.buy(flow) is not None for _ in range(40)) == 30


def test_an_order_takes_over_what_was_drawn_for_it() -> None:
    sale = Sale(800)
    sale.heat()
    flow = sale.container()
    sale.buy(flow)
    made = sale.buy(flow, 2)
    assert made is not None
    assert made.drawn
    flow.commit(made.reservation_id, "77")
    sale.world.capture.take(order((SKU, 2)))
    found = flow.find(made.reservation_id)
    assert found is not None
    assert found.state is ReservationState.COMMITTED
    assert sale.held() == 3


def test_what_was_drawn_and_never_answered_goes_back_once() -> None:
    """A container draws and dies: a minute later the sweep gives the units back."""
    sale = Sale(800)
    sale.heat()
    flow = sale.container()
    made = sale.buy(flow)
    drawn = sale.buy(flow)
    assert made is not None
    assert drawn is not None
    key = keys.reservation(drawn.reservation_id)
    plan = drawn.model_copy(
        update={"state": ReservationState.PLANNED, "expires_at": sale.world.clock.now()}
    )
    row = sale.world.store.get([key])[key]
    sale.world.store.commit([reservation_put(plan, row.rev)])
    for _ in range(3):
        sale.container().expire(out_of_time=lambda: False)
    assert sale.held() == 1


def test_after_a_minute_all_is_gathered_and_what_channels_sold_is_counted() -> None:
    sale = Sale(400)
    sale.heat()
    flow = sale.container()
    sale.buy(flow)
    sale.world.capture.take(order((SKU, 300)))
    sale.world.clock.at += HOT_FOR
    sale.container().expire(out_of_time=lambda: False)
    assert sale.card().dealt_at is None
    assert sale.held() == 301
    assert sale.buy(sale.container(), 100) is None


@pytest.mark.parametrize("location", ["london", "leeds"])
def test_what_orders_took_of_it_is_no_longer_sold_a_moment_later(location: str) -> None:
    """Of 400 dealt in London 300 are ordered, there or in Leeds, where nothing lies."""
    sale = Sale(400)
    sale.heat()
    flow = sale.container()
    sale.buy(flow)
    line = order((SKU, 300)).lines[0].model_copy(update={"location": location})
    sale.world.capture.take(order(lines=(line,), total=300 * 1999))
    sale.world.clock.at += TOUCHED
    sold = sum(sale.buy(flow) is not None for _ in range(300))
    assert 1 + sold == 100


def test_several_articles_at_once_are_taken_from_cards() -> None:
    sale = Sale(100)
    sale.heat()
    sale.world.know("M", "L", units=100)
    wish = ReservationRequest(
        channel="shop", lines=(Wish(sku=SKU, quantity=2), Wish(sku="HAT-L", quantity=1))
    )
    made = sale.container().take(wish, name=reservation_name("shopfront", "two"))
    assert isinstance(made, Reservation)
    assert sale.held() == 2


def test_few_units_are_not_dealt() -> None:
    sale = Sale(10 * COUNTERS - 1)
    sale.heat()
    assert sale.card().dealt_at is None
    assert sale.world.store.get([keys.counter(SKU, "london", 0)]) == {}


def wish(units: int = 1) -> ReservationRequest:
    return ReservationRequest(channel="shop", lines=(Wish(sku=SKU, quantity=units),))


def test_a_repeat_that_overtakes_its_first_call_holds_the_units_once() -> None:
    """A caller that waits no longer asks again while the first call has drawn and not answered."""
    sale = Sale(800)
    sale.heat()
    flow, other = sale.container(), sale.container()
    sale.buy(flow)
    name = reservation_name("shopfront", "twice")
    draw = sale.world.store.draw

    def drawn_and_overtaken(key: Key, units: int, token: str, **over: Any) -> Row | None:
        found = draw(key, units, token, **over)
        sale.world.store.draw = draw  # type: ignore[method-assign]
        assert isinstance(other.take(wish(), name=name), Reservation)
        return found

    sale.world.store.draw = drawn_and_overtaken  # type: ignore[method-assign]
    assert flow.take(wish(), name=name) == other.find(name)
    assert sale.held() == sale.reserved() == 2
    flow.release(name)
    assert sale.held() == sale.reserved() == 1


def test_what_a_call_drew_before_it_died_is_held_as_long_as_was_asked() -> None:
    sale = Sale(800)
    sale.heat()
    flow = sale.container()
    sale.buy(flow)
    name = reservation_name("shopfront", "again")
    made = flow.take(wish(), name=name)
    assert isinstance(made, Reservation)
    soon = sale.world.clock.now() + PLANNED_FOR
    plan = made.model_copy(update={"state": ReservationState.PLANNED, "expires_at": soon})
    row = sale.world.store.get([keys.reservation(name)])[keys.reservation(name)]
    sale.world.store.commit([reservation_put(plan, row.rev)])
    assert sale.container().take(wish(), name=name) == made


STEPS = st.lists(
    st.tuples(st.sampled_from(["buy", "release", "gather", "heat", "expire"]), st.integers(1, 40)),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS)
def test_any_interleaving_conserves_every_unit(steps: list[tuple[str, int]]) -> None:
    """Promised is what open reservations say, always; never more than lies there."""
    sale = Sale(120)
    containers = [sale.container() for _ in range(3)]
    made: list[Reservation] = []
    for i, (step, n) in enumerate(steps):
        flow = containers[i % 3]
        if step == "buy":
            found = sale.buy(flow, n)
            made += [found] if found else []
        elif step == "release" and made:
            flow.release(made[n % len(made)].reservation_id)
        elif step == "gather":
            flow.shards.gather(SKU)
        elif step == "heat":
            sale.heat()
        elif step == "expire":
            sale.world.clock.advance(seconds=30)
            flow.expire(out_of_time=lambda: False)
        assert sale.held() == sale.reserved() <= 120
    rest = sale.free()
    assert not rest or sale.buy(sale.container(), rest) is not None
    assert sale.free() == 0
