"""Under the real pacer and a standard plan: no call is throttled, no try is in vain."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from sandbox.vendors.shopify.simulator import Account, Plan
from shared.connectors.shopify import costs
from shared.connectors.shopify.costs import Meter
from shared.errors import ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.order import Shipment, ShipmentLine
from shared.model.target import Verdict
from tests.connectors.shopify.world import NOW, World, jacket, retailer, world
from tests.fakes import FreePacer, MemoryStore, SetClock


def paced() -> World:
    """A shop on the standard plan: 100 points a second, 2,000 at most, one clock for all."""
    clock = SetClock(NOW)
    pacer = LeasedPacer(retailer().connection("shop"), MemoryStore(), clock)
    plan = Plan(points_per_second=100, bucket=2000)
    account = Account(locations=("London", "Leeds"))
    return world(clock=clock, pacer=pacer, plan=plan, account=account)


def waited[T](there: World, work: Callable[[], T], *, tries: int = 30) -> T:
    """Do the work, coming back whenever and as late as the pacer says."""
    for _ in range(tries):
        try:
            return work()
        except ThrottledError as error:
            there.clock.at += error.after or timedelta(seconds=1)
    pytest.fail("never got through")


def test_two_hundred_listings_get_through_at_the_rate_of_the_plan() -> None:
    there = paced()
    for i in range(200):
        product = jacket("S", "M", "L", product_id=f"P{i}")
        outcome = waited(there, partial(there.list, product), tries=3)
        assert outcome.verdict is Verdict.APPLIED
    assert there.counter("throttled") == 0
    least = (there.counter("points") - 2000) / 100
    assert least <= (there.clock.at - NOW).total_seconds() <= least * 1.02 + 1


def test_a_catalogue_of_prices_takes_no_more_points_than_it_must() -> None:
    there = paced()
    for i in range(150):
        product = jacket("M", product_id=f"P{i}")
        waited(there, partial(there.list, product))
    there.clock.advance(minutes=1)
    before, start = there.simulator.points, there.clock.at
    pushes = [there.price(f"P{i}-M", 100) for i in range(150)]
    for batch in there.shop.batches(Facet.PRICE, pushes):
        waited(there, partial(there.shop.push, Facet.PRICE, batch))
    spent = there.simulator.points - before
    assert spent == 150 * 10_200
    assert there.clock.at == start  # a full bucket holds 2,000 points
    assert there.simulator.control("minimum_points") == spent // 1000
    assert there.counter("throttled") == 0


def test_a_poll_with_long_orders_gets_through_a_dry_bucket() -> None:
    there = paced()
    wished: Json = [{"title": f"Line {i}", "price": "1.00"} for i in range(90)]
    for _ in range(5):
        there.ordered(lines=wished)
        there.clock.advance(seconds=1)
    page: str | None = None
    found: set[str] = set()
    for _ in range(4):
        answer = waited(there, partial(there.shop.orders_since, None, page=page))
        assert {len(order.lines) for order in answer.items} <= {90}
        found |= {order.external_id for order in answer.items}
        page = answer.next
        if page is None:
            break
    assert (len(found), page) == (5, None)
    assert there.counter("throttled") == 0


def test_an_order_that_comes_while_a_poll_waits_is_still_found() -> None:
    there = paced()
    wished: Json = [{"title": f"Line {i}", "price": "1.00"} for i in range(1500)]
    there.ordered(lines=wished)
    with pytest.raises(ThrottledError):
        there.shop.orders_since(NOW, page=None)
    there.clock.advance(minutes=1)
    late = there.ordered(lines=[{"title": "Late", "price": "1.00"}])
    first = waited(there, lambda: there.shop.orders_since(NOW, page=None))
    assert first.next is not None
    there.clock.advance(minutes=1)
    second = waited(there, lambda: there.shop.orders_since(NOW, page=first.next))
    assert [order.external_id for order in second.items] == [str(late["id"])]


def test_shipments_get_through_a_busy_bucket_each_told_once() -> None:
    there = paced()
    orders = []
    for _ in range(40):
        placed = there.ordered(lines=[{"title": "A", "price": "1.00"}])
        orders.append(waited(there, partial(there.read, placed)))
    for order in orders:
        line = ShipmentLine(erp_item="1", sku="X", quantity=1, line_id=order.lines[0].line_id)
        parcel = Shipment(
            shipment_id=f"D{order.external_id}", erp_order="1", shipped_at=NOW, lines=(line,)
        )
        told = waited(there, partial(there.shop.ship, order, parcel), tries=3)
        assert told.verdict is Verdict.APPLIED
    assert there.wire.operations().count("Fulfil") == 40
    assert there.counter("throttled") == 0


def test_points_taken_ahead_are_spent_by_the_calls_they_were_taken_for() -> None:
    pacer = FreePacer()
    meter = Meter(pacer)
    meter.reserve(costs.POINT + 15_200)
    assert pacer.spent == 17
    meter.take("ProductProbe", costs.POINT)
    meter.take("ProductSet", 15_200)
    assert pacer.spent == 17
    meter.take("PricesSet", 10_800)
    assert pacer.spent == 27  # eight tenths were left over
