"""A tracking number that comes after the goods have left reaches the channel, once."""

import pytest

from shared.errors import InDoubtError, RetryableError
from shared.flows import keys
from shared.flows.recovery import Replay, Sweep
from shared.model.case import IntentKind, IntentState
from shared.model.order import Shipment, Tracking
from shared.model.target import Verdict
from tests.flows.order_world import accepted, case, ordering
from tests.flows.world import World, order, shipment

SHOP = keys.write_queue("shop")


def tracked(*numbers: str) -> Shipment:
    tracking = tuple(Tracking(carrier="DHL", number=number) for number in numbers)
    return shipment().model_copy(update={"tracking": tracking})


def heard(world: World, *numbers: str) -> None:
    world.shipments.record(tracked(*numbers), source=world.erp)


def state(world: World, kind: IntentKind = IntentKind.TRACK) -> IntentState | None:
    intent = case(world).intent(f"{kind}#80")
    return None if intent is None else intent.state


@pytest.fixture
def world() -> World:
    """The shop was told that the goods have left, without a tracking number."""
    world = ordering()
    accepted(world)
    heard(world)
    world.teller.tell("shop:77")
    world.queues.sent.clear()
    return world


def test_a_number_that_comes_later_is_recorded_as_to_be_told_and_told(world: World) -> None:
    heard(world, "JJD1")
    assert state(world) is IntentState.PLANNED
    assert [m.body for m in world.queues.take(SHOP)] == [{"ship": "shop:77"}]
    world.teller.tell("shop:77")
    assert state(world) is IntentState.APPLIED
    assert [s.tracking for s in world.channel.told] == [(), tracked("JJD1").tracking]
    assert case(world).timeline[-1].what == "channel told of tracking"


def test_hearing_of_it_again_tells_nothing_again(world: World) -> None:
    for _ in range(3):
        heard(world, "JJD1")
        world.teller.tell("shop:77")
    assert world.channel.shipped == ["80", "80"]


def test_customers_hear_once_that_their_goods_have_left(world: World) -> None:
    heard(world, "JJD1")
    world.teller.tell("shop:77")
    assert world.bus.types.count("OrderShipped") == 1


def test_a_second_number_is_told_beside_the_first(world: World) -> None:
    for number in ("JJD1", "JJD2"):
        heard(world, number)
        world.teller.tell("shop:77")
    assert world.channel.told[-1].tracking == tracked("JJD1", "JJD2").tracking


def test_a_number_that_comes_before_the_shop_was_told_needs_nothing_of_its_own() -> None:
    world = ordering()
    accepted(world)
    heard(world)
    heard(world, "JJD1")
    assert state(world) is None
    world.teller.tell("shop:77")
    assert [s.tracking for s in world.channel.told] == [tracked("JJD1").tracking]


def test_a_number_that_comes_while_the_shop_is_being_told_is_told_after(world: World) -> None:
    heard(world, "JJD1")
    world.channel.shipping.append(lambda: heard(world, "JJD2"))
    world.teller.tell("shop:77")
    assert state(world) is IntentState.PLANNED
    world.teller.tell("shop:77")
    assert world.channel.told[-1].tracking == tracked("JJD1", "JJD2").tracking
    assert state(world) is IntentState.APPLIED


def test_a_number_whose_answer_was_lost_is_told_again(world: World) -> None:
    heard(world, "JJD1")
    world.channel.errors = [InDoubtError("no answer")]
    with pytest.raises(RetryableError):
        world.teller.tell("shop:77")
    world.clock.advance(seconds=90)
    assert state(world) is IntentState.SENT
    world.teller.tell("shop:77")
    assert state(world) is IntentState.APPLIED


def test_a_number_whose_message_was_lost_is_found_by_the_sweep(world: World) -> None:
    heard(world, "JJD1")
    world.queues.sent.clear()
    world.clock.advance(minutes=2)
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert {"ship": "shop:77"} in [dict(m.body) for m in world.queues.take(SHOP)]


def test_an_order_that_came_by_call_has_nobody_to_be_told() -> None:
    called = ordering()
    called.capture.take(order(called=True))
    called.sender.send("shop:77")
    heard(called)
    called.teller.tell("shop:77")
    heard(called, "JJD1")
    assert state(called) is None


def replayed(world: World) -> None:
    """An operator has lifted the hold and replays the only exception."""
    [issue] = world.open()
    Replay(world.store, world.queues, world.issues, world.clock).issue(issue.issue_id, by="ada")
    [message] = [m for m in world.queues.take(SHOP) if m.body.get("retry")]
    world.teller.tell(message.body["ship"], retry_rejected=message.body["retry"] == "rejected")


def test_a_shipment_refused_for_a_hold_is_told_by_its_replay_and_the_exception_ends() -> None:
    world = ordering()
    accepted(world)
    heard(world, "JJD1")
    world.channel.answers = [Verdict.REJECTED]
    world.teller.tell("shop:77")
    assert world.kinds() == ["shipment_rejected"]
    replayed(world)
    assert state(world, IntentKind.SHIP) is IntentState.APPLIED
    assert world.open() == []
    assert world.bus.types.count("OrderShipped") == 1


def test_a_replay_that_is_refused_again_stays_an_exception() -> None:
    world = ordering()
    accepted(world)
    heard(world)
    world.channel.answers = [Verdict.REJECTED, Verdict.REJECTED]
    world.teller.tell("shop:77")
    replayed(world)
    assert world.kinds() == ["shipment_rejected"]
    assert state(world, IntentKind.SHIP) is IntentState.REJECTED


def test_what_came_after_a_refusal_is_told_by_the_replay() -> None:
    world = ordering()
    accepted(world)
    heard(world)
    world.channel.answers = [Verdict.REJECTED]
    world.teller.tell("shop:77")
    heard(world, "JJD1")
    assert state(world) is None
    replayed(world)
    assert world.channel.told[-1].tracking == tracked("JJD1").tracking


def test_a_number_the_channel_refuses_is_an_exception_with_a_replay(world: World) -> None:
    heard(world, "JJD1")
    world.channel.answers = [Verdict.REJECTED]
    world.teller.tell("shop:77")
    [issue] = world.open()
    assert issue.summary == "shop refuses the tracking of shipment 80 of order #77: said the shop"
    replayed(world)
    assert (state(world), world.open()) == (IntentState.APPLIED, [])
