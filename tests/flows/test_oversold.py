"""Orders that took more than may be sold: they go on, or wait for stock or for a person's word."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.flows.shortage import Awaited, Shortage
from shared.model.case import Case, CaseState, HoldReason
from shared.model.ids import Entity
from shared.model.retailer import Retailer
from tests.domain.world import RETAILER
from tests.flows.world import World, order, stock_card


def world(oversold: str = "hold", *, units: int = 2, **over: Any) -> World:
    """A shop with so many hats, and a policy."""
    raw = RETAILER.model_dump(mode="json") | over
    (channel,) = raw["channels"]
    raw["channels"] = [channel | {"orders": {"oversold": oversold}}]
    made = World(Retailer.model_validate(raw))
    made.know("M", "S", units=units)
    made.settle()
    made.clock.advance(minutes=1)
    return made


def taken(
    there: World,
    external_id: str,
    units: int = 1,
    sku: str = "HAT-M",
    *,
    location: str | None = None,
) -> Case:
    there.clock.at += timedelta(seconds=1)
    made = order((sku, units), external_id=external_id)
    lines = tuple(line.model_copy(update={"location": location}) for line in made.lines)
    return there.capture.take(made.model_copy(update={"lines": lines}))


def case(there: World, external_id: str) -> Case:
    found = there.cases.find(f"shop:{external_id}")
    assert found is not None
    return found.case


def swept(there: World) -> list[str]:
    """The orders the minute's sweep looks at again, and then they are."""
    shortage = Shortage(there.store, there.cases, there.deriver, there.retailer)
    Awaited(there.store, there.queues, there.clock, shortage).run()
    asked = [m.body["release"] for m in there.queues.take("shop-read") if "release" in m.body]
    for order_id in asked:
        there.capture.release(order_id)
    return asked


def test_an_order_for_more_than_there_is_waits_and_says_what_is_missing() -> None:
    there = world(units=2)
    assert taken(there, "1").state is CaseState.RELEASED
    late = taken(there, "2", units=3)
    assert (late.state, late.holds, late.short) == (CaseState.HELD, (HoldReason.STOCK,), {"1": 2})
    (issue,) = there.open()
    assert issue.subject == "shop:2/stock"
    assert "short of 2 of 3 HAT-M at london, leeds" in issue.summary
    assert issue.at_risk is not None
    assert "by itself when there is enough" in issue.remedy
    assert there.bus.types.count("OrderHeld") == 1


def test_it_goes_on_when_stock_comes_and_the_exception_ends() -> None:
    there = world(units=0)
    taken(there, "1")
    assert swept(there) == []
    there.stock(1)
    assert swept(there) == ["shop:1"]
    assert case(there, "1").state is CaseState.RELEASED
    assert there.open() == []
    assert there.bus.types[-2:] == ["OrderReleased", "IssueSolved"]
    assert swept(there) == []


def test_of_two_that_wait_the_first_goes_on_with_the_first_unit() -> None:
    there = world(units=0)
    taken(there, "1")
    taken(there, "2")
    there.stock(1)
    assert swept(there) == ["shop:1"]
    there.clock.advance(minutes=1)
    there.stock(2)
    assert swept(there) == ["shop:2"]


def test_a_small_order_that_came_later_does_not_wait_behind_a_large_one_for_ever() -> None:
    there = world(units=1)
    taken(there, "1", units=5)
    assert taken(there, "2").short == {"1": 1}
    there.capture.take(order(("HAT-M", 5), external_id="1", cancelled_at=there.clock.now(),
                             updated_at=there.clock.now()))  # fmt: skip
    assert swept(there) == ["shop:2"]


@pytest.mark.parametrize("location", [None, "london"])
def test_what_lies_at_another_location_of_the_channel_is_enough(location: str | None) -> None:
    """Also for an order that is to leave where nothing lies: what one lacks the others give."""
    there = world(units=0)
    (empty,) = stock_card(0).positions
    leeds = empty.model_copy(update={"location": "leeds", "on_hand": Decimal(2)})
    card = stock_card(0, at=there.clock.now())
    there.apply(Entity.STOCK, card.model_copy(update={"positions": (leeds,)}))
    assert taken(there, "1", units=2, location=location).state is CaseState.RELEASED
    assert taken(there, "2", location=location).short == {"1": 1}


def test_a_person_may_send_it_all_the_same() -> None:
    there = world(units=0)
    taken(there, "1")
    (issue,) = there.open()
    assert issue.replay == {"queue": "shop-read", "release": "shop:1", "waive": "stock"}
    there.capture.release("shop:1", waive="stock")
    assert case(there, "1").state is CaseState.RELEASED
    assert there.open() == []


def test_where_orders_are_accepted_nothing_is_asked() -> None:
    there = world("accept", units=0)
    assert taken(there, "1", units=9).state is CaseState.RELEASED
    assert there.open() == []


@pytest.mark.parametrize(
    ("policy", "units", "state"),
    [
        ("hold", 3, CaseState.HELD),
        ("backorder", 5, CaseState.RELEASED),
        ("backorder", 6, CaseState.HELD),
    ],
)
def test_a_backorder_goes_on_as_far_as_it_may_be_sold(
    policy: str, units: int, state: CaseState
) -> None:
    later = {"kind": "backorder", "units": 3, "lead_days": 14}
    there = world(policy, units=2, stock_rules=[{"locations": ["london"], "later": later}])
    assert taken(there, "1", units=units).state is state


def test_what_a_kit_takes_off_its_parts_is_asked_of_them() -> None:
    parts = [{"sku": "HAT-M", "quantity": 2}, {"sku": "HAT-S"}]
    kits = {"defined": [{"sku": "HAT-L", "components": parts}]}
    there = world(units=3, kits=kits)
    there.know("M", "S", "L", units=3)
    for _ in range(3):
        there.settle()
    assert taken(there, "1", sku="HAT-L").state is CaseState.RELEASED
    for _ in range(3):
        there.settle()
    assert taken(there, "2", sku="HAT-L").short == {"1": 1}


def test_it_waits_for_each_reason_it_is_held_for() -> None:
    there = world(units=0)
    code = there.capture.take(order(("HAT-M", 1), ("???", 1), external_id="1"))
    assert code.holds == (HoldReason.UNMAPPED_SKU, HoldReason.STOCK)
    there.stock(1)
    assert swept(there) == ["shop:1"]
    assert case(there, "1").holds == (HoldReason.UNMAPPED_SKU,)


def test_an_order_that_was_not_looked_at_to_its_end_is_found_by_the_sweep() -> None:
    there = world(units=5)
    there.apply(Entity.STOCK)  # nothing new
    made = there.capture._new(order(("HAT-M", 1), external_id="1"), there.retailer.channels[0])  # noqa: SLF001
    assert there.cases.commit(made, 0)  # and then it died
    assert made.holds == (HoldReason.STOCK,)
    assert swept(there) == ["shop:1"]
    assert case(there, "1").state is CaseState.RELEASED
    assert [hop.what for hop in case(there, "1").timeline] == ["captured", "released"]
    assert not {"OrderHeld", "OrderReleased"} & set(there.bus.types)
