"""Amounts of an order that changed: told to the ERP, compared with it, and never dropped."""

import pytest

from shared.flows import keys
from shared.model.case import CaseState
from shared.model.issue import Issue
from shared.model.order import Discount, Order, Refund, RefundLine, ShippingLine
from tests.domain.world import NOW
from tests.flows.order_world import accepted, case, ordering
from tests.flows.test_amend import ask, at, told
from tests.flows.world import World, gbp, order


@pytest.fixture
def world() -> World:
    return ordering()


def given_up(units: int) -> Refund:
    line = RefundLine(
        line_id="1", quantity=units, amount=gbp(1999 * units), tax=gbp(0), cancelled=True
    )
    return Refund(refund_id="9", created_at=NOW, total=gbp(1999 * units), lines=(line,))


def discounted(minutes: int = 1, off: int = 100) -> Order:
    made = told(minutes)
    (line,) = made.lines
    line = line.model_copy(update={"discounts": (Discount(title="sale", amount=gbp(off)),)})
    return made.model_copy(update={"lines": (line,), "total": gbp(3998 - off)})


def carried(minutes: int = 0, price: int = 495) -> Order:
    post = ShippingLine(title="Post", code="P", price=gbp(price))
    return told(minutes, shipping=(post,), total=3998 + price)


def issue(world: World) -> Issue:
    (found,) = world.open()
    return found


def test_a_total_that_is_not_what_is_left_is_one_exception_until_a_replay_mends_it(
    world: World,
) -> None:
    accepted(world)
    world.erp.comes_to, world.erp.nets = gbp(2049), {"10": gbp(2049)}
    for _ in range(2):
        world.capture.take(told(1, refunds=(given_up(1),)))
        ask(world)
    found = issue(world)
    assert (found.kind, found.subject, found.field, found.count) == (
        "totals_differ",
        "shop:77/erp",
        "lines.1",
        1,
    )
    assert "19.99 GBP is left of it in its channel, ERP 20.49 GBP; look at line 1" in found.summary
    assert found.replay == keys.asked_again("erp", "shop:77", "amounts")
    world.erp.comes_to = gbp(1999)
    world.amender.amend("shop:77", anew=True)
    assert world.open() == []
    assert world.erp.amended[-1].lines[0].units == 1


def test_where_every_line_is_right_the_freight_or_the_taxes_are_named(world: World) -> None:
    accepted(world)
    world.erp.comes_to, world.erp.nets = gbp(2000), {"10": gbp(1999)}
    world.capture.take(told(1, refunds=(given_up(1),)))
    ask(world)
    assert issue(world).field == "total"
    assert issue(world).summary.endswith("look at freight and taxes")


def test_a_discount_given_later_is_told_once(world: World) -> None:
    accepted(world)
    for _ in range(3):
        world.capture.take(discounted())
        ask(world)
    (wish,) = world.erp.amended
    assert [(x.units, x.amounts and x.amounts.off) for x in wish.lines] == [(2, gbp(100))]
    assert (case(world).told, case(world).order.total) == (None, gbp(3898))
    assert world.kinds() == []


def test_a_discount_taken_back_again_is_told_too(world: World) -> None:
    accepted(world)
    for minutes, off in ((1, 100), (2, 0), (3, 50)):
        world.capture.take(discounted(minutes, off))
        ask(world)
    offs = [x.lines[0].amounts and x.lines[0].amounts.off for x in world.erp.amended]
    assert offs == [gbp(100), gbp(0), gbp(50)]


def test_shipping_that_is_removed_after_goods_have_left_is_told_of(world: World) -> None:
    world.capture.take(carried())
    world.sender.send("shop:77")
    world.erp.freight_stays = True
    for _ in range(2):
        world.capture.take(told(1))
        ask(world)
    assert len(world.erp.amended) == 1
    assert (issue(world).kind, issue(world).subject) == ("change_rejected", "shop:77")
    assert issue(world).value == "freight stays as it was, since goods have left"


def test_shipping_that_is_removed_ends_in_the_erp(world: World) -> None:
    world.capture.take(carried())
    world.sender.send("shop:77")
    world.queues.sent.clear()
    for _ in range(2):
        world.capture.take(told(1))
        ask(world)
    (wish,) = world.erp.amended
    assert wish.lines == ()
    assert wish.header is not None
    assert wish.header.freight == {}
    assert case(world).erp_header is None
    assert case(world).told is None


def test_the_freight_of_a_cancelled_order_ends_with_it(world: World) -> None:
    world.capture.take(carried())
    world.sender.send("shop:77")
    world.queues.sent.clear()
    world.capture.take(carried(1).model_copy(update={"cancelled_at": at(1)}))
    ask(world)
    (wish,) = world.erp.amended
    assert (wish.lines[0].units, wish.header and wish.header.freight) == (0, {})
    assert case(world).state is CaseState.CANCELLED


def test_what_the_erp_will_not_hold_is_one_exception_and_asked_again_by_replay_alone(
    world: World,
) -> None:
    world.capture.take(carried())
    world.sender.send("shop:77")
    world.queues.sent.clear()
    world.erp.keeps_header = "freight: it is invoiced"
    for _ in range(3):
        world.capture.take(carried(1, 600))
        ask(world)
    found = issue(world)
    assert (found.kind, found.count, found.value) == (
        "change_rejected",
        1,
        "freight: it is invoiced",
    )
    assert len(world.erp.amended) == 1
    assert case(world).erp_header is not None
    world.erp.keeps_header = ""
    world.amender.amend("shop:77", retry_rejected=True)
    assert world.open() == []
    assert case(world).erp_header is None


def test_an_order_that_was_not_changed_is_not_looked_at_in_the_erp(world: World) -> None:
    accepted(world)
    world.capture.take(order(updated_at=at(1)))
    ask(world)
    assert world.erp.amended == []
