"""A kit and its components at checkouts: of units that both are made of, each is promised once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.reservations import Short
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.heat import Heat
from shared.flows.reserve import Reservations, reservation_name
from shared.flows.sellable import touched
from shared.flows.shards import Shards
from shared.model.case import HoldReason
from shared.model.holds import HoldCard
from shared.model.kits import KitLinks
from shared.model.reservation import Reservation, ReservationRequest, Wish
from shared.ports import Write
from tests.fakes import MemoryStore
from tests.flows.test_kits import SET, quiet, selling
from tests.flows.world import World, order

TAKES = {
    "HAT-M": {"HAT-M": 1, "CAP-M": 0},
    "CAP-M": {"HAT-M": 0, "CAP-M": 1},
    "SET-M": {"HAT-M": 2, "CAP-M": 1},
    "BOX-M": {"HAT-M": 3, "CAP-M": 0},
}
BOX = {"sku": "BOX-M", "components": [{"sku": "HAT-M", "quantity": 3}]}


@dataclass
class Till:
    """What checkouts sell of a set, a box, and the hat and the cap they are made of.

    Nothing that follows from a promise is derived before the next, unless a test does so.
    """

    world: World
    there: dict[str, int]
    made: list[Reservation] = field(default_factory=list)
    count: int = 0

    def container(self, store: MemoryStore | None = None) -> Reservations:
        world, rows = self.world, store or self.world.store
        shards = Shards(rows, rows, world.clock, Heat())
        return Reservations(rows, world.clock, world.retailer, world.cases, world.deriver, shards)

    def ask(
        self, *lines: tuple[str, int], flow: Reservations | None = None
    ) -> Reservation | list[Short]:
        self.count += 1
        wishes = tuple(Wish(sku=sku, quantity=units) for sku, units in lines)
        wish = ReservationRequest(channel="shop", lines=wishes)
        name = reservation_name("shopfront", str(self.count))
        found = (flow or self.container()).take(wish, name=name)
        self.made += [found] if isinstance(found, Reservation) else []
        return found

    def heat(self, sku: str) -> None:
        """As who loses races for it does."""
        wish = ReservationRequest(channel="shop", lines=(Wish(sku=sku, quantity=1),))
        self.container()._heat_up(wish)  # noqa: SLF001

    def card(self, sku: str) -> HoldCard:
        key = keys.hold(sku)
        return HoldCard.model_validate(self.world.store.get([key])[key].body)

    def sold(self, part: str = "HAT-M") -> int:
        """Units of a component that reservations have, by these themselves."""
        now = [self.container().find(one.reservation_id) for one in self.made]
        lines = [line for one in now if one is not None and one.open for line in one.lines]
        return sum(line.quantity * TAKES[line.sku][part] for line in lines)

    def fits(self, lines: Iterable[tuple[str, int]]) -> bool:
        """Whether there is as much as is asked for."""
        asked = list(lines)
        return all(
            self.sold(part) + sum(units * TAKES[sku][part] for sku, units in asked) <= there
            for part, there in self.there.items()
        )


def till(hats: int, caps: int = 1000, *, oversold: str = "accept") -> Till:
    world = selling(SET, BOX, oversold=oversold)
    world.stock(hats, "HAT-M")
    world.stock(caps, "CAP-M")
    quiet(world)
    return Till(world, {"HAT-M": hats, "CAP-M": caps})


def got(found: Reservation | list[Short]) -> bool:
    return isinstance(found, Reservation)


def test_units_a_kit_took_a_moment_ago_are_promised_to_nobody_else() -> None:
    made = till(hats=4)
    assert got(made.ask(("SET-M", 2)))
    assert not got(made.ask(("HAT-M", 1)))


def test_units_a_component_took_a_moment_ago_are_in_no_kit() -> None:
    made = till(hats=4)
    assert got(made.ask(("HAT-M", 3)))
    assert not got(made.ask(("SET-M", 1)))
    assert got(made.ask(("HAT-M", 1)))


def test_two_kits_of_one_component_share_what_there_is() -> None:
    made = till(hats=4)
    assert got(made.ask(("BOX-M", 1)))
    assert not got(made.ask(("SET-M", 1)))


def test_a_kit_and_its_component_in_one_basket_share_what_there_is() -> None:
    made = till(hats=4)
    for lines, left in (((("SET-M", 1), ("HAT-M", 3)), 2), ((("HAT-M", 3), ("SET-M", 1)), 0)):
        found = made.ask(*lines)
        assert isinstance(found, list)
        assert [(short.line, short.available) for short in found] == [(2, left)]
    assert got(made.ask(("SET-M", 1), ("HAT-M", 2)))


class Overtaken(MemoryStore):
    """Somebody else is faster once: `before` is done when all is read and nothing is written."""

    before: Callable[[], object] | None = None

    def commit_together(self, writes: Sequence[Write]) -> bool:
        before, self.before = self.before, None
        if before is not None:
            before()
        return super().commit_together(writes)


@pytest.mark.parametrize(
    ("slow", "fast"),
    [("SET-M", "HAT-M"), ("HAT-M", "SET-M"), ("SET-M", "BOX-M"), ("BOX-M", "SET-M")],
)
def test_who_looked_before_another_promised_looks_again(slow: str, fast: str) -> None:
    made = till(hats=3)
    store = Overtaken()
    store._rows = made.world.store._rows  # noqa: SLF001 - the same rows
    flow = made.container(store)
    store.before = lambda: others.append(got(made.ask((fast, 3 // TAKES[fast]["HAT-M"]))))
    others: list[bool] = []
    assert not got(made.ask((slow, 3 // TAKES[slow]["HAT-M"]), flow=flow))
    assert others == [True]


def test_a_kit_is_not_made_of_what_the_counters_of_a_hot_component_give_out() -> None:
    made = till(hats=200)
    made.heat("HAT-M")
    flow = made.container()
    assert got(made.ask(("HAT-M", 1), flow=flow))  # learns that it is hot
    assert got(made.ask(("HAT-M", 20), flow=flow))
    assert made.card("HAT-M").dealt_at == "london"
    assert got(made.ask(("SET-M", 80)))
    assert made.sold() == 1 + 20 + 160
    while got(made.ask(("HAT-M", 1), flow=flow)):
        assert made.sold() <= 200
    assert made.sold() == 200


def test_a_component_is_not_sold_of_what_the_counters_of_a_hot_kit_give_out() -> None:
    made = till(hats=400)
    made.heat("SET-M")
    assert made.card("SET-M").dealt_at == "london"
    flow = made.container()
    for _ in range(3):
        assert got(made.ask(("SET-M", 1), flow=flow))
    assert made.card("SET-M").dealt_at == "london"
    assert got(made.ask(("HAT-M", 394)))
    assert not got(made.ask(("SET-M", 1), flow=flow))
    assert made.sold() == 400


@pytest.mark.parametrize("last", ["HAT-M", "SET-M"])
def test_what_a_kit_promised_a_moment_ago_is_not_dealt_to_counters(last: str) -> None:
    made = till(hats=400)
    assert got(made.ask(("SET-M", 100)))
    made.heat("HAT-M")
    flow = made.container()
    while got(made.ask((last, 20 // TAKES[last]["HAT-M"]), flow=flow)):
        assert made.sold() <= 400
    assert made.sold() == 400


def test_more_components_than_one_transaction_takes_are_refused_by_name() -> None:
    kin = {"SET-M": KitLinks(components=tuple(f"PART-{i}" for i in range(98)))}
    assert len(touched(kin, {}, 2)) == 98
    with pytest.raises(RejectedError) as refused:
        touched(kin, {}, 3)
    assert (refused.value.field, refused.value.value) == ("lines", "98")
    assert "at most 97 components" in str(refused.value.remedy)


def test_of_two_orders_for_the_last_unit_a_moment_apart_the_later_waits() -> None:
    """One took it as a kit, the other as the component: the shop sold both."""
    for first, then in (("SET-M", "HAT-M"), ("HAT-M", "SET-M"), ("BOX-M", "SET-M")):
        made = till(hats=TAKES[first]["HAT-M"], oversold="hold")
        one = made.world.capture.take(order((first, 1), external_id="1", total=1999))
        made.world.clock.advance(seconds=1)
        two = made.world.capture.take(order((then, 1), external_id="2", total=1999))
        assert (one.holds, two.holds) == ((), (HoldReason.STOCK,)), (first, then)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy", "buy", "basket", "heat", "gather", "release", "derive"]),
        st.sampled_from(["HAT-M", "CAP-M", "SET-M", "BOX-M"]),
        st.sampled_from(["HAT-M", "CAP-M", "SET-M", "BOX-M"]),
        st.integers(1, 30),
    ),
    max_size=12,
)


@settings(max_examples=20)
@given(STEPS)
def test_any_interleaving_promises_each_unit_once_and_strands_none(
    steps: list[tuple[str, str, str, int]],
) -> None:
    made = till(hats=300, caps=150)
    flows = [made.container() for _ in range(2)]
    for i, (what, sku, other, units) in enumerate(steps):
        flow = flows[i % 2]
        if what in {"buy", "basket"}:
            lines = [(sku, units), (other, units)][: 1 + (what == "basket")]
            there = made.fits(lines)
            assert got(made.ask(*lines, flow=flow)) == there
        elif what == "release" and made.made:
            flow.release(made.made[units % len(made.made)].reservation_id)
        elif what == "heat":
            made.heat(sku)
        elif what == "gather":
            flow.shards.gather(sku)
        elif what == "derive":
            quiet(made.world)
        assert made.sold("HAT-M") <= 300
        assert made.sold("CAP-M") <= 150
