"""A verdict on fraud after the ERP took the order: kept back once, let go once, or too late."""

from datetime import timedelta
from itertools import permutations

import pytest

from shared.domain import lifecycle
from shared.errors import InDoubtError, RetryableError
from shared.model.case import CaseState, HoldReason
from shared.model.issue import Issue
from shared.model.order import FraudVerdict, Order
from shared.model.order_policy import OrderPolicy
from tests.domain.world import NOW, RETAILER
from tests.flows.order_world import accepted, case, ordering
from tests.flows.test_amend import ask, cancelled, told
from tests.flows.world import World, order, shipment

BAD, GOOD = FraudVerdict.REJECTED, FraudVerdict.APPROVED


@pytest.fixture
def world() -> World:
    made = ordering()
    accepted(made)
    return made


def judged(minutes: int, verdict: FraudVerdict, **over: object) -> Order:
    return told(minutes, fraud=verdict, **over)


def hear(world: World, telling: Order) -> None:
    world.capture.take(telling)
    ask(world)


def ship(world: World, units: int, name: str = "80") -> None:
    world.shipments.record(shipment(units, name), source=world.erp)


def blocks(world: World) -> list[bool]:
    """What the ERP was asked for, one after the other."""
    return [wish.header.blocked for wish in world.erp.amended if wish.header]


def fraud(world: World) -> str:
    return lifecycle.standing(case(world), now=world.clock.now()).fraud.value


def only(world: World) -> Issue:
    (found,) = world.open()
    return found


@pytest.mark.parametrize("verdict", [FraudVerdict.PENDING, FraudVerdict.REJECTED])
def test_a_bad_verdict_blocks_the_order_in_the_erp_once(
    world: World, verdict: FraudVerdict
) -> None:
    for _ in range(3):
        hear(world, judged(1, verdict))
    assert blocks(world) == [True]
    assert (case(world).state, case(world).holds) == (CaseState.ACCEPTED, (HoldReason.FRAUD,))
    assert fraud(world) == "held"
    steps = [hop.what for hop in case(world).timeline]
    assert steps.count("held for fraud") == 1
    assert "delivery blocked" in [hop.detail for hop in case(world).timeline]
    assert only(world).issue_id == "order_held#shop:77/fraud"
    assert (only(world).count, only(world).value) == (1, f"{verdict}: 2 x HAT-M")
    assert world.bus.types.count("OrderHeld") == 1


def test_a_good_verdict_lifts_the_block_once(world: World) -> None:
    hear(world, judged(1, BAD))
    for _ in range(3):
        hear(world, judged(2, GOOD))
    assert blocks(world) == [True, False]
    assert (case(world).holds, fraud(world), case(world).erp_header) == ((), "none", None)
    assert world.open() == []
    assert world.bus.types.count("OrderReleased") == 1


def test_an_older_verdict_that_comes_late_blocks_nothing(world: World) -> None:
    hear(world, judged(2, GOOD))
    hear(world, judged(1, BAD))
    assert blocks(world) == []
    assert world.open() == []


def test_a_verdict_that_changes_before_the_erp_is_asked_changes_nothing_there(world: World) -> None:
    world.capture.take(judged(1, BAD))
    hear(world, judged(2, GOOD))
    assert blocks(world) == []
    assert world.open() == []


def test_a_verdict_that_comes_while_the_order_is_on_its_way_blocks_it_on_arrival() -> None:
    world = ordering()
    world.capture.take(order())
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], True
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.capture.take(judged(1, BAD))
    assert fraud(world) == "held"
    world.clock.advance(minutes=2)
    world.sender.send("shop:77")
    world.amender.amend("shop:77")
    assert blocks(world) == [True]
    assert case(world).holds == (HoldReason.FRAUD,)


def test_of_an_order_that_left_in_part_the_rest_is_kept_back(world: World) -> None:
    ship(world, 1)
    hear(world, judged(1, BAD))
    assert blocks(world) == [True]
    assert only(world).value == "rejected: 1 x HAT-M"
    assert case(world).state is CaseState.PARTLY_SHIPPED


def test_an_order_without_freight_of_which_goods_left_keeps_none_and_that_is_no_refusal(
    world: World,
) -> None:
    ship(world, 1)
    world.erp.freight_stays = True
    hear(world, judged(1, BAD))
    assert world.kinds() == ["order_held"]


def test_of_an_order_that_has_left_nothing_is_blocked_and_one_exception_says_so(
    world: World,
) -> None:
    ship(world, 2)
    for _ in range(3):
        hear(world, judged(1, BAD))
    assert world.erp.amended == []
    assert (only(world).issue_id, only(world).count) == ("fraud_too_late#shop:77", 1)
    assert only(world).value == "rejected: 2 x HAT-M"
    assert (case(world).holds, fraud(world)) == ((), "too_late")


def test_what_leaves_before_the_block_turns_the_hold_into_too_late(world: World) -> None:
    world.erp.too_late_to_block = True
    hear(world, judged(1, BAD))
    for _ in range(3):
        hear(world, judged(1, BAD))
    assert blocks(world) == [True]
    ship(world, 2)
    assert only(world).issue_id == "fraud_too_late#shop:77"


def test_a_good_verdict_ends_what_was_too_late_and_a_bad_one_tells_it_again(world: World) -> None:
    ship(world, 2)
    hear(world, judged(1, BAD))
    hear(world, judged(2, GOOD))
    assert world.open() == []
    hear(world, judged(3, BAD))
    assert only(world).issue_id == "fraud_too_late#shop:77"
    assert world.erp.amended == []


def test_an_order_cancelled_for_fraud_ends_in_the_erp_without_another_block(world: World) -> None:
    hear(world, judged(1, BAD))
    hear(world, cancelled(2).model_copy(update={"fraud": BAD}))
    hear(world, cancelled(3).model_copy(update={"fraud": GOOD}))
    assert blocks(world)[0] is True
    assert False not in blocks(world)
    assert (case(world).state, world.open()) == (CaseState.CANCELLED, [])


def test_a_block_the_erp_refuses_is_told_until_the_verdict_is_good(world: World) -> None:
    world.erp.keeps_header = "blocked: SAP: Delivery block ZZ is not defined"
    for _ in range(3):
        hear(world, judged(1, BAD))
    assert blocks(world) == [True]
    assert sorted(world.kinds()) == ["change_rejected", "order_held"]
    hear(world, judged(2, GOOD))
    assert world.open() == []
    world.erp.keeps_header = ""
    hear(world, judged(3, BAD))
    assert blocks(world) == [True, True]


def test_a_refused_block_is_asked_for_again_by_replay(world: World) -> None:
    world.erp.keeps_header = "blocked: SAP: Delivery block ZZ is not defined"
    hear(world, judged(1, BAD))
    world.erp.keeps_header = ""
    world.amender.amend("shop:77", retry_rejected=True)
    assert blocks(world) == [True, True]
    assert world.kinds() == ["order_held"]


def test_a_line_added_to_an_order_that_was_too_late_to_block_is_kept_back(world: World) -> None:
    world.erp.too_late_to_block = True
    hear(world, judged(1, BAD))
    world.erp.too_late_to_block = False
    more = order(("HAT-M", 2), ("HAT-S", 1)).model_copy(update={"fraud": BAD})
    hear(world, more.model_copy(update={"updated_at": NOW + timedelta(minutes=2)}))
    assert blocks(world) == [True, True]
    header = case(world).erp_header
    assert header is not None
    assert header.blocked


def test_a_lost_answer_is_waited_for_and_asked_again(world: World) -> None:
    world.capture.take(judged(1, BAD))
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], True
    with pytest.raises(RetryableError):
        ask(world)
    world.clock.advance(minutes=2)
    world.amender.amend("shop:77")
    world.amender.amend("shop:77")
    assert blocks(world) == [True, True]
    assert case(world).intents[-1].open is False


def test_a_channel_that_ignores_fraud_blocks_nothing() -> None:
    (shop, *others) = RETAILER.channels
    easy = shop.model_copy(update={"orders": OrderPolicy(fraud="ignore")})
    retailer = RETAILER.model_copy(update={"channels": (easy, *others)})
    world = World(retailer)
    world.know("M")
    accepted(world)
    hear(world, judged(1, BAD))
    assert world.erp.amended == []
    assert world.open() == []


NEWS = {
    "bad": lambda w: hear(w, judged(1, BAD)),
    "good": lambda w: hear(w, judged(2, GOOD)),
    "worse": lambda w: hear(w, judged(3, BAD)),
    "left": lambda w: ship(w, 1),
}


def test_in_whatever_order_it_is_heard_it_ends_in_the_same_place() -> None:
    ends = set()
    for way in permutations(NEWS):
        world = ordering()
        accepted(world)
        for name in (*way, *way):
            NEWS[name](world)
        header = case(world).erp_header
        told = tuple(sorted((one.issue_id, one.value) for one in world.open()))
        ends.add((header and header.blocked, case(world).holds, fraud(world), told))
    held = (("order_held#shop:77/fraud", "rejected: 1 x HAT-M"),)
    assert ends == {(True, (HoldReason.FRAUD,), "held", held)}
