"""Reservations: all lines or none, the last unit once, let go exactly once, taken over whole."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.reservations import Short
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.heat import Heat
from shared.flows.reserve import Reservations, reservation_name
from shared.flows.shards import Shards
from shared.model.holds import HoldCard
from shared.model.ids import Entity, Facet
from shared.model.reservation import Reservation, ReservationRequest, ReservationState, Wish
from shared.ports import Put, Table, Write
from tests.factories import make_hold
from tests.fakes import MemoryStore
from tests.flows.world import World, order, stock_card


def forever() -> bool:
    return False


def reservations(world: World) -> Reservations:
    shards = Shards(world.store, world.store, world.clock, Heat())
    return Reservations(
        world.store, world.clock, world.retailer, world.cases, world.deriver, shards
    )


def wish(*lines: tuple[str, int], **over: object) -> ReservationRequest:
    wishes = tuple(Wish(sku=sku, quantity=units) for sku, units in lines or (("HAT-M", 1),))
    return ReservationRequest.model_validate({"channel": "shop", "lines": wishes} | over)


def name_of(key: str) -> str:
    return reservation_name("shopfront", key)


def taken(world: World, key: str, *lines: tuple[str, int], **over: object) -> Reservation:
    found = reservations(world).take(wish(*lines, **over), name=name_of(key))
    assert isinstance(found, Reservation)
    return found


def short(world: World, key: str, *lines: tuple[str, int], **over: object) -> list[Short]:
    found = reservations(world).take(wish(*lines, **over), name=name_of(key))
    assert isinstance(found, list)
    return found


def held(world: World, sku: str = "HAT-M") -> int:
    key = keys.hold(sku)
    row = world.store.get([key]).get(key)
    return sum(h.quantity for h in HoldCard.model_validate(row.body).holds.values()) if row else 0


def offered(world: World, sku: str = "HAT-M") -> int:
    world.derive()
    levels = world.target(Facet.STOCK, sku).desired["levels"]  # type: ignore[index,call-overload]
    assert isinstance(levels, dict)
    return sum(int(str(units)) for units in levels.values())


def test_what_is_reserved_is_offered_to_nobody_else() -> None:
    world = World()
    world.know("M", units=5)
    made = taken(world, "a", ("HAT-M", 2))
    assert [(line.location, line.quantity) for line in made.lines] == [("london", 2)]
    assert offered(world) == 3


def test_what_an_order_took_beyond_its_location_is_reserved_for_nobody_at_another() -> None:
    world = World()
    world.know("M")
    card = stock_card(2, at=world.clock.now() + timedelta(seconds=1))
    leeds = card.positions[0].model_copy(update={"location": "leeds", "on_hand": Decimal(5)})
    world.apply(Entity.STOCK, card.model_copy(update={"positions": (*card.positions, leeds)}))
    hold = make_hold(location="london", quantity=4)
    body = HoldCard(sku="HAT-M", holds={"shop:77/1": hold}).model_dump(mode="json")
    world.store.commit([Put(keys.hold("HAT-M"), body, 0)])
    assert short(world, "a", ("HAT-M", 4))
    made = taken(world, "b", ("HAT-M", 3))
    assert [(line.location, line.quantity) for line in made.lines] == [("leeds", 3)]
    assert offered(world) == 0


def test_the_last_unit_goes_to_one_of_two() -> None:
    world = World()
    world.know("M", units=1)
    taken(world, "a")
    (missing,) = short(world, "b")
    assert (missing.line, missing.wish.sku, missing.available) == (1, "HAT-M", 0)


def test_a_short_line_keeps_the_others_from_being_held() -> None:
    world = World()
    world.know("M", "L", units=3)
    (missing,) = short(world, "a", ("HAT-M", 1), ("HAT-L", 4))
    assert (missing.line, missing.available) == (2, 3)
    assert held(world) == held(world, "HAT-L") == 0
    assert not world.store.query(Table.ORDERS, keys.reservation(name_of("a")).pk)


def test_two_lines_of_one_article_share_what_there_is() -> None:
    world = World()
    world.know("M", units=3)
    (missing,) = short(world, "a", ("HAT-M", 2), ("HAT-M", 2))
    assert (missing.line, missing.available) == (2, 1)


def test_a_repeat_is_answered_with_the_reservation_and_holds_nothing_more() -> None:
    world = World()
    world.know("M", units=5)
    first = taken(world, "a", ("HAT-M", 2))
    assert taken(world, "a", ("HAT-M", 2)) == first
    assert held(world) == 2


def test_a_key_is_good_for_one_body() -> None:
    world = World()
    world.know("M", units=5)
    taken(world, "a", ("HAT-M", 2))
    with pytest.raises(RejectedError) as refused:
        taken(world, "a", ("HAT-M", 3))
    assert (refused.value.code, refused.value.field) == ("key_reused", "Idempotency-Key")


def test_what_is_not_on_sale_cannot_be_reserved() -> None:
    world = World()
    world.stock(5)
    assert short(world, "a")[0].available == 0


def test_a_release_gives_back_once() -> None:
    world = World()
    world.know("M", units=5)
    taken(world, "a", ("HAT-M", 2))
    taken(world, "b", ("HAT-M", 1))
    for _ in range(2):
        ended = reservations(world).release(name_of("a"))
        assert ended is not None
        assert ended.state is ReservationState.RELEASED
        assert held(world) == 1
    assert offered(world) == 4


def test_an_expired_reservation_is_let_go_and_not_before() -> None:
    world = World()
    world.know("M", units=5)
    taken(world, "a", ("HAT-M", 2), expires_in_s=60)
    world.clock.advance(seconds=59)
    assert reservations(world).expire(out_of_time=forever) == 0
    world.clock.advance(seconds=1)
    assert reservations(world).expire(out_of_time=forever) == 1
    assert reservations(world).expire(out_of_time=forever) == 0
    assert held(world) == 0
    with pytest.raises(RejectedError, match="expired"):
        reservations(world).commit(name_of("a"), "77")


def test_an_order_takes_its_reservation_over() -> None:
    world = World()
    world.know("M", "L", units=5)
    taken(world, "a", ("HAT-M", 2), ("HAT-L", 1), order="77")
    world.capture.take(order(("HAT-M", 2)))
    assert (held(world), held(world, "HAT-L")) == (2, 0)
    found = reservations(world).find(name_of("a"))
    assert found is not None
    assert found.state is ReservationState.COMMITTED
    world.clock.advance(hours=1)
    assert reservations(world).expire(out_of_time=forever) == 0
    assert held(world) == 2


def test_a_reservation_is_bound_to_an_order_that_came_first() -> None:
    world = World()
    world.know("M", units=5)
    taken(world, "a", ("HAT-M", 2))
    world.capture.take(order(("HAT-M", 2)))
    assert held(world) == 4
    bound = reservations(world).commit(name_of("a"), "77")
    assert bound is not None
    assert bound.state is ReservationState.COMMITTED
    assert held(world) == 2
    assert reservations(world).commit(name_of("a"), "77") == bound


def test_a_bound_reservation_waits_for_its_order_and_not_for_ever() -> None:
    world = World()
    world.know("M", units=5)
    taken(world, "a", ("HAT-M", 2), expires_in_s=60)
    reservations(world).commit(name_of("a"), "77")
    world.clock.advance(hours=2)
    assert reservations(world).expire(out_of_time=forever) == 0
    world.clock.advance(hours=23)
    assert reservations(world).expire(out_of_time=forever) == 1
    assert held(world) == 0


def test_a_committed_reservation_is_given_back_by_its_order_alone() -> None:
    world = World()
    world.know("M", units=5)
    taken(world, "a", order="77")
    world.capture.take(order(("HAT-M", 1)))
    with pytest.raises(RejectedError) as refused:
        reservations(world).release(name_of("a"))
    assert refused.value.remedy is not None
    assert "cancel the order" in refused.value.remedy
    cancelled = world.clock.now() + timedelta(seconds=1)
    world.capture.take(order(("HAT-M", 1), cancelled_at=cancelled, updated_at=cancelled))
    assert held(world) == 0


def test_an_order_that_is_placed_cannot_be_reserved_for() -> None:
    world = World()
    world.know("M", units=5)
    world.capture.take(order(("HAT-M", 1)))
    with pytest.raises(RejectedError) as refused:
        taken(world, "a", order="77")
    assert (refused.value.code, refused.value.field) == ("ordered", "order")


def test_an_order_can_be_reserved_for_again_once_its_reservation_has_expired() -> None:
    world = World()
    world.know("M", units=1)
    taken(world, "a", order="77", expires_in_s=30)
    with pytest.raises(RejectedError):
        taken(world, "b", order="77")
    world.clock.advance(minutes=1)
    reservations(world).expire(out_of_time=forever)
    taken(world, "b", order="77")
    world.capture.take(order(("HAT-M", 1)))
    assert held(world) == 1


def test_what_nobody_reserved_is_not_found() -> None:
    world = World()
    assert reservations(world).find("nothing") is None
    assert reservations(world).release("nothing") is None
    assert reservations(world).commit("nothing", "77") is None


class Busy(MemoryStore):
    """Somebody else writes the card between every read and the write that follows it."""

    def commit_together(self, writes: Sequence[Write]) -> bool:
        del writes
        return False


def test_who_loses_every_race_is_told_to_come_back() -> None:
    world = World()
    world.know("M", units=5)
    busy = Busy()
    busy._rows = world.store._rows  # noqa: SLF001 - the same rows, never won
    shards = Shards(busy, busy, world.clock, Heat())
    flow = Reservations(busy, world.clock, world.retailer, world.cases, world.deriver, shards)
    for act in (
        lambda: flow.take(wish(), name=name_of("b")),
        lambda: flow.release(name_of("a")),
        lambda: flow.commit(name_of("a"), "78"),
    ):
        taken(world, "a")
        with pytest.raises(RetryableError) as error:
            act()
        assert error.value.after is not None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "release", "commit", "capture", "cancel", "expire", "stock"]),
        st.integers(0, 3),
        st.integers(1, 3),
    ),
    max_size=14,
)


@given(STEPS)
def test_any_interleaving_holds_what_is_open_and_never_promises_more_than_lies_there(
    steps: list[tuple[str, int, int]],
) -> None:
    """Placed and let go exactly once: cards say what open reservations and orders say, always."""
    world = World()
    world.know("M", "L", units=4)
    flow = reservations(world)
    for step, who, units in steps:
        before = {sku: held(world, sku) for sku in ("HAT-M", "HAT-L")}
        _play(world, flow, step, str(who), units)
        for sku, was in before.items():
            assert held(world, sku) == _promised(world, sku)
            if step == "take":
                assert held(world, sku) <= max(was, 4)


def _play(world: World, flow: Reservations, step: str, who: str, units: int) -> None:
    try:
        if step == "take":
            flow.take(wish(("HAT-M", units), ("HAT-L", 1), expires_in_s=60), name=name_of(who))
        elif step == "release":
            flow.release(name_of(who))
        elif step == "commit":
            flow.commit(name_of(who), who)
        elif step == "capture":
            world.capture.take(order(("HAT-M", units), external_id=who))
        elif step == "cancel" and world.cases.find(f"shop:{who}"):
            at = world.clock.now()
            gone = order(("HAT-M", units), external_id=who, cancelled_at=at, updated_at=at)
            world.capture.take(gone)
        elif step == "expire":
            world.clock.advance(minutes=1)
            flow.expire(out_of_time=forever)
        else:
            world.stock(4)
    except RejectedError:
        pass


def _promised(world: World, sku: str) -> int:
    """Units of open reservations and orders, from these themselves."""
    found = 0
    for who in map(str, range(4)):
        known = reservations(world).find(name_of(who))
        if known and known.open:
            found += sum(line.quantity for line in known.lines if line.sku == sku)
        case = world.cases.find(f"shop:{who}")
        if case and case.case.state != "cancelled":
            found += sum(x.quantity for x in case.case.order.lines if x.sku == sku)
    return found
