"""A lost request that lands after the second one: whatever it made twice, a person hears of it."""

from datetime import timedelta

import pytest

from shared.domain import books
from shared.errors import InDoubtError, RetryableError
from shared.flows import keys
from shared.model.books import Bucket
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.returns import Return, ReturnLine, ReturnStatus
from shared.ports import Message
from tests.domain.world import NOW
from tests.flows.order_world import case
from tests.flows.test_credits import refund, refunded, unit
from tests.flows.world import World, gbp, order

SETTLE_S = 60
CHECK = {"case": "shop:77", "check": "duplicates"}


@pytest.fixture
def world() -> World:
    """An order of two hats, known to the ERP; what is asked of it next it does not hear of."""
    world = World()
    world.know("M")
    world.capture.take(order())
    world.sender.send("shop:77")
    world.erp.errors, world.erp.keeps = [InDoubtError("timed out")], False
    return world


def lost_once(world: World, step: str) -> None:
    """Posted, never answered, not found once it cannot land any more, and posted again."""
    act = {"credit": world.crediting.credit, "return": world.authorising.ask}[step]
    with pytest.raises(RetryableError):
        act("shop:77")
    world.clock.advance(seconds=SETTLE_S)
    world.queues.sent.clear()
    act("shop:77")


def checks(world: World) -> list[Message]:
    return [m for m in world.queues.sent if m.body.get("check") == "duplicates"]


def checked(world: World) -> bool:
    """What the function that writes to the ERP does of such a message."""
    due = world.sender.check_duplicates("shop:77")
    if due:
        world.authorising.check_duplicates("shop:77")
        world.crediting.check_duplicates("shop:77")
    return due


def bill(
    document: str, bills: str, reference: str, kind: BillingKind, minor: int
) -> BillingDocument:
    line = BilledLine(erp_item="10", quantity=1, net=gbp(minor), tax=gbp(0))
    return BillingDocument(
        document=document, kind=kind, bills=bills, reference=reference, issued_at=NOW,
        total=gbp(minor), tax=gbp(0), lines=(line,),
    )  # fmt: skip


def test_a_credit_that_lands_twice_is_told_with_the_one_to_reject(world: World) -> None:
    refunded(world, refund("9", 1999, unit()))
    lost_once(world, "credit")
    assert [(dict(m.body), m.delay_s) for m in checks(world)] == [(CHECK, SETTLE_S)]
    world.erp.credits.append(("6000", world.erp.credits[0][1]))  # the first one, after all
    world.clock.advance(seconds=SETTLE_S)
    assert checked(world)
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("duplicate_in_erp", "shop:77/9")
    assert (issue.field, issue.value, issue.at_risk) == ("reference", "SHOP-R9", gbp(1999))
    assert issue.remedy.startswith("keep 6001, reject all items of 6000")


def test_what_is_billed_of_the_other_credit_is_in_the_books(world: World) -> None:
    refunded(world, refund("9", 1999, unit()))
    lost_once(world, "credit")
    world.erp.credits.append(("6000", world.erp.credits[0][1]))
    billed = bill("91000", "6000", "SHOP-R9", BillingKind.CREDIT_MEMO, 1999)
    world.bills.record(billed)
    assert case(world).bills == ()
    world.clock.advance(seconds=SETTLE_S)
    world.queues.sent.clear()
    checked(world)
    assert [dict(m.body)["key"] for m in world.queues.sent if "key" in m.body] == ["91000"]
    world.bills.record(billed)
    assert [one.document for one in case(world).bills] == ["91000"]
    assert Bucket.NOT_REFUNDED in {s.bucket for s in books.shares(case(world))}


def test_a_return_that_lands_twice_is_told(world: World) -> None:
    asked = Return(
        return_id="shop:5", origin="shop", told_at=NOW, status=ReturnStatus.OPEN,
        lines=(ReturnLine(line_id="1", quantity=1),),
    )  # fmt: skip
    told = order(updated_at=NOW + timedelta(minutes=1), returns=(asked,))
    world.capture.take(told)
    lost_once(world, "return")
    assert [dict(m.body) for m in checks(world)] == [CHECK]
    world.erp.returns.append(("6500", world.erp.returns[0][1]))
    world.clock.advance(seconds=SETTLE_S)
    checked(world)
    (issue,) = [one for one in world.open() if one.kind == "duplicate_in_erp"]
    assert (issue.subject, issue.value) == ("shop:77/shop:5", "SHOP-V5")
    assert issue.remedy.startswith("keep 6501, reject all items of 6500")


def test_what_landed_once_is_not_told(world: World) -> None:
    refunded(world, refund("9", 1999, unit()))
    lost_once(world, "credit")
    world.clock.advance(seconds=SETTLE_S)
    checked(world)
    assert world.open() == []


def test_a_credit_that_was_answered_at_once_is_not_looked_for_again(world: World) -> None:
    world.erp.errors = []
    refunded(world, refund("9", 1999, unit()))
    world.crediting.credit("shop:77")
    assert checks(world) == []


def test_a_check_that_comes_before_no_request_can_land_is_sent_on(world: World) -> None:
    refunded(world, refund("9", 1999, unit()))
    lost_once(world, "credit")
    world.queues.sent.clear()
    world.clock.advance(seconds=20)
    assert not checked(world)
    assert [(m.queue, dict(m.body), m.delay_s) for m in world.queues.sent] == [
        (keys.write_queue("erp"), CHECK, 40)
    ]


def test_a_bill_of_the_second_order_under_a_reference_is_told(world: World) -> None:
    world.bills.record(bill("90002", "5002", "SHOP-77", BillingKind.INVOICE, 3998))
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("duplicate_in_erp", "shop:77/5002")
    assert (issue.field, issue.value, issue.at_risk) == ("bills", "5002", gbp(3998))
    assert "the one that is kept is 5001" in issue.summary
    world.bills.record(bill("90001", "5001", "SHOP-77", BillingKind.INVOICE, 3998))
    assert len(world.open()) == 1


def test_a_bill_that_overtakes_the_acceptance_of_its_order_is_no_second_one() -> None:
    world = World()
    world.know("M")
    world.capture.take(order())
    world.bills.record(bill("90001", "5001", "SHOP-77", BillingKind.INVOICE, 3998))
    assert world.open() == []
