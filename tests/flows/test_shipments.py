"""Goods that left: off the holds once, told to the channel once, whichever was heard of first."""

from datetime import timedelta

import pytest

from shared.errors import (
    InDoubtError,
    RetryableError,
)
from shared.flows import keys
from shared.model.case import CaseState
from shared.model.ids import Facet
from shared.model.order import Tracking
from shared.model.target import Verdict
from shared.ports import Put
from tests.flows.order_world import accepted, case, held, ordering
from tests.flows.world import World, order, shipment


@pytest.fixture
def world() -> World:
    return ordering()


def test_a_shipment_frees_the_hold_when_the_erp_s_figures_lack_the_goods(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    assert held(world) == 0
    world.settle()
    assert world.target(Facet.STOCK).desired == {"levels": {"london": 8, "leeds": 0}}


def test_a_shipment_is_told_to_the_channel_once(world: World) -> None:
    accepted(world)
    for _ in range(3):
        world.shipments.record(shipment(), source=world.erp)
        world.teller.tell("shop:77")
    assert world.channel.shipped == ["80"]
    assert case(world).state is CaseState.SHIPPED
    assert world.bus.types.count("OrderShipped") == 1


def test_parts_of_an_order_ship_one_after_the_other(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(1, "80"), source=world.erp)
    assert case(world).state is CaseState.PARTLY_SHIPPED
    assert held(world) == 1
    world.shipments.record(shipment(1, "81"), source=world.erp)
    assert case(world).state is CaseState.SHIPPED
    world.teller.tell("shop:77")
    assert world.channel.shipped == ["80", "81"]


def test_a_shipment_the_channel_refuses_is_an_exception(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    world.channel.answers = [Verdict.REJECTED]
    world.teller.tell("shop:77")
    assert world.kinds() == ["shipment_rejected"]
    world.teller.tell("shop:77")
    assert world.channel.shipped == ["80"]


def test_a_shipment_whose_answer_was_lost_is_told_again(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    world.channel.errors = [InDoubtError("no answer")]
    with pytest.raises(RetryableError):
        world.teller.tell("shop:77")
    world.clock.advance(seconds=90)
    world.teller.tell("shop:77")
    assert world.channel.shipped == ["80"]


def test_two_who_tell_at_once_do_not_both_look_before_either_has_told(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    refused: list[timedelta | None] = []

    def another() -> None:
        world.channel.shipping.clear()
        with pytest.raises(RetryableError) as waits:
            world.teller.tell("shop:77")
        refused.append(waits.value.after)

    world.channel.shipping.append(another)
    world.teller.tell("shop:77")
    assert (world.channel.shipped, refused) == (["80"], [timedelta(seconds=90)])


def test_the_number_of_a_shipment_is_not_told_while_another_tells_its_goods(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    numbered = shipment().model_copy(update={"tracking": (Tracking(number="JJD1"),)})

    def another() -> None:
        world.shipments.record(numbered, source=world.erp)
        with pytest.raises(RetryableError, match="another worker tells 80"):
            world.teller.tell("shop:77")

    world.channel.shipping.append(another)
    world.teller.tell("shop:77")
    assert world.channel.shipped == ["80"]
    world.teller.tell("shop:77")
    assert world.channel.shipped == ["80", "80"]  # the number, by the call that also looks


def test_a_shipment_the_channel_could_not_take_is_told_again_at_once(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    world.channel.errors = [RetryableError("throttled")]
    with pytest.raises(RetryableError):
        world.teller.tell("shop:77")
    world.teller.tell("shop:77")
    assert world.channel.shipped == ["80"]


def test_a_shipment_that_overtakes_the_acceptance_waits_for_it(world: World) -> None:
    """The sender wrote the link and died: the case does not know its ERP order yet."""
    world.capture.take(order())
    world.store.commit([Put(keys.erp_order("erp", "5001"), {"order_id": "shop:77"}, 0)])
    world.erp.orders.append(("5001", "SHOP-77"))
    world.queues.sent.clear()
    world.shipments.record(shipment(), source=world.erp)
    assert case(world).shipments == ()
    [later] = world.queues.take("erp-read")
    assert (later.body, later.delay_s) == ({"read": "shipment", "key": "80"}, 60)


def test_a_shipment_that_overtakes_its_order_is_read_again_when_the_order_is_accepted(
    world: World,
) -> None:
    world.capture.take(order())
    world.shipments.record(shipment(), source=world.erp)
    assert world.kinds() == ["shipment_without_order"]
    world.queues.sent.clear()
    world.sender.send("shop:77")
    [again] = world.queues.take("erp-read")
    assert (again.body, again.delay_s) == ({"read": "shipment", "key": "80"}, 60)
    world.shipments.record(shipment(), source=world.erp)
    assert case(world).state is CaseState.SHIPPED
    assert world.kinds() == []


def test_a_shipment_of_an_order_from_elsewhere_is_an_exception(world: World) -> None:
    world.shipments.record(shipment(erp_order="9999"), source=world.erp)
    assert world.kinds() == ["shipment_without_order"]
