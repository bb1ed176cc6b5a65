"""What only a person can decide: a buyer asks to cancel, goods left before the ERP knew."""

import pytest

from shared.flows.recovery import Replay
from shared.model.case import CaseState, HoldReason
from shared.model.order_policy import OrderPolicy
from shared.model.retailer import Retailer
from tests.domain.world import NOW, RETAILER
from tests.flows.world import World, order, shipment


def world_of(**policy: object) -> World:
    told = RETAILER.model_dump(mode="json")
    told["channels"][0]["orders"] = OrderPolicy.model_validate(policy).model_dump(mode="json")
    made = World(Retailer.model_validate(told))
    made.know("M")
    return made


@pytest.fixture
def world() -> World:
    return world_of()


def state(world: World) -> tuple[CaseState, tuple[HoldReason, ...]]:
    found = world.cases.find("shop:77")
    assert found is not None
    return found.case.state, found.case.holds


def replay(world: World) -> None:
    """An operator replays what is open, and the read queue is worked off."""
    replaying = Replay(world.store, world.queues, world.issues, world.clock)
    for issue in world.open():
        replaying.issue(issue.issue_id, by="ops")
    for message in world.queues.take("shop-read"):
        body = dict(message.body)
        world.capture.release(body["release"], waive=body.get("waive", ""))


@pytest.mark.parametrize(
    ("told", "reason", "value"),
    [
        ({"asked_back": ("1",)}, HoldReason.CANCELLATION, "1 of 1 lines"),
        ({"left": {"1": 1}}, HoldReason.SHIPPED_ELSEWHERE, "1 of 2 units"),
    ],
)
def test_an_order_waits_for_a_person_and_goes_on_at_his_word(
    world: World, told: dict[str, object], reason: HoldReason, value: str
) -> None:
    world.capture.take(order(**told))  # type: ignore[arg-type]
    assert state(world) == (CaseState.HELD, (reason,))
    (issue,) = world.open()
    assert (issue.kind, issue.value) == ("order_held", value)
    replay(world)
    assert state(world) == (CaseState.RELEASED, ())
    assert world.open() == []
    world.capture.take(order(**told))  # type: ignore[arg-type]
    assert state(world) == (CaseState.RELEASED, ())


def test_only_what_a_person_may_decide_can_be_waived(world: World) -> None:
    world.capture.take(order(pending=True))
    world.capture.release("shop:77", waive="payment")
    assert state(world) == (CaseState.HELD, (HoldReason.PAYMENT,))


def test_a_buyer_who_cancels_after_he_asked_ends_both(world: World) -> None:
    world.capture.take(order(asked_back=("1",)))
    world.capture.take(order(cancelled_at=NOW))
    assert state(world) == (CaseState.CANCELLED, ())
    assert world.open() == []


def test_where_the_retailer_only_wants_to_be_told_the_order_goes_on() -> None:
    world = world_of(buyer_cancels="tell", shipped_elsewhere="send")
    world.capture.take(order(asked_back=("1",), left={"1": 1}))
    assert state(world) == (CaseState.RELEASED, ())
    assert world.kinds() == ["cancellation_asked"]


def test_a_request_after_the_erp_has_the_order_is_told_until_nothing_of_it_can_leave(
    world: World,
) -> None:
    world.capture.take(order())
    world.sender.send("shop:77")
    for _ in range(2):
        world.capture.take(order(asked_back=("1",)))
    (issue,) = world.open()
    assert (issue.kind, issue.value) == ("cancellation_asked", "1")
    assert "ERP order 5001 has not left" in issue.summary
    world.shipments.record(shipment(2), source=world.erp)
    world.capture.take(order(asked_back=("1",), left={"1": 2}))
    assert world.open() == []
    assert state(world)[0] is CaseState.SHIPPED


def test_a_request_that_leads_to_a_cancellation_takes_it_off_the_erp_s_order(
    world: World,
) -> None:
    world.capture.take(order())
    world.sender.send("shop:77")
    world.capture.take(order(asked_back=("1",)))
    world.capture.take(order(cancelled_at=NOW))
    assert world.open() == []
    world.amender.amend("shop:77")
    assert world.erp.changed == [("5001", "1", 0)]
