"""What the ERP promises: allocated units, and the day of what comes later, told once."""

from datetime import date, timedelta

import pytest

from shared.domain.lifecycle import Fulfilment, fulfilment
from shared.errors import InDoubtError, RetryableError
from shared.model.allocation import ErpAllocation, Promise
from shared.model.case import Case
from shared.model.erp_events import OrderPromised
from shared.ports import Message
from tests.domain.world import NOW
from tests.flows.order_world import sold
from tests.flows.world import World, order

MONDAY, FRIDAY = date(2026, 11, 30), date(2026, 12, 4)


@pytest.fixture
def world() -> World:
    world = sold()
    world.bus.events.clear()
    return world


def said(*promises: Promise, minutes: int = 0, erp_order: str = "5001") -> ErpAllocation:
    at = NOW + timedelta(minutes=minutes)
    return ErpAllocation(erp_order=erp_order, told_at=at, promises={"10": promises})


def case(world: World) -> Case:
    found = world.cases.find("shop:77")
    assert found is not None
    return found.case


def test_units_confirmed_for_the_day_asked_for_are_allocated(world: World) -> None:
    world.promises.record(said(Promise(units=2, on=MONDAY)))
    assert case(world).counts.allocated == {"1": 2}
    assert fulfilment(case(world)) is Fulfilment.ALLOCATED
    assert case(world).timeline[-1].what == "allocated"


def test_a_later_day_is_a_backorder_on_the_timeline_and_the_bus(world: World) -> None:
    later = Promise(units=1, on=FRIDAY, late=True)
    world.promises.record(said(Promise(units=1, on=MONDAY), later))
    hop = case(world).timeline[-1]
    assert (hop.what, hop.detail) == ("backordered", "line 1 on 2026-12-04")
    (event,) = [e for e in world.bus.events if isinstance(e, OrderPromised)]
    assert (event.allocated, event.backorders) == ({"1": 1}, {"1": "2026-12-04"})


def test_what_is_known_is_not_told_again_and_an_older_telling_changes_nothing(
    world: World,
) -> None:
    late = Promise(units=2, on=FRIDAY, late=True)
    world.promises.record(said(late))
    world.promises.record(said(Promise(units=2, on=MONDAY), minutes=5))
    for again in (said(late), said(Promise(units=2, on=MONDAY), minutes=9)):
        world.promises.record(again)
    assert (case(world).backorders, case(world).counts.allocated) == ({}, {"1": 2})
    assert len([e for e in world.bus.events if isinstance(e, OrderPromised)]) == 2


def test_what_is_promised_to_others_leaves_no_trace(world: World) -> None:
    before = len(world.store.written)
    world.promises.record(said(Promise(units=2, on=MONDAY), erp_order="4711"))
    assert len(world.store.written) == before


def test_what_was_promised_of_an_order_in_doubt_is_read_once_it_is_found() -> None:
    world = World()
    world.know("M")
    world.capture.take(order())
    world.erp.errors = [InDoubtError("no answer")]
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.promises.record(said(Promise(units=2, on=MONDAY)))
    assert case(world).counts.allocated == {}
    world.sender.send("shop:77")
    assert Message("erp-read", {"read": "allocation", "key": "5001"}, 60) in world.queues.sent
