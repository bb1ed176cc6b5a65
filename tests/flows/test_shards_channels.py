"""A hot article on two channels: each draws what it may sell by its own rules, and no more."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.reservations import Deal, dealing
from shared.flows import keys
from shared.flows.derive import Deriver
from shared.flows.heat import Heat
from shared.flows.reserve import Reservations
from shared.flows.shards import TOUCHED, Shards
from shared.model.facts import PriceCard
from shared.model.ids import Entity
from shared.model.reservation import Reservation
from shared.model.retailer import Retailer
from shared.ports import Put
from shared.settings import load_retailer
from tests.domain.world import MARKET_TOML, RETAILER_TOML
from tests.flows.test_shards import SKU, Sale
from tests.flows.world import World, base_price, order, stock_card

SUPPRESSED = """
[[stock_rules]]
channels = ["market"]
suppress = true
"""
BUFFER = """
[[stock_rules]]
channels = ["market"]
buffer = 10
"""
CAP = """
[[stock_rules]]
channels = ["market"]
cap = 100
"""
FIXED = """
[[allocations]]
name = "both"
by = "fixed"
parts = [{ channel = "market", units = 20 }, { channel = "shop", units = 0, weight = 1 }]
"""
SHARES = """
[[allocations]]
name = "both"
by = "share"
parts = [{ channel = "shop", weight = 3 }, { channel = "market", weight = 2 }]
"""


def retailer(rules: str = "", *, market: str = MARKET_TOML) -> Retailer:
    return load_retailer(RETAILER_TOML + market + rules)


@dataclass
class Shared(Sale):
    """`rules` may become others while a sale lasts, as by a deployment."""

    def container(self, ours: Retailer | None = None) -> Reservations:
        world = self.world
        rules = ours or world.retailer
        deriver = Deriver(world.store, world.queues, world.issues, world.clock, rules)
        shards = Shards(world.store, world.store, world.clock, Heat())
        return Reservations(world.store, world.clock, rules, world.cases, deriver, shards)

    def heat(self, channel: str = "shop") -> None:
        flow = self.container()
        flow.shards.deal(SKU, channel, lambda: flow._sellable.offers(SKU))  # noqa: SLF001

    def hot(self) -> tuple[str, ...]:
        return self.card().dealt_to

    def both(self, flow: Reservations, turns: int, units: int = 1) -> list[Reservation | None]:
        return [self.buy(flow, units, channel=("shop", "market")[i % 2]) for i in range(turns)]


def sale(rules: str = "", *, units: int = 800, market: str = MARKET_TOML) -> Shared:
    made = Shared(units, World(retailer(rules, market=market)))
    made.heat()
    return made


def test_a_channel_that_is_suppressed_gets_nothing_of_a_hot_article() -> None:
    made = sale(SUPPRESSED)
    flow = made.container()
    assert made.buy(flow)
    assert made.buy(flow, channel="market") is None
    assert made.hot() == ("shop",)
    assert made.held() == 1


def test_a_channel_that_sells_elsewhere_is_sold_from_there_and_the_article_stays_hot() -> None:
    north = MARKET_TOML.replace("market", "north").replace("london", "leeds")
    made = sale(market=north)
    flow = made.container()
    assert made.buy(flow)
    assert made.buy(flow, channel="north") is None
    card = stock_card(800, at=made.world.clock.now() + timedelta(seconds=1))
    leeds = card.positions[0].model_copy(update={"location": "leeds", "on_hand": Decimal(5)})
    made.world.apply(Entity.STOCK, card.model_copy(update={"positions": (*card.positions, leeds)}))
    found = made.buy(flow, 5, channel="north")
    assert found is not None
    assert [line.location for line in found.lines] == ["leeds"]
    assert made.hot() == ("shop",)


def test_an_allocation_holds_for_a_hot_article() -> None:
    made = sale(FIXED)
    flow = made.container()
    assert made.buy(flow)
    assert made.buy(flow, 21, channel="market") is None
    assert made.buy(flow, 20, channel="market") is not None
    assert made.hot() == ("shop",)
    assert made.held() == 21


@pytest.mark.parametrize("rules", ["", BUFFER, SHARES])
def test_channels_that_may_sell_much_draw_from_the_same_counters(rules: str) -> None:
    made = sale(rules)
    flow = made.container()
    assert made.buy(flow)  # reads the card, and learns that it is hot
    found = made.both(flow, 100)
    assert all(one is not None and one.drawn for one in found)
    assert made.hot() == ("shop", "market")


def test_what_a_buffer_leaves_is_sold_by_who_leaves_none() -> None:
    made = sale(BUFFER, units=100)
    flow = made.container()
    sold = [one.channel for one in made.both(flow, 44, 5) if one is not None]
    assert 5 * len(sold) == made.held() == 100
    assert sold[-2:] == ["shop", "shop"]


@pytest.mark.parametrize("channel", ["shop", "market"])
def test_who_may_sell_less_than_half_is_sold_what_it_may_and_no_unit_is_stranded(
    channel: str,
) -> None:
    made = sale(CAP, units=300)
    made.container().shards.gather(SKU)
    made.heat(channel)
    flow = made.container()
    assert made.buy(flow, 101, channel="market") is None
    sold = made.both(flow, 15, 20)
    assert None not in sold
    assert made.held() == made.reserved() == 300
    assert made.both(flow, 2) == [None, None]


def test_a_channel_whose_price_is_taken_away_draws_no_more_a_moment_later() -> None:
    made = sale()
    flow = made.container()
    made.both(flow, 2)
    price = base_price(1999).model_copy(update={"price_list": "other"})
    at = made.world.clock.now() + timedelta(seconds=1)
    made.world.apply(Entity.PRICE, PriceCard(source="erp", as_of=at, sku=SKU, conditions=(price,)))
    made.world.clock.at += TOUCHED
    assert len([one for one in made.both(flow, 10) if one]) <= 1
    assert made.hot() == ()


def test_a_rule_that_comes_while_an_article_is_hot_holds_a_moment_later() -> None:
    made = sale()
    made.both(made.container(), 2)
    flow = made.container(retailer(SUPPRESSED))
    assert made.buy(flow)
    made.world.clock.at += TOUCHED
    made.both(flow, 2)
    assert made.hot() == ()
    assert made.buy(flow, channel="market") is None
    assert made.buy(flow) is not None


def test_orders_that_leave_a_channel_less_than_is_dealt_have_it_gathered() -> None:
    made = sale(BUFFER)
    flow = made.container()
    made.both(flow, 2)
    made.world.capture.take(order((SKU, 700)))
    made.world.clock.at += TOUCHED
    sold = [one.channel for one in made.both(flow, 20, 14) if one is not None]
    assert 2 + 14 * len(sold) == 100
    assert made.held() == 800


def test_what_was_dealt_before_cards_said_to_whom_is_gathered() -> None:
    made = sale(SUPPRESSED)
    key = keys.hold(SKU)
    row = made.world.store.get([key])[key]
    old = {name: value for name, value in row.body.items() if name != "dealt_to"}
    made.world.store.commit([Put(key, old, row.rev)])
    flow = made.container()
    assert made.buy(flow, channel="market") is None
    assert made.card().dealt_at == "london"
    assert made.buy(flow) is not None
    assert made.card().dealt_at is None
    assert made.held() == 1


def test_what_is_dealt_is_what_each_who_may_draw_may_sell_by_itself() -> None:
    offers = {"shop": {"leeds": 9, "london": 100}, "market": {"london": 50}, "b2b": {"leeds": 99}}
    assert dealing(offers, "shop") == Deal("london", ("shop", "market"), 50)
    assert dealing(offers | {"market": {"london": 49}}, "shop") == Deal("london", ("shop",), 100)
    assert dealing(offers, "nobody") is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["shop", "market", "release", "gather", "heat", "heat market"]),
        st.integers(1, 40),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=15)
@given(st.sampled_from([SUPPRESSED, BUFFER, CAP, FIXED, SHARES]), STEPS)
def test_any_interleaving_of_two_channels_conserves_every_unit(
    rules: str, steps: list[tuple[str, int]]
) -> None:
    made = Shared(240, World(retailer(rules)))
    containers = [made.container() for _ in range(2)]
    bought: list[Reservation] = []
    for i, (step, n) in enumerate(steps):
        flow = containers[i % 2]
        if step in {"shop", "market"}:
            may = flow._sellable.offers(SKU)[step].get("london", 0)  # noqa: SLF001
            found = made.buy(flow, n, channel=step)
            bought += [found] if found else []
            assert (found is not None) == (n <= may)
        elif step == "release" and bought:
            flow.release(bought[n % len(bought)].reservation_id)
        elif step == "gather":
            flow.shards.gather(SKU)
        elif step.startswith("heat"):
            made.heat(step.removeprefix("heat ") if " " in step else "shop")
        assert made.held() == made.reserved() <= 240
