"""An order taken back whole before it left: never billed, so nothing of its refund is credited."""

import pytest

from shared.errors import InDoubtError, RetryableError
from shared.flows import keys
from shared.flows.recovery import Sweep
from shared.model.case import IntentState
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.order import Order, Refund, RefundedFreight, ShippingLine
from tests.domain.world import NOW
from tests.flows.order_world import case, sold
from tests.flows.test_credits import PAID, asked_for, credited, later, refund, states, told, unit
from tests.flows.world import World, gbp, shipment


@pytest.fixture
def world() -> World:
    return sold()


def with_freight(*refunds: Refund) -> Order:
    """The two hats with 4.95 of freight, told anew with these refunds."""
    freight = ShippingLine(title="Courier", code="C", price=gbp(495))
    return told(*refunds).model_copy(update={"shipping": (freight,), "total": gbp(PAID + 495)})


def taken_back(world: World, *, freight: int = 495, over: int = 0) -> None:
    """The shop cancels both hats before they left, and gives back freight and goodwill."""
    both = unit(cancelled=True).model_copy(update={"quantity": 2, "amount": gbp(PAID)})
    back = RefundedFreight(amount=gbp(freight), tax=gbp(0))
    whole = refund("9", PAID + freight + over, both).model_copy(update={"freight": back})
    world.capture.take(with_freight(whole))


def test_freight_of_an_order_that_was_taken_back_whole_was_never_billed(world: World) -> None:
    world.capture.take(with_freight())
    taken_back(world)
    world.amender.amend("shop:77")
    world.crediting.credit("shop:77")
    assert credited(world) == []
    assert states(world) == {"credit#9": IntentState.APPLIED}


def test_goodwill_beside_an_order_that_was_taken_back_whole_is_no_credit(world: World) -> None:
    world.capture.take(with_freight())
    taken_back(world, freight=0, over=200)
    world.amender.amend("shop:77")
    world.crediting.credit("shop:77")
    assert credited(world) == []


@pytest.mark.parametrize("keeps", [True, False], ids=["landed", "lost"])
def test_goodwill_whose_credit_is_in_doubt_is_looked_for_though_the_order_was_taken_back_since(
    world: World, *, keeps: bool
) -> None:
    first = refund("8", 200)
    world.capture.take(with_freight(first))
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], keeps
    with pytest.raises(RetryableError):
        world.crediting.credit("shop:77")
    both = unit(cancelled=True).model_copy(update={"quantity": 2, "amount": gbp(PAID)})
    world.capture.take(with_freight(first, refund("9", PAID, both)))
    world.amender.amend("shop:77")
    if not keeps:
        with pytest.raises(RetryableError, match="may still land"):
            world.crediting.credit("shop:77")
        later(world, 2)
    world.crediting.credit("shop:77")
    assert set(states(world).values()) == {IntentState.APPLIED}
    (intent,) = [one for one in case(world).intents if one.intent_id == "credit#8"]
    assert intent.result == ("6001" if keeps else None)
    assert len(credited(world)) == keeps
    linked = world.store.get([keys.erp_order("erp", "6001")])
    assert [row.body["order_id"] for row in linked.values()] == ["shop:77"] * keeps


def test_whether_freight_is_billed_is_known_once_the_erp_has_let_the_goods_go(
    world: World,
) -> None:
    world.capture.take(with_freight())
    taken_back(world)
    with pytest.raises(RetryableError, match="still to be asked"):
        world.crediting.credit("shop:77")
    world.amender.amend("shop:77")
    world.crediting.credit("shop:77")
    assert credited(world) == []


def test_freight_goes_back_where_some_of_the_order_still_leaves(world: World) -> None:
    world.capture.take(with_freight())
    back = RefundedFreight(amount=gbp(495), tax=gbp(0))
    part = refund("9", 1999 + 495, unit(cancelled=True)).model_copy(update={"freight": back})
    world.capture.take(with_freight(part))
    world.amender.amend("shop:77")
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", False, 495)]


def test_freight_goes_back_where_the_goods_had_left_when_they_were_cancelled(
    world: World,
) -> None:
    world.capture.take(with_freight())
    world.shipments.record(shipment(), source=world.erp)
    taken_back(world)
    world.amender.amend("shop:77")
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", False, 495)]


def let_go(world: World) -> None:
    """The order was taken back whole, and its refund closed without a credit."""
    world.capture.take(with_freight())
    taken_back(world)
    world.amender.amend("shop:77")
    world.crediting.credit("shop:77")
    world.queues.sent.clear()
    assert credited(world) == []


def test_freight_that_was_billed_all_the_same_is_credited_then(world: World) -> None:
    let_go(world)
    line = BilledLine(erp_item="10", quantity=0, net=gbp(495), tax=gbp(0))
    bill = BillingDocument(
        document="90001", kind=BillingKind.INVOICE, bills="5001", issued_at=NOW, total=gbp(495),
        tax=gbp(0), lines=(line,),
    )  # fmt: skip
    world.bills.record(bill)
    world.crediting.credit("shop:77")
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", False, 495)]


def test_freight_goes_back_where_a_unit_had_left_that_was_heard_of_later(world: World) -> None:
    let_go(world)
    later(world, 2)
    world.shipments.record(shipment(1), source=world.erp)
    later(world, 5)
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert asked_for(world.queues.sent) == ["shop:77"]
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", False, 495)]
