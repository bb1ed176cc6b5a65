"""What holds for every retailer's rules and everything that may lie anywhere."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.allocation import dealt, division
from shared.domain.availability import Available
from shared.domain.doubt import Doubted
from shared.model.retailer import Retailer
from shared.model.steps import Step
from shared.model.stock import StockPosition
from shared.model.stock_rules import Allocation, Policy, StockRule, Unknown
from tests.domain import stock_worlds
from tests.domain.stock_worlds import PLACES, SHOPS, all_offers, pool_of, positions, promises
from tests.domain.world import NOW

WEIGHTS = st.lists(st.integers(0, 20), min_size=1, max_size=5)
OF_THE_POOL = frozenset({"safety_stock"})  # what no channel has for itself
HOURS = st.integers(0, 100).map(lambda minutes: NOW - timedelta(minutes=minutes))


def with_rule(ours: Retailer, **rule: object) -> Retailer:
    """One more rule, as narrow as any other and after it."""
    whose = {} if rule.keys() & OF_THE_POOL else {"channels": list(SHOPS)}
    added = StockRule.model_validate({"skus": ["HAT-M"], **whose} | rule)
    return ours.model_copy(update={"stock_rules": (*ours.stock_rules, added)})


def totals(found: dict[str, Available]) -> dict[str, int]:
    return {shop: sum(one.value.levels.values()) for shop, one in found.items()}


def free_of(one: StockPosition) -> int:
    aside = one.reserved + one.quality_inspection + one.quarantine + one.damaged + one.blocked
    return int(one.on_hand - aside)


def later_rules() -> st.SearchStrategy[dict[str, object]]:
    ahead = (NOW + timedelta(days=2)).isoformat()
    return st.fixed_dictionaries(
        {"kind": st.sampled_from(("backorder", "preorder")), "units": st.integers(0, 30)},
        optional={"in_transit": st.booleans()},
    ).map(lambda later: {"later": {**later, "available_from": ahead}})


# what may be sold


@given(ours=stock_worlds.retailers(), goods=positions(), promised=promises())
def test_no_level_is_above_what_lies_there_and_is_free(
    ours: Retailer, goods: list[StockPosition], promised: dict[str, int]
) -> None:
    at = {one.location: one for one in goods}
    safety = {n: p.safety_stock for n, p in stock_worlds.rules_of(ours).pools.items()}
    places = stock_worlds.rules_of(ours).places
    for shop, found in all_offers(ours, goods, promised=promised).items():
        for place, level in found.value.levels.items():
            one = at.get(place, stock_worlds.position(place, 0))
            free = free_of(one) - promised.get(place, 0) - safety[place]
            assert level >= 0
            assert level <= max(0, free - places[shop][place].buffer)


@given(
    safety=st.integers(0, 4),
    buffer=st.integers(0, 4),
    pools=stock_worlds.pools(),
    goods=positions(),
    promised=promises(),
)
def test_a_channel_offers_no_more_than_is_left_over_all_its_locations_together(
    safety: int,
    buffer: int,
    pools: dict[str, list[str]],
    goods: list[StockPosition],
    promised: dict[str, int],
) -> None:
    """Left is what lies there less what is kept back of it and all that is promised."""
    rules: list[dict[str, object]] = [{"safety_stock": safety}]
    rules.append({"channels": ["shop"], "buffer": buffer})
    ours = stock_worlds.retailer(rules, pools=pools)
    at = dict.fromkeys(PLACES, 0) | {one.location: max(0, free_of(one)) for one in goods}
    for shop, places in pools.items():
        left = 0
        for place in places:
            free = at[place] - promised.get(place, 0)
            left += free if free < 0 else max(0, free - safety)
        levels = all_offers(ours, goods, promised=promised)[shop].levels
        kept = buffer * sum(map(bool, levels.values())) if shop == "shop" else 0
        assert sum(levels.values()) + kept <= max(0, left)


@given(
    deal=stock_worlds.allocations(),
    rules=st.lists(stock_worlds.stock_rules(), max_size=3),
    later=later_rules(),
    goods=positions(),
    promised=promises(),
)
def test_channels_that_share_a_location_never_show_more_than_is_there_together(
    deal: dict[str, object],
    rules: list[dict[str, object]],
    later: dict[str, object],
    goods: list[StockPosition],
    promised: dict[str, int],
) -> None:
    silent = {"sells_later": False, "channels": ["market"]}
    ours = stock_worlds.retailer([*rules, later, silent], [deal | {"skus": ["HAT-M"]}])
    pool = pool_of(ours, goods, promised=promised)
    found = all_offers(ours, goods, promised=promised)
    for place, rule in stock_worlds.rules_of(ours).pools.items():
        if rule.allocation is not None:
            together = sum(one.value.levels[place] for one in found.values())
            one = pool.places[place]
            there = one.total - (one.total_off.units if one.total_off else 0)
            assert together <= max(0, there)


@given(ours=stock_worlds.retailers(), goods=positions(), promised=promises(), data=st.data())
def test_it_does_not_matter_in_which_order_positions_are_told(
    ours: Retailer, goods: list[StockPosition], promised: dict[str, int], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(goods))
    told, again = (all_offers(ours, one, promised=promised) for one in (goods, other))
    assert told == again


# more caution


@given(
    ours=stock_worlds.retailers(),
    goods=positions(),
    promised=promises(),
    setting=st.sampled_from(("safety_stock", "buffer", "buffer_percent", "threshold")),
    least=st.integers(0, 20),
    more=st.integers(0, 20),
)
def test_who_keeps_more_back_never_shows_more(
    ours: Retailer,
    goods: list[StockPosition],
    promised: dict[str, int],
    setting: str,
    least: int,
    more: int,
) -> None:
    bold, careful = (with_rule(ours, **{setting: units}) for units in (least, least + more))
    shown, less = (totals(all_offers(one, goods, promised=promised)) for one in (bold, careful))
    assert all(less[shop] <= shown[shop] for shop in SHOPS)


@given(ours=stock_worlds.retailers(), goods=positions(), cap=st.integers(0, 40))
def test_a_cap_holds_and_never_shows_more(
    ours: Retailer, goods: list[StockPosition], cap: int
) -> None:
    free = all_offers(with_rule(ours, cap=10_000), goods)
    capped = all_offers(with_rule(ours, cap=cap), goods)
    for shop, total in totals(free).items():
        assert totals(capped)[shop] == min(cap, total)
        levels = capped[shop].value.levels
        assert all(levels[place] <= free[shop].value.levels[place] for place in PLACES)


@given(ours=stock_worlds.retailers(), goods=positions(), place=st.sampled_from(PLACES))
def test_suppression_never_shows_more_anywhere(
    ours: Retailer, goods: list[StockPosition], place: str
) -> None:
    uncapped = with_rule(ours, cap=10_000)
    before = all_offers(with_rule(uncapped, suppress=False, locations=[place]), goods)
    after = all_offers(with_rule(uncapped, suppress=True, locations=[place]), goods)
    for shop in SHOPS:
        assert after[shop].value.levels[place] == 0
        assert totals(after)[shop] <= totals(before)[shop]


@given(
    ours=stock_worlds.retailers(),
    goods=positions(),
    since=HOURS,
    units=st.integers(1, 9),
    every=st.integers(1, 60),
)
def test_the_more_careful_policy_never_shows_more(
    ours: Retailer, goods: list[StockPosition], since: datetime, units: int, every: int
) -> None:
    shown = [totals(all_offers(ours, goods))]
    for policy in Policy:
        unknown = Unknown(then=policy, units=units, every_minutes=every)
        doubt = (Doubted("null", since, unknown),)
        shown.append(totals(all_offers(ours, goods, doubts=dict.fromkeys(PLACES, doubt))))
    for bolder, careful in pairwise(shown):
        assert all(careful[shop] <= bolder[shop] for shop in SHOPS)
    assert not any(shown[-1].values())


@given(goods=positions(), first=HOURS, second=HOURS, deal=stock_worlds.allocations())
def test_a_floor_only_falls(
    goods: list[StockPosition], first: datetime, second: datetime, deal: dict[str, object]
) -> None:
    ours = stock_worlds.retailer([], [deal])
    older, newer = sorted((first, second))
    old, new = (
        totals(all_offers(ours, goods, doubts=dict.fromkeys(PLACES, (doubt,))))
        for doubt in (Doubted("stale", at, Unknown(every_minutes=7)) for at in (older, newer))
    )
    assert all(old[shop] <= new[shop] for shop in SHOPS)


# division


@given(units=st.integers(0, 10_000), weights=WEIGHTS)
def test_shares_sum_to_the_whole_and_nobody_gets_less_than_its_part_rounded_down(
    units: int, weights: list[int]
) -> None:
    parts = dealt(units, weights)
    assert sum(parts) == (units if any(weights) else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert part >= units * weight // (sum(weights) or 1)


@given(units=st.integers(0, 2_000), weights=WEIGHTS)
def test_a_unit_more_lowers_nobodys_share(units: int, weights: list[int]) -> None:
    fewer, more = dealt(units, weights), dealt(units + 1, weights)
    assert all(before <= after for before, after in zip(fewer, more, strict=True))


def test_the_largest_remainder_would_lower_one() -> None:
    """Weights 6, 6 and 2: of 10 units it gives the last 2, and of 11 only 1."""
    assert [dealt(units, [6, 6, 2])[2] for units in (10, 11, 12)] == [1, 1, 1]


def divided(allocation: Allocation, shops: Sequence[str], units: int) -> dict[str, int]:
    by = division(allocation, shops)
    return dict(zip(by.channels, by.of(units), strict=True))


@given(units=st.integers(-5, 100), deal=stock_worlds.allocations())
def test_any_allocation_conserves_and_a_unit_more_lowers_nobody(
    units: int, deal: dict[str, object]
) -> None:
    allocation = Allocation.model_validate(deal)
    parts = divided(allocation, SHOPS, units)
    assert sum(parts.values()) <= max(0, units)
    more = divided(allocation, SHOPS, units + 1)
    assert all(parts[shop] <= more[shop] for shop in SHOPS)
    if allocation.by == "priority":
        first, there = allocation.parts[0], max(0, units)
        assert parts[first.channel] == (there if first.units is None else min(there, first.units))


# the chain


def explained(chain: Sequence[Step], ours: Retailer, shop: str) -> dict[str, int]:
    """Every level worked out anew from the words of the chain and the file, and nothing else."""
    found: dict[str, int] = {}
    shares = {a.name: a for a in ours.allocations}
    sellers = [c.name for c in ours.channels]
    for step in chain:
        what, _, place = step.rule.partition(" at ")
        said, _, result = step.detail.rpartition(" = ")
        if what == "threshold":
            found = dict.fromkeys(found, 0)
        elif what == "cap":
            shown = dict(re.findall(r"(\w+) (\d+)[,)]", said))
            assert sum(map(int, shown.values())) == int(result)
            found = {name: int(units) for name, units in shown.items()}
        elif what.startswith("allocation "):
            parts = divided(shares[what.split()[1]], sellers, max(0, found[place]))
            found[place] = parts.get(shop, 0)
        elif (what == "stock" and not said.startswith("on hand")) or "suppressed" in said:
            found[place] = 0
        else:
            found[place] = max(summed(said), 0) if what == "buffer" else summed(said)
        assert place == "" or found[place] == int(result)
    return {place: max(0, units) for place, units in found.items()}


def summed(said: str) -> int:
    """`on hand 9 - reserved 2 - 1 (10 %)` is 6."""
    bare = re.sub(r"\(.*?\)", "", said.rpartition(": ")[2])
    terms = re.findall(r"(^|[+-] )\D*?(-?\d+(?:\.\d+)?) *", bare)
    return floor(sum(Fraction(n) * (-1 if sign == "- " else 1) for sign, n in terms))


@given(
    rules=st.lists(stock_worlds.stock_rules(), max_size=4),
    later=st.lists(later_rules(), max_size=1),
    deals=st.lists(stock_worlds.allocations(), max_size=1),
    goods=positions(),
    promised=promises(),
    policy=st.sampled_from(Policy),
    doubtful=st.booleans(),
)
def test_the_chain_explains_every_level_exactly(
    rules: list[dict[str, object]],
    later: list[dict[str, object]],
    deals: list[dict[str, object]],
    goods: list[StockPosition],
    promised: dict[str, int],
    policy: Policy,
    *,
    doubtful: bool,
) -> None:
    ours = stock_worlds.retailer([*rules, *later], deals)
    doubt = Doubted("null", NOW - timedelta(minutes=40), Unknown(then=policy, units=3))
    doubts = {"london": (doubt,)} if doubtful else {}
    for shop, found in all_offers(ours, goods, promised=promised, doubts=doubts).items():
        assert explained(found.chain, ours, shop) == found.value.levels
