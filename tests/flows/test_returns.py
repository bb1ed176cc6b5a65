"""Returns: granted ones reach the ERP once, and the ERP's own meet what the channel refunds."""

from datetime import timedelta

import pytest

from shared.errors import InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.recovery import Sweep
from shared.model.case import Case, CaseState, IntentKind, IntentState
from shared.model.erp_events import RefundCredited
from shared.model.order import Refund, RefundLine
from shared.model.return_events import ReturnAuthorised, ReturnReceived
from shared.model.returns import (
    Disposition,
    ErpReceipt,
    ErpReceiptLine,
    ErpReturn,
    ErpReturnLine,
    Return,
    ReturnLine,
    ReturnStatus,
)
from shared.ports import Message
from tests.domain.world import NOW
from tests.flows.world import World, gbp, order, shipment


@pytest.fixture
def world() -> World:
    """An order of two hats that have left."""
    world = World()
    world.know("M")
    world.erp.stock["HAT-M"] = 8
    world.capture.take(order())
    world.sender.send("shop:77")
    world.shipments.record(shipment(), source=world.erp)
    world.queues.sent.clear()
    world.bus.events.clear()
    return world


def granted(units: int = 1, status: ReturnStatus = ReturnStatus.OPEN, minutes: int = 1) -> Return:
    return Return(
        return_id="shop:31",
        origin="shop",
        status=status,
        told_at=NOW + timedelta(minutes=minutes),
        lines=(ReturnLine(line_id="1", quantity=units),),
    )


def told(world: World, *returns: Return, refunds: tuple[Refund, ...] = ()) -> None:
    at = max((one.told_at for one in returns), default=NOW + timedelta(minutes=1))
    world.capture.take(order(updated_at=at, returns=returns, refunds=refunds))


def made(
    document: str = "6001", *, came: bool = False, reference: str = "", worth: int = 1999
) -> ErpReturn:
    line = ErpReceiptLine(item="10", quantity=1, disposition=Disposition.RESTOCK)
    receipt = ErpReceipt(receipt_id="8401", received_at=NOW, location="london", lines=(line,))
    return ErpReturn(
        document=document,
        erp_order="5001",
        reference=reference,
        told_at=NOW,
        worth=gbp(worth),
        lines=(ErpReturnLine(item="10", erp_item="10", quantity=1),),
        receipts=(receipt,) if came else (),
    )


def refund(name: str = "9", *, of: str | None = None, total: int = 1999) -> Refund:
    line = RefundLine(line_id="1", quantity=1, amount=gbp(1999), tax=gbp(0), restock=True)
    return Refund(refund_id=name, created_at=NOW, total=gbp(total), lines=(line,), return_id=of)


def case(world: World) -> Case:
    found = world.cases.find("shop:77")
    assert found is not None
    return found.case


def asked(world: World) -> list[tuple[str, str, int]]:
    return [(n, w.reference, w.lines[0].quantity) for n, w in world.erp.returns]


def work(world: World) -> None:
    """What the ERP's write queue does with a case."""
    world.authorising.ask("shop:77")
    world.crediting.credit("shop:77")


def state(world: World, name: str) -> IntentState | None:
    intent = case(world).intent(name)
    return intent.state if intent else None


def test_a_granted_return_is_asked_of_the_erp_once(world: World) -> None:
    for _ in range(3):
        told(world, granted())
        work(world)
    assert world.queues.take("erp-write")[0] == Message("erp-write", {"case": "shop:77"})
    assert asked(world) == [("6501", "SHOP-V31", 1)]
    assert case(world).returns[0].document == "6501"
    (event,) = [e for e in world.bus.events if isinstance(e, ReturnAuthorised)]
    assert (event.return_id, event.lines) == ("shop:31", {"1": 1})


def test_a_request_waits_for_the_channel_to_grant_it(world: World) -> None:
    told(world, granted(status=ReturnStatus.REQUESTED))
    work(world)
    assert asked(world) == []
    told(world, granted(minutes=2))
    work(world)
    assert len(asked(world)) == 1


def test_a_declined_return_goes_nowhere(world: World) -> None:
    told(world, granted(status=ReturnStatus.DECLINED))
    work(world)
    assert asked(world) == []


@pytest.mark.parametrize("keeps", [True, False])
def test_a_lost_answer_is_looked_up_before_a_second_post(world: World, *, keeps: bool) -> None:
    told(world, granted())
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], keeps
    with pytest.raises(RetryableError):
        world.authorising.ask("shop:77")
    assert state(world, "return#shop:31") is IntentState.IN_DOUBT
    world.clock.advance(minutes=2)
    world.authorising.ask("shop:77")
    assert len(asked(world)) == 1
    assert world.erp.asked[-1] == "SHOP-V31"
    assert state(world, "return#shop:31") is IntentState.APPLIED


def test_what_the_erp_tells_of_it_meanwhile_does_not_close_the_doubt(world: World) -> None:
    told(world, granted())
    world.erp.errors = [InDoubtError("lost")]
    with pytest.raises(RetryableError):
        world.authorising.ask("shop:77")
    world.returns.record(made("6501", reference="SHOP-V31"), source=world.erp)
    world.clock.advance(minutes=2)
    world.authorising.ask("shop:77")
    assert state(world, "return#shop:31") is IntentState.APPLIED
    assert [one.return_id for one in case(world).returns] == ["shop:31"]


def test_a_refusal_is_one_exception_that_a_replay_ends(world: World) -> None:
    told(world, granted())
    world.erp.errors, world.erp.keeps = [RejectedError("no item", field="Material")], False
    world.authorising.ask("shop:77")
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("return_rejected", "shop:77/shop:31")
    assert issue.replay == {"queue": "erp-write", "case": "shop:77", "retry": "rejected"}
    world.authorising.ask("shop:77", retry_rejected=True)
    assert (len(asked(world)), world.open()) == (1, [])


def test_the_refund_of_a_return_is_money_alone(world: World) -> None:
    told(world, granted(), refunds=(refund(of="shop:31"),))
    work(world)
    assert [(w.reference, w.goods_back) for _, w in world.erp.credits] == [("SHOP-R9", False)]
    assert len(asked(world)) == 1


def test_goods_received_in_the_erp_are_counted_and_its_stock_read(world: World) -> None:
    told(world, granted())
    work(world)
    world.erp.stock["HAT-M"] = 9
    for _ in range(2):
        world.returns.record(made("6501", came=True), source=world.erp)
    assert case(world).counts.returned == {"1": 1}
    assert case(world).timeline[-1].what == "return received"
    events = [e for e in world.bus.events if isinstance(e, ReturnReceived)]
    assert [(e.return_id, e.told_by, e.complete) for e in events] == [("shop:31", "erp", True)]


def test_a_cancelled_return_the_erp_has_is_told(world: World) -> None:
    told(world, granted())
    work(world)
    told(world, granted(status=ReturnStatus.CANCELLED, minutes=2))
    assert world.kinds() == ["return_differs"]


def test_more_than_was_announced_is_told(world: World) -> None:
    told(world, granted())
    work(world)
    over = made("6501", came=True)
    line = over.receipts[0].lines[0].model_copy(update={"quantity": 2})
    receipt = over.receipts[0].model_copy(update={"lines": (line,)})
    world.returns.record(over.model_copy(update={"receipts": (receipt,)}), source=world.erp)
    assert world.kinds() == ["return_differs"]


def test_a_return_made_in_the_erp_asks_for_its_refund(world: World) -> None:
    world.returns.record(made(came=True), source=world.erp)
    (issue,) = world.open()
    assert (issue.kind, issue.subject, issue.at_risk) == (
        "refund_due",
        "shop:77/erp:6001",
        gbp(1999),
    )
    told(world, refunds=(refund(),))
    work(world)
    assert world.open() == []


@pytest.mark.parametrize("first", ["erp", "shop"])
def test_a_return_of_the_erp_and_a_refund_of_the_channel_meet(world: World, first: str) -> None:
    """Whichever is heard of first: nothing is posted, and the refund has the ERP's document."""
    world.erp.made = [made(came=True)]
    if first == "erp":
        world.returns.record(made(came=True), source=world.erp)
    told(world, refunds=(refund(),))
    work(world)
    if first == "shop":
        world.returns.record(made(came=True), source=world.erp)
    assert (world.erp.credits, world.erp.returns, world.open()) == ([], [], [])
    intent = case(world).intent("credit#9")
    assert intent is not None
    assert (intent.state, intent.result) == (IntentState.APPLIED, "6001")
    assert case(world).counts.returned == {"1": 1}
    assert case(world).state is CaseState.SHIPPED
    (event,) = [e for e in world.bus.events if isinstance(e, RefundCredited)]
    assert event.document == "6001"


def test_another_amount_in_the_erp_is_told_with_both(world: World) -> None:
    world.erp.made = [made(worth=1500)]
    told(world, refunds=(refund(),))
    work(world)
    assert [(i.kind, i.value) for i in world.open()] == [("totals_differ", "15.00 GBP")]


def test_a_return_of_an_order_nobody_knows_is_read_again_when_the_erp_accepts_it() -> None:
    world = World()
    world.know("M")
    world.capture.take(order())
    world.returns.record(made(came=True), source=world.erp)
    assert case(world).returns == ()
    world.sender.send("shop:77")
    assert Message("erp-read", {"read": "return", "key": "6001"}, 60) in world.queues.sent
    world.returns.record(made(came=True), source=world.erp)
    assert len(case(world).returns) == 1


def test_bills_of_a_return_the_erp_made_are_asked_for_by_whoever_links_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They name none of ours, so that one that was read before the link waited for nothing."""
    bills = Message("erp-read", {"read": "invoice", "key": "of:6001"}, 60)
    send = world.queues.send

    def busy(messages: list[Message]) -> None:
        if bills in messages:
            raise RetryableError("the queue is busy")
        send(messages)

    monkeypatch.setattr(world.queues, "send", busy)
    with pytest.raises(RetryableError, match="busy"):
        world.returns.record(made(came=True), source=world.erp)
    monkeypatch.undo()
    told(world, refunds=(refund(),))
    work(world)
    assert state(world, "credit#9") is IntentState.APPLIED
    assert world.erp.credits == []
    assert world.queues.sent.count(bills) == 1
    world.returns.record(made(came=True), source=world.erp)
    assert world.queues.sent.count(bills) == 1


def test_a_return_of_somebody_elses_order_leaves_its_name_alone(world: World) -> None:
    before = len(world.store.written)
    for _ in range(2):
        world.returns.record(made().model_copy(update={"erp_order": "4711"}), source=world.erp)
    assert world.store.written[before:] == [keys.erp_order("erp", "4711")]


def test_what_is_known_is_not_written_again(world: World) -> None:
    world.returns.record(made(), source=world.erp)
    before = len(world.store.written)
    world.returns.record(made(), source=world.erp)
    assert len(world.store.written) == before


def test_a_lost_hint_is_made_good_by_the_sweep(world: World) -> None:
    told(world, granted())
    world.queues.sent.clear()
    world.clock.advance(minutes=5)
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert Message("erp-write", {"case": "shop:77"}) in world.queues.sent
    work(world)
    world.queues.sent.clear()
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert [m for m in world.queues.sent if "case" in m.body] == []


def test_an_exchange_sends_the_new_line_and_takes_the_old_one_back(world: World) -> None:
    first = order().lines[0].model_copy(update={"sku": "HAT-M"})
    second = first.model_copy(update={"line_id": "2", "quantity": 1})
    one = granted().model_copy(update={"exchanged": ("2",)})
    world.capture.take(
        order(updated_at=one.told_at, returns=(one,), lines=(first, second), total=3 * 1999)
    )
    world.amender.amend("shop:77")
    work(world)
    assert world.erp.changed == [("5001", "2", 1)]
    assert len(asked(world)) == 1
    assert case(world).state is CaseState.PARTLY_SHIPPED
    assert [i.kind for i in case(world).intents].count(IntentKind.RETURN) == 1
