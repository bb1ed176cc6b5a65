"""A second order under one reference is let go of on request, once, and the exception ends."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    UnreachableError,
)
from shared.flows import keys
from shared.flows.closing import close
from shared.flows.recovery import Replay
from shared.model.allocation import ErpAllocation
from shared.model.case import IntentKind, IntentState
from shared.model.issue import Issue
from tests.domain.world import NOW
from tests.flows.mortal import MortalWorld, deaths
from tests.flows.order_world import accepted, case, sold
from tests.flows.test_amend import cancelled
from tests.flows.world import World, order

ISSUE = "duplicate_in_erp#shop:77"
REPAIR = {"case": "shop:77", "repair": "duplicates", "by": "operator"}


@pytest.fixture
def world() -> World:
    """The ERP holds order 77 as 5001, which is kept; later the first request landed as 5002."""
    world = sold()
    landed(world)
    return world


def landed(world: World, number: str = "5002") -> None:
    world.erp.orders.append((number, "SHOP-77"))
    world.clock.advance(seconds=60)
    assert world.sender.check_duplicates("shop:77")


def repair(world: World) -> None:
    world.withdrawing.repair("shop:77", by="operator")


def repaired(world: World) -> list[str]:
    return [hop.detail for hop in case(world).timeline if hop.what == "duplicate repaired"]


def issue(world: World) -> Issue:
    found = world.issues.find(ISSUE)
    assert found is not None
    return found


def told(erp_order: str, reference: str = "SHOP-77") -> ErpAllocation:
    return ErpAllocation(erp_order=erp_order, reference=reference, told_at=NOW)


def test_the_exception_names_both_and_what_a_replay_does(world: World) -> None:
    assert issue(world).summary == "the ERP holds SHOP-77 2 times: 5001, 5002"
    assert issue(world).remedy == "replay, which rejects all items of 5002 in the ERP; 5001 is kept"


def test_a_replay_is_the_repair_and_says_who_asked_for_it(world: World) -> None:
    Replay(world.store, world.queues, world.issues, world.clock).issue(ISSUE, by="operator")
    assert [dict(m.body) for m in world.queues.take(keys.write_queue("erp"))] == [REPAIR]


def test_the_other_order_is_rejected_and_the_exception_ends(world: World) -> None:
    repair(world)
    assert world.erp.withdrawn == ["5002"]
    assert world.open() == []
    assert issue(world).solved_by == "the ERP holds it once"


def test_it_stands_on_the_timeline_who_asked_and_what_was_done(world: World) -> None:
    repair(world)
    hops = [(hop.what, hop.detail) for hop in case(world).timeline[-3:]]
    assert hops == [
        ("duplicate repaired", "5002 is to be rejected, by operator"),
        ("rejection sent", "5002, attempt 1"),
        ("rejection kept", "5002"),
    ]


def test_asking_again_changes_nothing(world: World) -> None:
    repair(world)
    before = case(world)
    repair(world)
    assert world.erp.withdrawn == ["5002"]
    assert case(world) == before


def test_of_several_each_is_rejected(world: World) -> None:
    landed(world, "5003")
    repair(world)
    assert world.erp.withdrawn == ["5002", "5003"]
    assert world.open() == []


def test_the_one_that_is_kept_stays_though_the_other_has_the_lower_number() -> None:
    world = sold()
    landed(world, "5000")
    world.erp.orders.reverse()
    assert issue(world).remedy.endswith("rejects all items of 5000 in the ERP; 5001 is kept")
    repair(world)
    assert world.erp.withdrawn == ["5000"]


def test_an_answer_that_was_lost_is_looked_for_before_it_is_sent_again(world: World) -> None:
    world.erp.errors = [InDoubtError("timed out")]
    with pytest.raises(RetryableError):
        repair(world)
    repair(world)  # the fake does not take it twice
    assert world.open() == []
    assert repaired(world) == ["5002 is to be rejected, by operator"]


def test_what_never_arrived_is_sent_again_once_it_cannot_land(world: World) -> None:
    world.erp.errors, world.erp.keeps = [InDoubtError("timed out")], False
    with pytest.raises(RetryableError):
        repair(world)
    with pytest.raises(RetryableError, match="may still land"):
        repair(world)
    world.clock.advance(seconds=60)
    repair(world)
    assert world.erp.withdrawn == ["5002"]


def test_an_order_that_is_on_its_way_is_not_touched_and_the_remedy_says_so(world: World) -> None:
    world.erp.delivered.add("5002")
    repair(world)
    assert world.erp.withdrawn == []
    assert issue(world).remedy == (
        "goods of 5002 are on their way: reverse the delivery in the ERP, or take them back, "
        "then replay; 5001 is kept"
    )
    world.erp.delivered.clear()
    repair(world)
    assert world.open() == []


def test_what_the_erp_refuses_is_said_and_asked_again_by_the_next_replay(world: World) -> None:
    world.erp.errors, world.erp.keeps = [RejectedError("SAP: reason 00 is not defined")], False
    repair(world)
    assert issue(world).summary.endswith("5001, 5002; SAP: reason 00 is not defined")
    (intent,) = [one for one in case(world).intents if one.kind is IntentKind.WITHDRAW]
    assert intent.state is IntentState.REJECTED
    repair(world)
    assert world.erp.withdrawn == ["5002"]
    assert world.open() == []


def test_the_last_order_that_would_be_delivered_is_not_taken(world: World) -> None:
    world.erp.withdrawn.append("5001")
    repair(world)
    assert world.erp.withdrawn == ["5001"]
    assert issue(world).remedy == (
        "5001, which is kept, is rejected in the ERP: undo that, then replay"
    )


def test_of_an_order_nobody_wants_the_other_goes_too(world: World) -> None:
    world.capture.take(cancelled())
    world.erp.withdrawn.append("5001")
    repair(world)
    assert world.erp.withdrawn == ["5001", "5002"]
    assert world.open() == []


def test_a_person_who_rejects_it_in_the_erp_ends_the_exception(world: World) -> None:
    world.erp.withdrawn.append("5002")
    world.promises.record(told("5002"))
    (message,) = world.queues.take(keys.write_queue("erp"))
    assert dict(message.body) == {"case": "shop:77", "check": "duplicates"}
    world.sender.check_duplicates("shop:77")
    assert world.open() == []


def test_one_that_lands_after_all_checks_is_found_when_the_erp_tells_of_it() -> None:
    world = sold()
    world.erp.orders.append(("5002", "SHOP-77"))
    world.clock.advance(minutes=9)
    world.promises.record(told("5002"))
    (message,) = world.queues.take(keys.write_queue("erp"))
    world.sender.check_duplicates(message.body["case"])
    assert world.kinds() == ["duplicate_in_erp"]


@pytest.mark.parametrize(
    "said", [told("5001"), told("5009", "SHOP-78"), told("5009", "BY HAND"), told("5009", "")]
)
def test_other_orders_of_the_erp_are_let_go(said: ErpAllocation) -> None:
    world = sold()
    world.promises.record(said)
    assert world.queues.sent == []


def test_of_two_found_at_once_the_one_that_was_rejected_is_not_kept() -> None:
    world = World()
    world.know("M")
    world.erp.errors = [InDoubtError("timed out")]
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.erp.orders.append(("5002", "SHOP-77"))
    world.erp.withdrawn.append("5001")
    world.sender.send("shop:77")
    assert case(world).erp_order == "5002"
    assert world.open() == []


def test_an_order_the_erp_does_not_have_yet_is_left_alone() -> None:
    world = World()
    world.withdrawing.repair("shop:77", by="operator")
    assert world.erp.asked == []


def test_an_erp_that_is_away_or_locks_us_out_is_asked_later(world: World) -> None:
    world.erp.keeps = False
    world.erp.errors = [UnreachableError("down", after=timedelta(seconds=9))]
    with pytest.raises(RetryableError) as raised:
        repair(world)
    assert raised.value.after == timedelta(seconds=9)
    world.erp.errors = [AccessError("401")]
    with pytest.raises(RetryableError):
        repair(world)
    assert sorted(world.kinds()) == ["access", "duplicate_in_erp"]
    repair(world)
    assert world.kinds() == ["access"]


def test_it_may_still_be_closed_by_hand(world: World) -> None:
    assert close(world.issues, ISSUE, by="operator", why="both are wanted") is not None
    assert world.open() == []


def twice_in_the_erp(world: MortalWorld) -> Callable[[], object]:
    accepted(world)
    landed(world)
    return lambda: world.withdrawing.repair("shop:77", by="operator")


def left(world: MortalWorld) -> tuple[object, ...]:
    known = [i.state for i in case(world).intents if i.kind is IntentKind.WITHDRAW]
    return world.erp.withdrawn, world.kinds(), known, repaired(world)


def test_whenever_it_dies_the_order_is_rejected_once_and_the_exception_ends() -> None:
    undisturbed, after_deaths = deaths(twice_in_the_erp, left)
    assert after_deaths
    assert all(one == undisturbed for one in after_deaths), undisturbed
