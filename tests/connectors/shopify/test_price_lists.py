"""Prices of segments: told to their price lists, read back from them, an outcome per line."""

import pytest

from sandbox.vendors.shopify.simulator import Doubts
from shared.connectors.shopify import list_queries
from shared.connectors.shopify.client import ShopifyAdmin, connect
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.price_rules import Segment
from shared.model.target import (
    Outcome,
    PriceValue,
    Push,
    ScaledPrice,
    SegmentPrice,
    Verdict,
)
from tests.connectors.shopify.world import SECRET, World, eur, jacket, retailer, world
from tests.fakes import FreePacer

TRADE, SWISS = "gid://shopify/PriceList/1", "gid://shopify/PriceList/2"


def listed(sizes: int = 3, *, doubts: Doubts | None = None) -> World:
    """A shop with a price list of companies and one of a market that sells in francs."""
    there = world(doubts=doubts)
    there.simulator.control("add_price_list", currency="EUR")
    there.simulator.control("add_price_list", currency="CHF", by_quantity=False)
    there.list(jacket(*(f"S{i}" for i in range(sizes))))
    there.wire.sent.clear()
    there.shop = _shop(there)
    return there


def _shop(there: World) -> ShopifyAdmin:
    segments = (
        Segment(name="trade", external={"shop": TRADE}),
        Segment(name="swiss", external={"shop": SWISS}),
        Segment(name="nowhere"),
    )
    ours = there.retailer
    channel = ours.channels[0].model_copy(update={"segments": ("trade", "swiss", "nowhere")})
    ours = ours.model_copy(update={"segments": segments, "channels": (channel,)})
    connection = ours.connection("shop")
    return connect(
        connection, ours, SECRET, pacer=FreePacer(), clock=there.clock, transport=there.wire
    )


def paying(minor: int, *scales: tuple[int, int], currency: str = "EUR") -> SegmentPrice:
    return SegmentPrice(
        price=Money(amount=minor, currency=currency),
        scales=tuple(ScaledPrice(quantity=q, price=eur(each)) for q, each in scales),
    )


def value(minor: int, **segments: SegmentPrice) -> Json:
    return PriceValue(price=eur(minor), segments=segments).model_dump(mode="json")


def line(there: World, sku: str, wished: Json, shown: Json = None) -> Push:
    return there.line(sku, "TJ", wished).model_copy(update={"published": shown})


def pushed(there: World, *pushes: Push) -> dict[str, Outcome]:
    batches = there.shop.batches(Facet.PRICE, pushes)
    return {o.key: o for batch in batches for o in there.shop.push(Facet.PRICE, batch)}


def on(there: World, name: str) -> dict[str, Json]:
    found = there.simulator.control("read_price_list", name=name)
    assert isinstance(found, dict)
    return found


def fixed(price: int, *scales: list[Json]) -> Json:
    return {"price": price, "compare_at": None, "scales": list(scales)}


def test_a_segment_pays_by_its_list_and_everybody_by_the_variant() -> None:
    there = listed()
    wished = value(1000, trade=paying(800), swiss=paying(950, currency="CHF"))
    outcome = pushed(there, line(there, "TJ-S0", wished))["TJ-S0"]
    assert outcome.verdict is Verdict.APPLIED
    assert there.shop_price("TJ-S0") == (1000, None)
    assert on(there, TRADE) == {"TJ-S0": fixed(800)}
    assert on(there, SWISS) == {"TJ-S0": fixed(950)}


def test_lines_of_a_list_share_a_call() -> None:
    there = listed(30)
    pushes = [line(there, f"TJ-S{i}", value(1000, trade=paying(800 + i))) for i in range(30)]
    assert {o.verdict for o in pushed(there, *pushes).values()} == {Verdict.APPLIED}
    assert (there.counter("PricesSet"), there.counter("FixedSet")) == (1, 1)


def test_only_what_differs_is_sent() -> None:
    there = listed()
    before, after = value(1000, trade=paying(800)), value(1000, trade=paying(700))
    pushed(there, line(there, "TJ-S0", before))
    pushed(there, line(there, "TJ-S0", after, before))
    assert (there.counter("PricesSet"), there.counter("FixedSet")) == (1, 2)
    assert on(there, TRADE) == {"TJ-S0": fixed(700)}


def test_who_pays_as_everybody_again_has_no_fixed_price() -> None:
    there = listed()
    before = value(1000, trade=paying(800))
    pushed(there, line(there, "TJ-S0", before))
    assert pushed(there, line(there, "TJ-S0", value(1000), before))["TJ-S0"].verdict is (
        Verdict.APPLIED
    )
    assert on(there, TRADE) == {}


def test_a_fixed_price_that_is_gone_already_need_not_go() -> None:
    there = listed()
    shown = value(1000, trade=paying(800))
    pushes = [line(there, f"TJ-S{i}", value(1000), shown) for i in range(2)]
    pushed(there, line(there, "TJ-S0", shown))
    found = pushed(there, *pushes)
    assert found["TJ-S0"].verdict is Verdict.APPLIED
    assert found["TJ-S1"].verdict is not Verdict.REJECTED


def test_prices_by_quantity_are_set_replaced_and_taken_away() -> None:
    there = listed()
    first = value(1000, trade=paying(900, (10, 800), (100, 700)))
    pushed(there, line(there, "TJ-S0", first))
    assert on(there, TRADE) == {"TJ-S0": fixed(900, [10, 800], [100, 700])}
    second = value(1000, trade=paying(900, (20, 750)))
    pushed(there, line(there, "TJ-S0", second, first))
    assert on(there, TRADE) == {"TJ-S0": fixed(900, [20, 750])}
    pushed(there, line(there, "TJ-S0", value(1000, trade=paying(900)), second))
    assert on(there, TRADE) == {"TJ-S0": fixed(900)}


def test_what_is_shown_is_what_was_wished_and_what_others_changed_is_seen() -> None:
    there = listed(60)
    wished = value(1000, trade=paying(900, (10, 800)), swiss=paying(950, currency="CHF"))
    pushes = [line(there, f"TJ-S{i}", wished) for i in range(60)]
    pushed(there, *pushes)
    shown = there.shop.shown(Facet.PRICE, pushes)
    assert shown == {push.key: wished for push in pushes}
    there.simulator.shop.price_lists[1].fixed[there.simulator.shop.skus["TJ-S7"]] = 1, None
    changed = there.shop.shown(Facet.PRICE, [pushes[7]])["TJ-S7"]
    assert changed == value(1000, trade=paying(1, (10, 800)), swiss=paying(950, currency="CHF"))


@pytest.mark.parametrize("way", ["whole", "partial"])
def test_a_bad_row_is_refused_by_itself_whether_or_not_the_shop_takes_the_others(
    way: str,
) -> None:
    doubts = Doubts(fixed_prices="partial" if way == "partial" else "whole")
    there = listed(4, doubts=doubts)
    wished = [value(1000, trade=paying(800)) for _ in range(4)]
    wished[2] = value(1000, trade=paying(800, currency="USD"))
    pushes = [line(there, f"TJ-S{i}", each) for i, each in enumerate(wished)]
    found = pushed(there, *pushes)
    assert [found[push.key].verdict for push in pushes if push.key != "TJ-S2"] == (
        [Verdict.APPLIED] * 3
    )
    assert found["TJ-S2"].verdict in {Verdict.REJECTED, Verdict.UNKNOWN}
    assert found["TJ-S2"].code == "PRICE_LIST_CURRENCY_MISMATCH"
    assert sorted(on(there, TRADE)) == ["TJ-S0", "TJ-S1", "TJ-S3"]


def test_rows_for_which_a_list_is_refused_unnamed_are_found() -> None:
    there = listed(16)
    before = value(1000)
    pushes = [line(there, f"TJ-S{i}", value(1000, trade=paying(800)), before) for i in range(16)]
    there.simulator.control("poison", sku="TJ-S5")
    found = pushed(there, *pushes)
    refused = {key for key, outcome in found.items() if outcome.verdict is not Verdict.APPLIED}
    assert refused == {"TJ-S5"}
    assert found["TJ-S5"].verdict is Verdict.REJECTED
    assert len(on(there, TRADE)) == 15
    assert there.counter("FixedSet") <= 1 + 4 + 2


def test_prices_by_quantity_that_are_refused_hold_up_no_other_line() -> None:
    there = listed(5)
    many = tuple((q, 1000 - q) for q in range(2, 14))
    pushes = [line(there, f"TJ-S{i}", value(1000, trade=paying(999, (5, 900)))) for i in range(5)]
    pushes[3] = line(there, "TJ-S3", value(1000, trade=paying(999, *many)))
    found = pushed(there, *pushes)
    assert found["TJ-S3"].verdict is not Verdict.APPLIED
    assert sorted(on(there, TRADE)) == ["TJ-S0", "TJ-S1", "TJ-S2", "TJ-S4"]


def test_a_segment_without_a_list_is_refused_before_anything_is_sent() -> None:
    there = listed()
    outcome = pushed(there, line(there, "TJ-S0", value(1000, nowhere=paying(800))))["TJ-S0"]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "no_price_list")
    assert there.wire.operations() == []


def test_a_list_that_is_gone_is_named() -> None:
    there = listed()
    del there.simulator.shop.price_lists[1]
    wished = value(1000, trade=paying(800))
    found = pushed(there, line(there, "TJ-S0", wished, value(1000)))["TJ-S0"]
    assert (found.verdict, found.code) == (Verdict.REJECTED, "PRICE_LIST_NOT_FOUND")


def test_general_prices_by_quantity_are_not_told_and_not_missed() -> None:
    there = listed()
    general = PriceValue(price=eur(1000), scales=(ScaledPrice(quantity=5, price=eur(900)),))
    push = line(there, "TJ-S0", general.model_dump(mode="json"))
    assert pushed(there, push)["TJ-S0"].verdict is Verdict.APPLIED
    assert there.shop.shown(Facet.PRICE, [push])["TJ-S0"] == push.desired


def test_only_lines_whose_lists_stay_go_by_bulk_operation() -> None:
    there = listed(6)
    there.retailer = retailer(bulk="always", bulk_from=3)
    there.shop = _shop(there)
    before = value(1000, trade=paying(800))
    skus = [f"TJ-S{i}" for i in range(6)]
    for sku in skus:
        pushed(there, line(there, sku, before))
    wished = [value(1100, trade=paying(800 if i < 4 else 700)) for i in range(6)]
    pushes = [line(there, sku, wish, before) for sku, wish in zip(skus, wished, strict=True)]
    found = pushed(there, *pushes)
    assert [found[sku].verdict for sku in skus] == [Verdict.ACCEPTED] * 4 + [Verdict.APPLIED] * 2
    there.clock.advance(minutes=5)
    asked = [p.model_copy(update={"receipt": found[p.key].receipt}) for p in pushes[:4]]
    decided = there.shop.decided(Facet.PRICE, asked)
    assert [o.verdict for o in decided] == [Verdict.APPLIED] * 4
    assert [o.shown for o in decided] == wished[:4]


def test_a_read_of_a_list_costs_what_is_taken_for_it() -> None:
    there = listed(40)
    pushes = [line(there, f"TJ-S{i}", value(1000)) for i in range(40)]
    there.shop.shown(Facet.PRICE, pushes)
    stated = {cost for name, cost in there.wire.stated if name == "FixedRead"}
    full, rest = list_queries.READ_AT_ONCE, 40 - list_queries.READ_AT_ONCE
    assert stated == {list_queries.fixed_read(n).points // 1000 for n in (full, rest)}
