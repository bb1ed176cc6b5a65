"""What was refunded reaches the ERP: one document a refund, whatever happens in between."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.recovery import Sweep
from shared.model.case import IntentKind, IntentState
from shared.model.erp_events import RefundCredited
from shared.model.money import Money
from shared.model.order import (
    Order,
    Payment,
    PaymentKind,
    Refund,
    RefundLine,
)
from shared.model.order_events import OrderRefunded
from shared.model.returns import ErpReturn
from shared.ports import Message
from tests.domain.world import NOW
from tests.flows.order_world import case, sold
from tests.flows.world import World, gbp, order

PAID = 2 * 1999


@pytest.fixture
def world() -> World:
    return sold()


def unit(*, restock: bool = True, cancelled: bool = False) -> RefundLine:
    return RefundLine(
        line_id="1",
        quantity=1,
        amount=gbp(1999),
        tax=gbp(0),
        restock=restock,
        cancelled=cancelled,
    )


def refund(name: str = "9", total: int = 1999, *lines: RefundLine) -> Refund:
    return Refund(refund_id=name, created_at=NOW, total=gbp(total), lines=lines)


def told(*refunds: Refund) -> Order:
    return order(updated_at=NOW + timedelta(minutes=len(refunds)), refunds=refunds)


def refunded(world: World, *refunds: Refund) -> None:
    world.capture.take(told(*refunds))


def credited(world: World) -> list[tuple[str, str, bool, int]]:
    return [
        (number, wish.reference, wish.goods_back, sum(c.gross.amount for c in wish.credits))
        for number, wish in world.erp.credits
    ]


def states(world: World) -> dict[str, IntentState]:
    return {i.intent_id: i.state for i in case(world).intents if i.kind is IntentKind.CREDIT}


def later(world: World, minutes: int) -> None:
    world.clock.advance(minutes=minutes)


def test_a_returned_unit_becomes_a_return_in_the_erp(world: World) -> None:
    refunded(world, refund("9", 1999, unit()))
    assert world.queues.take("erp-write") == [Message("erp-write", {"case": "shop:77"})]
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", True, 1999)]
    assert states(world) == {"credit#9": IntentState.APPLIED}
    (event,) = [e for e in world.bus.events if isinstance(e, RefundCredited)]
    assert (event.refund_id, event.document, event.total) == ("9", "6001", gbp(1999))


@pytest.mark.parametrize("lines", [(), (unit(restock=False),)], ids=["goodwill", "kept"])
def test_money_alone_becomes_a_credit_memo_request(
    world: World, lines: tuple[RefundLine, ...]
) -> None:
    refunded(world, refund("9", 500, *lines))
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", False, 500)]


def test_units_that_never_left_are_no_credit(world: World) -> None:
    refunded(world, refund("9", 1999, unit(cancelled=True)))
    world.crediting.credit("shop:77")
    assert credited(world) == []
    assert states(world) == {"credit#9": IntentState.APPLIED}


def test_a_refund_told_again_is_credited_once(world: World) -> None:
    for _ in range(5):
        refunded(world, refund("9", 1999, unit()))
        world.crediting.credit("shop:77")
    assert len(credited(world)) == 1


def test_a_refund_whose_money_was_still_under_way_is_credited_as_it_came_to_be(
    world: World,
) -> None:
    refunded(world, refund("9", 0))
    world.capture.take(told(refund("9", 1999, unit())))
    world.crediting.credit("shop:77")
    assert [(one[1], one[3]) for one in credited(world)] == [("SHOP-R9", 1999)]
    assert [h.detail for h in case(world).timeline if h.what == "refund completed"] == [
        "9: 19.99 GBP"
    ]


def test_a_refund_completed_while_the_erp_is_asked_for_returns_is_credited_whole(
    world: World,
) -> None:
    refunded(world, refund("9", 1999, unit()))
    full = refund("9", 1999, unit()).model_copy(update={"payments": ("b1",)})

    def asked(erp_order: str) -> list[ErpReturn]:
        del erp_order
        world.capture.take(told(full))
        return []

    world.erp.returns_of = asked  # type: ignore[method-assign]
    world.crediting.credit("shop:77")
    assert [(one[1], one[3]) for one in credited(world)] == [("SHOP-R9", 1999)]


def test_several_refunds_sum_to_what_was_paid(world: World) -> None:
    first, second = refund("9", 1999, unit()), refund("10", 1999, unit())
    refunded(world, first)
    world.crediting.credit("shop:77")
    refunded(world, first, second)
    world.crediting.credit("shop:77")
    assert [c[1] for c in credited(world)] == ["SHOP-R9", "SHOP-R10"]
    assert sum(c[3] for c in credited(world)) == PAID


def test_a_refund_waits_until_the_erp_holds_its_order() -> None:
    world = World()
    world.know("M")
    world.capture.take(told(refund("9", 500)))
    world.crediting.credit("shop:77")
    assert credited(world) == []
    world.sender.send("shop:77")
    world.crediting.credit("shop:77")
    assert len(credited(world)) == 1


@pytest.mark.parametrize("keeps", [True, False])
def test_a_lost_answer_is_looked_up_before_anything_is_posted_again(
    world: World, *, keeps: bool
) -> None:
    refunded(world, refund())
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], keeps
    with pytest.raises(RetryableError):
        world.crediting.credit("shop:77")
    assert states(world) == {"credit#9": IntentState.IN_DOUBT}
    if not keeps:
        with pytest.raises(RetryableError, match="may still land"):
            world.crediting.credit("shop:77")
    later(world, 2)
    world.crediting.credit("shop:77")
    assert len(credited(world)) == 1
    assert world.erp.asked[-1] == "SHOP-R9"


@pytest.mark.parametrize("keeps", [True, False])
def test_a_lost_credit_is_looked_for_though_more_than_was_paid_is_known_to_go_back_since(
    world: World, *, keeps: bool
) -> None:
    refunded(world, refund("9", 0, unit()))
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], keeps
    with pytest.raises(RetryableError):
        world.crediting.credit("shop:77")
    refunded(world, refund("9", 9000, unit()))
    if not keeps:
        with pytest.raises(RetryableError, match="may still land"):
            world.crediting.credit("shop:77")
        later(world, 2)
    world.crediting.credit("shop:77")
    ended = IntentState.APPLIED if keeps else IntentState.REJECTED
    assert states(world) == {"credit#9": ended}
    assert len(credited(world)) == keeps
    linked = world.store.get([keys.erp_order("erp", "6001")])
    assert [row.body["order_id"] for row in linked.values()] == ["shop:77"] * keeps
    assert world.kinds() == ["refund_exceeds_paid"]


def test_an_error_before_the_effect_is_simply_tried_again(world: World) -> None:
    refunded(world, refund())
    world.erp.errors, world.erp.keeps = [RetryableError("busy"), AccessError("locked out")], False
    for _ in range(2):
        with pytest.raises(RetryableError):
            world.crediting.credit("shop:77")
        assert states(world) == {"credit#9": IntentState.PLANNED}
    world.crediting.credit("shop:77")
    assert len(credited(world)) == 1


def test_a_refusal_is_one_exception_that_a_replay_ends(world: World) -> None:
    refunded(world, refund())
    world.erp.errors = [RejectedError("no such item", field="Material", value="HAT-M")]
    world.erp.keeps = False
    world.crediting.credit("shop:77")
    world.crediting.credit("shop:77")
    (issue,) = world.open()
    assert (issue.kind, issue.subject, issue.at_risk) == (
        "credit_rejected",
        "shop:77/9",
        gbp(1999),
    )
    assert issue.replay == {"queue": "erp-write", "case": "shop:77", "retry": "rejected"}
    world.crediting.credit("shop:77", retry_rejected=True)
    assert len(credited(world)) == 1
    assert world.open() == []


def test_more_than_was_paid_is_told_and_not_posted(world: World) -> None:
    refunded(world, refund("9", 3000), refund("10", 1500))
    world.crediting.credit("shop:77")
    assert [c[1] for c in credited(world)] == ["SHOP-R9"]
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("refund_exceeds_paid", "shop:77/10")
    assert "9.98 GBP is left" in issue.summary


def test_more_than_a_payment_took_is_told_by_its_gateway(world: World) -> None:
    gift, back = payment("G", 500, "gift_card"), payment("R", 900, "gift_card", PaymentKind.REFUND)
    paid = (payment("C", PAID - 500), gift, back)
    told_ = refund("9", 900).model_copy(update={"payments": ("R",)})
    world.capture.take(told(told_).model_copy(update={"payments": paid}))
    world.crediting.credit("shop:77")
    assert credited(world) == []
    (issue,) = world.open()
    assert (
        "gives back 9.00 GBP, and 5.00 GBP is left of what was paid by gift_card" in issue.summary
    )


def test_a_refund_is_told_on_the_bus_by_payment_and_as_the_shopper_saw_it(world: World) -> None:
    shown = Money(amount=1170, currency="EUR")
    paid = (payment("C", PAID).model_copy(update={"shopper": shown * 4}),)
    order_ = told(refund("9", 1000).model_copy(update={"shopper": shown}))
    world.capture.take(order_.model_copy(update={"payments": paid}))
    (event,) = [e for e in world.bus.events if isinstance(e, OrderRefunded)]
    assert event.shopper == shown
    assert [(t.payment, t.amount, t.shopper) for t in event.tenders] == [("C", gbp(1000), shown)]
    world.crediting.credit("shop:77")
    assert credited(world) == [("6001", "SHOP-R9", False, 1000)]


def payment(
    name: str, minor: int, gateway: str = "card", kind: PaymentKind = PaymentKind.CAPTURE
) -> Payment:
    return Payment(reference=name, gateway=gateway, kind=kind, succeeded=True, amount=gbp(minor))


def test_another_total_in_the_erp_is_told_with_both_amounts(world: World) -> None:
    refunded(world, refund())
    world.erp.differs = gbp(1998)
    world.crediting.credit("shop:77")
    (issue,) = world.open()
    assert (issue.kind, issue.value) == ("totals_differ", "19.98 GBP")


def test_two_documents_of_one_refund_are_told(world: World) -> None:
    refunded(world, refund())
    world.erp.errors = [InDoubtError("lost")]
    with pytest.raises(RetryableError):
        world.crediting.credit("shop:77")
    world.erp.credits.append(("6999", world.erp.credits[0][1]))
    world.crediting.credit("shop:77")
    assert [(i.kind, i.subject) for i in world.open()] == [("duplicate_in_erp", "shop:77/9")]


def test_a_lost_hint_is_made_good_by_the_sweep(world: World) -> None:
    refunded(world, refund())
    world.queues.sent.clear()
    later(world, 5)
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert asked_for(world.queues.sent) == ["shop:77"]
    world.crediting.credit("shop:77")
    world.queues.sent.clear()
    later(world, 5)
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert asked_for(world.queues.sent) == []


def asked_for(sent: Sequence[Message]) -> list[str]:
    queue = keys.write_queue("erp")
    return [m.body["case"] for m in sent if m.queue == queue and "case" in m.body]


@pytest.mark.parametrize(("gift_card", "refused"), [(1000, True), (2998, False)])
def test_no_more_goes_back_than_was_captured_over_all_tenders(
    world: World,
    gift_card: int,
    refused: bool,  # noqa: FBT001
) -> None:
    amounts = {"card": 1000, "gift_card": gift_card}
    paid = tuple(
        Payment(
            reference=name,
            gateway=name,
            kind=PaymentKind.CAPTURE,
            succeeded=True,
            amount=gbp(amount),
        )
        for name, amount in amounts.items()
    )
    world.capture.take(told(refund("9", 2500)).model_copy(update={"payments": paid}))
    world.crediting.credit("shop:77")
    assert bool(world.open()) is refused
    assert len(credited(world)) == (not refused)
