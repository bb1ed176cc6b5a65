"""Refunds of orders that another system posted: left alone, or credited without its order."""

from datetime import timedelta

import pytest

from shared.model.case import CaseState
from shared.model.order import Order, Refund
from shared.model.order_rules import OrderRule
from tests.domain.world import NOW, RETAILER
from tests.flows.world import World, gbp, order

BEFORE = NOW - timedelta(days=30)


def connected(policy: str) -> World:
    """A shop whose orders are ours since an hour ago."""
    since = {"orders_from": NOW - timedelta(hours=1), "older_refunds": policy}
    connections = tuple(
        c.model_copy(update=since) if c.name == "shop" else c for c in RETAILER.connections
    )
    world = World(RETAILER.model_copy(update={"connections": connections}))
    world.know("M")
    return world


def old(*refunds: Refund) -> Order:
    return order(
        placed_at=BEFORE, updated_at=NOW + timedelta(minutes=len(refunds)), refunds=refunds
    )


def refund(name: str = "9", at: timedelta = timedelta()) -> Refund:
    return Refund(refund_id=name, created_at=NOW + at, total=gbp(500))


def work(world: World) -> None:
    if world.sender.send("shop:77"):
        world.crediting.credit("shop:77")


def test_a_refund_of_an_older_order_is_credited_without_naming_one() -> None:
    world = connected("credit")
    world.capture.take(old())
    for _ in range(2):
        world.capture.take(old(refund()))
        work(world)
    ((_, wish),) = world.erp.credits
    assert (wish.reference, wish.erp_order, wish.erp_items) == ("SHOP-R9", "", {})
    assert wish.order.lines[0].sku == "HAT-M"
    found = world.cases.find("shop:77")
    assert found is not None
    assert (found.case.state, world.erp.orders) == (CaseState.RECORDED, [])


def test_what_goes_back_of_an_older_order_stands_where_the_rules_say() -> None:
    rules = (OrderRule(house_account="10100002"),)
    ruled = connected("credit").retailer.model_copy(update={"order_rules": rules})
    world = World(ruled)
    world.know("M")
    world.capture.take(old())
    world.capture.take(old(refund()))
    work(world)
    ((_, wish),) = world.erp.credits
    assert wish.order.terms is not None
    assert wish.order.terms.sold_to == "10100002"


@pytest.mark.parametrize("policy", ["leave", "credit"])
def test_a_refund_from_before_is_whoever_was_there_before(policy: str) -> None:
    world = connected(policy)
    world.capture.take(old(refund(at=-timedelta(days=2))))
    work(world)
    assert world.erp.credits == []


def test_older_orders_are_left_alone_unless_it_is_asked_for() -> None:
    world = connected("leave")
    world.capture.take(old(refund()))
    work(world)
    assert world.erp.credits == []
