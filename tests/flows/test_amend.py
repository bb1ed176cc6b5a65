"""Changes of an order the ERP may hold: stopped cleanly, made once, or too late and said so."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from shared.domain.demand import AmendedLine
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows.recovery import Mapper
from shared.model.case import CaseState, IntentState
from shared.model.order import (
    FraudVerdict,
    Order,
    Payment,
    PaymentKind,
    Refund,
    RefundLine,
    Tracking,
)
from shared.model.order_policy import OrderPolicy
from shared.ports import Table, Write
from tests.domain.world import NOW, RETAILER
from tests.flows.order_world import accepted, case, held, lines, ordering
from tests.flows.world import World, gbp, order, shipment


@pytest.fixture
def world() -> World:
    return ordering()


def told(minutes: int, **over: object) -> Order:
    return order(updated_at=at(minutes), **over)  # type: ignore[arg-type]


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def cancelled(minutes: int = 1) -> Order:
    return told(minutes, cancelled_at=at(minutes))


def given_up(units: int) -> Refund:
    line = RefundLine(line_id="1", quantity=units, amount=gbp(1999), tax=gbp(0), cancelled=True)
    return Refund(refund_id="9", created_at=NOW, total=gbp(1999 * units), lines=(line,))


def ask(world: World) -> None:
    """What the ERP's write queue holds, handled as the function does."""
    for message in world.queues.take("erp-write"):
        name = message.body["case"]
        if message.body.get("check") == "duplicates":
            world.sender.check_duplicates(name)
        elif world.sender.send(name):
            world.amender.amend(name)


def test_an_order_cancelled_after_the_erp_took_it_is_rejected_there_and_frees_its_stock(
    world: World,
) -> None:
    accepted(world)
    for _ in range(5):
        world.capture.take(cancelled())
        assert held(world) in {0, 2}
        ask(world)
    assert world.erp.changed == [("5001", "1", 0)]
    assert case(world).state is CaseState.CANCELLED
    assert held(world) == 0
    assert world.kinds() == []
    assert world.bus.types.count("OrderCancelled") == 1


def test_stock_stays_held_until_the_erp_has_let_go(world: World) -> None:
    accepted(world)
    world.capture.take(cancelled())
    assert held(world) == 2
    ask(world)
    assert held(world) == 0


def test_an_order_cancelled_after_all_has_left_is_too_late_once(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    for _ in range(3):
        world.capture.take(cancelled())
        ask(world)
    assert world.erp.changed == []
    assert case(world).state is CaseState.SHIPPED
    assert case(world).late == {"1": 2}
    (issue,) = world.open()
    assert (issue.kind, issue.value, issue.count) == ("cancelled_too_late", "2 x HAT-M", 1)
    assert world.bus.types.count("CancellationTooLate") == 1


def test_goods_that_leave_while_the_cancellation_is_on_its_way_are_too_late(world: World) -> None:
    accepted(world)
    world.capture.take(cancelled())
    gone = AmendedLine("1", "10", 1, 2, delivered=True)
    world.erp.lines["5001"] = {"1": gone}
    ask(world)
    assert world.kinds() == ["cancelled_too_late"]
    assert held(world) == 2
    world.shipments.record(shipment(), source=world.erp)
    assert held(world) == 0
    assert case(world).state is CaseState.SHIPPED
    assert [issue.count for issue in world.open()] == [1]


def test_of_an_order_half_shipped_the_other_half_is_stopped(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(1, "80"), source=world.erp)
    world.capture.take(cancelled())
    ask(world)
    assert world.erp.changed == [("5001", "1", 0)]
    assert case(world).state is CaseState.SHIPPED
    assert case(world).late == {"1": 1}
    assert held(world) == 0


def test_units_cancelled_by_a_refund_leave_the_rest_to_be_sent(world: World) -> None:
    accepted(world)
    world.capture.take(told(1, refunds=(given_up(1),)))
    ask(world)
    assert world.erp.changed == [("5001", "1", 1)]
    assert held(world) == 1
    world.shipments.record(shipment(1), source=world.erp)
    assert case(world).state is CaseState.SHIPPED


def test_an_order_edited_before_the_erp_has_it_is_posted_as_it_is_now(world: World) -> None:
    world.capture.take(order())
    world.capture.take(told(1).model_copy(update=lines(("HAT-S", 1))))
    assert (held(world, "HAT-M"), held(world, "HAT-S")) == (0, 1)
    ask(world)
    assert case(world).erp_total == gbp(1999)


def test_a_line_added_and_a_quantity_raised_are_changed_in_the_erp(world: World) -> None:
    accepted(world)
    edited = told(1).model_copy(update=lines(("HAT-M", 3), ("HAT-S", 1)))
    world.capture.take(edited)
    assert (held(world, "HAT-M"), held(world, "HAT-S")) == (3, 1)
    ask(world)
    assert world.erp.changed == [("5001", "1", 3), ("5001", "2", 1)]
    assert case(world).told is None
    assert {name: line.item for name, line in case(world).erp_lines.items()} == {
        "1": "10",
        "2": "20",
    }


def test_a_line_taken_away_is_rejected_and_frees_its_units(world: World) -> None:
    world.capture.take(order(("HAT-M", 2), ("HAT-S", 1)))
    world.sender.send("shop:77")
    world.queues.sent.clear()
    world.capture.take(told(1).model_copy(update=lines(("HAT-M", 2))))
    ask(world)
    assert world.erp.changed == [("5001", "2", 0)]
    assert (held(world, "HAT-M"), held(world, "HAT-S")) == (2, 0)


def test_a_line_added_with_an_unknown_code_waits_and_goes_on_when_it_is_mapped(
    world: World,
) -> None:
    accepted(world)
    world.capture.take(told(1).model_copy(update=lines(("HAT-M", 2), ("hat s", 1))))
    ask(world)
    assert world.erp.changed == []
    assert [(i.kind, i.value) for i in world.open()] == [("unmapped_sku", "hat s")]
    assert Mapper(world.store, world.queues, world.retailer).map("shop", "hat s", "HAT-S") == 1
    for message in world.queues.take("shop-read"):
        world.capture.release(message.body["release"])
    ask(world)
    assert world.erp.changed == [("5001", "2", 1)]
    assert world.open() == []


def test_an_order_cancelled_while_its_posting_is_in_doubt_is_rejected_once_it_is_found(
    world: World,
) -> None:
    world.erp.errors = [InDoubtError("no answer")]
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.capture.take(cancelled())
    assert held(world) == 2
    world.sender.send("shop:77")
    ask(world)
    assert world.erp.changed == [("5001", "1", 0)]
    assert case(world).state is CaseState.CANCELLED
    assert held(world) == 0


def test_an_order_cancelled_while_in_doubt_that_never_arrived_is_not_posted_again(
    world: World,
) -> None:
    world.erp.errors, world.erp.keeps = [InDoubtError("no answer")], False
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.capture.take(cancelled())
    world.clock.advance(seconds=61)
    world.sender.send("shop:77")
    assert world.erp.orders == []
    assert case(world).state is CaseState.CANCELLED
    assert held(world) == 0
    assert world.bus.types.count("OrderCancelled") == 1


def test_an_order_cancelled_while_the_erp_is_busy_is_cancelled_and_not_released(
    world: World,
) -> None:
    world.erp.errors, world.erp.keeps = [RetryableError("busy")], False
    world.capture.take(order())
    post = world.erp.post_order

    def racing(sent: Order, reference: str) -> object:
        world.capture.take(cancelled())
        return post(sent, reference)

    world.erp.post_order = racing  # type: ignore[method-assign, assignment]
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    assert case(world).state is CaseState.CANCELLED
    assert held(world) == 0


def test_a_lost_answer_to_a_change_is_waited_for_and_nothing_is_written_twice(
    world: World,
) -> None:
    accepted(world)
    world.capture.take(told(1).model_copy(update=lines(("HAT-M", 2), ("HAT-S", 1))))
    world.erp.errors = [InDoubtError("no answer")]
    with pytest.raises(RetryableError):
        ask(world)
    intent = case(world).intent("amend#erp")
    assert intent is not None
    assert intent.state is IntentState.IN_DOUBT
    with pytest.raises(RetryableError):
        world.amender.amend("shop:77")
    world.clock.advance(seconds=61)
    world.amender.amend("shop:77")
    assert case(world).erp_lines["2"].units == 1


def test_a_change_the_erp_refuses_is_an_exception_and_asked_again_by_replay(world: World) -> None:
    accepted(world)
    world.capture.take(cancelled())
    world.erp.errors, world.erp.keeps = [RejectedError("order is locked")], False
    ask(world)
    (issue,) = world.open()
    assert (issue.kind, issue.value) == (
        "change_rejected",
        "line 1: 2 units stay, 0 are wanted: order is locked",
    )
    assert held(world) == 2
    world.amender.amend("shop:77")
    assert world.erp.changed == []
    world.amender.amend("shop:77", retry_rejected=True)
    assert case(world).state is CaseState.CANCELLED
    assert world.open() == []


@pytest.mark.parametrize("error", [RetryableError("busy"), AccessError("401")])
def test_a_change_that_did_not_get_through_is_tried_again(world: World, error: Exception) -> None:
    accepted(world)
    world.capture.take(cancelled())
    world.erp.errors, world.erp.keeps = [error], False
    with pytest.raises(RetryableError):
        ask(world)
    world.amender.amend("shop:77")
    assert case(world).state is CaseState.CANCELLED


def test_holds_a_crash_left_are_made_right_by_the_repeat(world: World) -> None:
    accepted(world)
    world.capture.take(cancelled())
    commit = world.store.commit

    def dying(writes: Sequence[Write]) -> list[bool]:
        if any(write.key.table is Table.FACTS for write in writes):
            raise KeyboardInterrupt
        return commit(writes)

    world.store.commit = dying  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.amender.amend("shop:77")
    world.store.commit = commit  # type: ignore[method-assign]
    assert (case(world).state, held(world)) == (CaseState.CANCELLED, 2)
    world.amender.amend("shop:77")
    assert held(world) == 0


def test_an_order_posted_twice_is_looked_for_again_when_nothing_more_can_land(
    world: World,
) -> None:
    world.erp.errors, world.erp.keeps = [InDoubtError("no answer")], False
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.clock.advance(seconds=61)
    world.queues.sent.clear()
    world.sender.send("shop:77")
    (again,) = world.queues.sent
    assert (again.body, again.delay_s) == ({"case": "shop:77", "check": "duplicates"}, 60)
    world.erp.orders.append(("5002", "SHOP-77"))
    world.clock.advance(seconds=60)
    ask(world)
    assert [i.kind for i in world.open() if i.kind == "duplicate_in_erp"] == ["duplicate_in_erp"]


def test_tracking_told_later_is_added_and_what_was_told_is_kept(world: World) -> None:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    tracked = shipment().model_copy(update={"tracking": (Tracking(number="JJD1"),)})
    world.shipments.record(tracked, source=world.erp)
    world.shipments.record(shipment(), source=world.erp)
    assert [t.number for s in case(world).shipments for t in s.tracking] == ["JJD1"]


# what holds an order before the ERP has it


def careful(**policy: object) -> World:
    made = OrderPolicy.model_validate(policy)
    channel = RETAILER.channel("shop").model_copy(update={"orders": made})
    world = World(RETAILER.model_copy(update={"channels": (channel,)}))
    world.know("M")
    return world


def paid(kind: PaymentKind) -> Payment:
    return Payment(reference="T1", gateway="card", kind=kind, succeeded=True, amount=gbp(3998))


def test_an_order_that_is_not_paid_is_held_and_released_once_when_it_is() -> None:
    world = careful(release_when="authorised")
    world.capture.take(order())
    assert case(world).holds == ("payment",)
    assert world.kinds() == ["order_held"]
    authorised = told(1, payments=(paid(PaymentKind.AUTHORISATION),))
    for _ in range(5):
        world.capture.take(authorised)
    assert case(world).state is CaseState.RELEASED
    assert world.bus.types.count("OrderReleased") == 1
    assert world.open() == []


def test_credit_that_was_agreed_counts_as_paid() -> None:
    world = careful(release_when="captured")
    world.capture.take(order(terms_days=30))
    assert case(world).state is CaseState.RELEASED


@pytest.mark.parametrize("verdict", [FraudVerdict.PENDING, FraudVerdict.REJECTED])
def test_a_verdict_of_fraud_holds_an_order_until_it_is_approved(verdict: FraudVerdict) -> None:
    world = careful()
    world.capture.take(order(fraud=verdict))
    assert case(world).holds == ("fraud",)
    assert [(i.kind, i.field, i.value) for i in world.open()] == [
        ("order_held", "fraud", verdict.value)
    ]
    for _ in range(5):
        world.capture.take(told(1, fraud=FraudVerdict.APPROVED))
    assert case(world).state is CaseState.RELEASED
    assert world.bus.types.count("OrderReleased") == 1
    assert world.open() == []


def test_an_address_that_lacks_what_the_retailer_asks_for_holds_the_order() -> None:
    world = careful(address=["city", "postcode"])
    world.capture.take(order(shipping_address={"city": "Leeds"}))
    (issue,) = world.open()
    assert (issue.field, issue.value) == ("shipping_address.postcode", "without postcode")
    world.capture.take(told(1, shipping_address={"city": "Leeds", "postcode": "LS1"}))
    assert case(world).state is CaseState.RELEASED


def test_an_older_telling_takes_nothing_back() -> None:
    world = careful()
    world.capture.take(told(2, fraud=FraudVerdict.APPROVED))
    world.capture.take(told(1, fraud=FraudVerdict.PENDING))
    assert case(world).state is CaseState.RELEASED


def test_units_that_are_wanted_again_after_their_item_was_rejected_are_asked_for_once(
    world: World,
) -> None:
    world.capture.take(order(("HAT-M", 2), ("HAT-S", 1)))
    world.sender.send("shop:77")
    world.capture.take(told(1).model_copy(update=lines(("HAT-M", 2))))
    ask(world)
    refused = AmendedLine("2", "20", 2, 1, rejected=True, refused="is rejected")
    world.erp.lines["5001"]["2"] = refused
    for _ in range(3):
        world.capture.take(told(2).model_copy(update=lines(("HAT-M", 2), ("HAT-S", 1))))
        ask(world)
    assert [(issue.kind, issue.count) for issue in world.open()] == [("change_rejected", 1)]
