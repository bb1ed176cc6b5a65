"""Staff of the ERP reject what a customer waits for: told once, and ended with its cause."""

from datetime import timedelta

import pytest

from shared.domain.demand import AmendedLine
from shared.errors import RejectedError, RetryableError
from shared.model.allocation import ErpAllocation
from shared.model.case import CaseState
from shared.model.issue import IssueKind
from shared.model.order_events import OrderCancelled
from shared.ports import Message
from tests.domain.world import NOW
from tests.flows.order_world import accepted, case, held, lines, ordering
from tests.flows.test_amend import ask, cancelled, told
from tests.flows.world import World, order, shipment


@pytest.fixture
def world() -> World:
    world = ordering()
    accepted(world)
    world.bus.events.clear()
    return world


def said(*rejected: str, minutes: int = 0, items: tuple[str, ...] = ("10",)) -> ErpAllocation:
    return ErpAllocation(
        erp_order="5001",
        told_at=NOW + timedelta(minutes=minutes),
        promises=dict.fromkeys(items, ()),
        rejected=frozenset(rejected),
    )


def reject(world: World, minutes: int = 1) -> None:
    """Both hats are rejected in the ERP, which is read and asked for them."""
    row = AmendedLine("1", "10", 1, 2, rejected=True, refused="is rejected")
    world.erp.lines["5001"] = {"1": row}
    world.promises.record(said("10", minutes=minutes))
    ask(world)


def undo(world: World) -> None:
    world.erp.lines["5001"] = {"1": AmendedLine("1", "10", 1, 2)}


def cancellations(world: World) -> int:
    return sum(isinstance(event, OrderCancelled) for event in world.bus.events)


def test_what_is_wanted_and_was_rejected_is_one_exception_and_frees_its_stock(
    world: World,
) -> None:
    for minutes in (1, 1, 5):
        reject(world, minutes)
    (issue,) = world.open()
    assert (issue.kind, issue.subject, issue.count) == ("change_rejected", "shop:77", 1)
    assert issue.value == "line 1: 2 are wanted, 2 were rejected in the ERP"
    assert issue.remedy.startswith("undo the rejection in the ERP and replay")
    assert len(world.erp.amended) == 1
    assert (case(world).state, held(world)) == (CaseState.ACCEPTED, 0)
    assert [hop.what for hop in case(world).timeline].count("rejected in the ERP") == 1
    assert cancellations(world) == 0


def test_a_rejection_that_is_undone_ends_it_by_what_is_read_and_by_replay(world: World) -> None:
    reject(world)
    undo(world)
    world.promises.record(said(minutes=2))
    ask(world)
    assert (world.open(), held(world)) == ([], 2)
    assert case(world).timeline[-1].what == "rejected no longer"
    reject(world, minutes=3)
    undo(world)
    world.amender.amend("shop:77", retry_rejected=True)
    assert (world.open(), held(world)) == ([], 2)
    assert not case(world).erp_lines["1"].rejected


def test_a_customer_who_gives_up_what_was_rejected_ends_it(world: World) -> None:
    reject(world)
    world.capture.take(cancelled(2))
    ask(world)
    assert world.open() == []
    assert (case(world).state, held(world)) == (CaseState.CANCELLED, 0)
    assert cancellations(world) == 1


def test_what_the_erp_refused_and_staff_did_by_hand_is_done(world: World) -> None:
    world.capture.take(cancelled(1))
    world.erp.errors, world.erp.keeps = [RejectedError("order is locked")], False
    ask(world)
    assert (world.kinds(), held(world)) == (["change_rejected"], 2)
    for minutes in (2, 3):
        world.promises.record(said("10", minutes=minutes))
        ask(world)
    assert (world.open(), held(world)) == ([], 0)
    assert (case(world).state, cancellations(world)) == (CaseState.CANCELLED, 1)


def test_a_change_the_erp_refused_ends_when_nobody_wants_it_any_more(world: World) -> None:
    world.capture.take(told(1).model_copy(update=lines(("HAT-M", 3))))
    world.erp.errors, world.erp.keeps = [RejectedError("order is locked")], False
    ask(world)
    assert world.kinds() == ["change_rejected"]
    for minutes in (2, 3):
        world.capture.take(told(minutes).model_copy(update=lines(("HAT-M", 2))))
        ask(world)
    assert world.open() == []
    assert world.queues.take("erp-write") == []


def test_stock_is_freed_where_staff_were_faster_than_the_cancellation(world: World) -> None:
    world.capture.take(cancelled(1))
    world.promises.record(said("10", minutes=1))
    ask(world)
    assert (held(world), world.erp.amended) == (0, [])
    assert (case(world).state, cancellations(world)) == (CaseState.CANCELLED, 1)


def test_a_crash_before_the_erp_is_asked_is_made_good_by_the_next_telling(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(messages: list[Message]) -> None:
        raise RetryableError(f"no queue for {messages}")

    with monkeypatch.context() as broken:
        broken.setattr(world.queues, "send", busy)
        with pytest.raises(RetryableError):
            world.promises.record(said("10"))
    reject(world, minutes=0)
    assert world.kinds() == ["change_rejected"]


def test_an_older_telling_and_one_from_before_our_own_rejection_change_nothing(
    world: World,
) -> None:
    reject(world, minutes=5)
    world.promises.record(said(minutes=4))
    assert case(world).erp_lines["1"].rejected
    world.capture.take(cancelled(6))
    ask(world)
    world.promises.record(said(minutes=7))
    ask(world)
    assert (case(world).state, held(world)) == (CaseState.CANCELLED, 0)


def test_the_rest_of_a_half_sent_order_that_was_rejected_is_not_shipped(world: World) -> None:
    world.shipments.record(shipment(1), source=world.erp)
    reject(world)
    assert (case(world).state, held(world)) == (CaseState.PARTLY_SHIPPED, 0)
    assert world.kinds() == [IssueKind.CHANGE_REJECTED]
    assert case(world).erp_lines["1"].rejected


def test_items_that_are_not_ours_are_left_alone(world: World) -> None:
    before = case(world)
    world.promises.record(said("20", items=("10", "20")))
    assert case(world) == before


def test_two_lines_stand_each_for_itself() -> None:
    world = ordering()
    world.capture.take(order(("HAT-M", 2), ("HAT-S", 1)))
    world.sender.send("shop:77")
    world.queues.sent.clear()
    row = AmendedLine("2", "20", 2, 1, rejected=True, refused="is rejected")
    world.erp.lines["5001"] = {"2": row}
    world.promises.record(said("20", items=("10", "20")))
    ask(world)
    assert [change.line_id for change in world.erp.amended[0].lines] == ["2"]
    assert (held(world), held(world, "HAT-S")) == (2, 0)
