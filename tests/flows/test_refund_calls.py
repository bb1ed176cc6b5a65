"""Refunds by call: never above what was captured, asked of the channel once, credited once."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import books
from shared.errors import InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.issues import open_page
from shared.flows.refund_calls import RefundCalls
from shared.flows.refunds_told import RefundTeller
from shared.model.asked_refund import AskedRefund
from shared.model.base import Json
from shared.model.books import Bucket
from shared.model.case import Case
from shared.model.issue import IssueKind
from shared.model.order import Discount, Order, Payment, PaymentKind, Refund, ShippingLine
from shared.model.order_policy import OrderPolicy
from tests.domain.world import NOW
from tests.flows.world import World, gbp, order, shipment

CARD = Payment(
    reference="T1", gateway="card", kind=PaymentKind.CAPTURE, succeeded=True, amount=gbp(4493)
)
POST = ShippingLine(title="Post", code="POST", price=gbp(495))


@dataclass
class FakeTill:
    """A channel that gives money back; its answer is lost if it `loses`, or it `refuses`."""

    made: list[AskedRefund] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    loses: bool = False
    refuses: bool = False

    def refunds_named(self, order: Order, name: str) -> list[str]:
        del order
        return [f"R{i}" for i, one in enumerate(self.made) if one.name == name]

    def make_refund(self, order: Order, asked: AskedRefund, key: str) -> str:
        del order
        self.keys.append(key)
        if self.refuses:
            raise RejectedError("the payment is too old", field="transactions/0")
        self.made.append(asked)
        if self.loses:
            self.loses = False
            raise InDoubtError("the answer was lost")
        return f"R{len(self.made) - 1}"


class Desk:
    """An order of two hats that have left, with its postage, paid by card."""

    def __init__(self, **over: object) -> None:
        self.world = w = World()
        w.know("M")
        w.erp.stock["HAT-M"] = 8
        said = {"total": gbp(4493), "shipping": (POST,), "payments": (CARD,)}
        self.order = order().model_copy(update=said | over)
        w.capture.take(self.order)
        w.sender.send("shop:77")
        w.shipments.record(shipment(), source=w.erp)
        w.teller.tell("shop:77")
        w.queues.sent.clear()
        self.till = FakeTill()
        settle = timedelta(seconds=60)
        self.calls = RefundCalls(
            w.store, w.queues, w.cases, w.clock, w.retailer, frozenset({"shop"})
        )
        self.teller = RefundTeller("shop", self.till, w.cases, w.queues, w.issues, w.clock, settle)

    def ask(self, key: str = "k1", **over: object) -> dict[str, Any]:
        said = {"order_id": "shop:77", "refund_id": "CS-1", "reason": "broken"} | over
        return self.calls.take(said, caller="desk", key=key)

    def tell(self) -> None:
        self.teller.tell("shop:77")

    def echo(self, refund_id: str = "R0") -> None:
        """The channel tells of what it made, as of any refund."""
        asked = self.till.made[0]
        units = tuple(line for line in asked.lines if line.quantity)
        refund = Refund(
            refund_id=refund_id,
            created_at=NOW,
            total=asked.total,
            lines=units,
            freight=asked.freight,
            asked=asked.name,
        )
        self.world.capture.take(self.order.model_copy(update={"refunds": (refund,)}))

    def case(self) -> Case:
        found = self.world.cases.find("shop:77")
        assert found is not None
        return found.case

    def refused(self, **over: object) -> RejectedError:
        with pytest.raises(RejectedError) as refused:
            self.ask(key=f"k{over}", **over)
        return refused.value


@pytest.fixture
def desk() -> Desk:
    return Desk()


ONE: Json = [{"line_id": "1", "quantity": 1}]


def test_a_refund_is_asked_of_the_channel_and_is_what_the_channel_tells(desk: Desk) -> None:
    said = desk.ask(lines=ONE)
    assert (said["state"], said["total"], said["left"]) == ("asked", "19.99", "24.94")
    (message,) = desk.world.queues.sent
    assert (message.queue, message.body) == ("shop-write", {"ship": "shop:77"})
    desk.tell()
    assert desk.case().refunds == ()
    assert desk.world.queues.sent[-1].body == {"read": "order", "key": "77"}
    desk.echo()
    (refund,) = desk.case().refunds
    assert (refund.refund_id, refund.total, refund.asked) == ("R0", gbp(1999), said["name"])


def test_the_channel_s_echo_makes_no_second_refund_nor_credit_memo(desk: Desk) -> None:
    desk.ask(lines=ONE)
    desk.tell()
    for _ in range(3):
        desk.echo()
        desk.tell()
        desk.world.crediting.credit("shop:77")
    assert len(desk.till.made) == len(desk.case().refunds) == len(desk.world.erp.credits) == 1


def test_an_echo_that_is_told_before_the_answer_came_is_the_same_refund(desk: Desk) -> None:
    desk.ask(lines=ONE)
    desk.till.loses = True
    with pytest.raises(RetryableError):
        desk.tell()
    desk.echo()
    desk.tell()
    assert len(desk.till.made) == len(desk.case().refunds) == 1
    assert desk.ask(lines=ONE)["state"] == "asked"  # as it was answered the first time
    assert desk.ask(key="k2", lines=ONE)["state"] == "refunded"


def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(desk: Desk) -> None:
    desk.ask(lines=ONE)
    desk.till.loses = True
    with pytest.raises(RetryableError):
        desk.tell()
    desk.tell()
    assert len(desk.till.made) == 1


def test_the_same_call_twice_is_one_refund(desk: Desk) -> None:
    first = desk.ask(lines=ONE)
    assert desk.ask(lines=ONE) == first
    assert desk.ask(key="another", lines=ONE)["left"] == first["left"]
    assert len(desk.case().asked) == 1
    assert desk.refused(lines=ONE, reason="late").field == "refund_id"


def test_never_more_than_was_captured_less_what_went_back_or_is_about_to(desk: Desk) -> None:
    desk.ask(lines=ONE, shipping="4.95")
    refused = desk.refused(refund_id="CS-2", appeasement="20.00")
    assert (refused.code, refused.field, refused.value) == ("exceeds", "appeasement", "20.00")
    assert "19.99" in (refused.remedy or "")
    assert desk.ask(key="k3", refund_id="CS-2", appeasement="19.99")["left"] == "0.00"
    assert desk.refused(refund_id="CS-3", appeasement="0.01").code == "exceeds"


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"lines": [{"line_id": "1", "quantity": 3}]}, "lines.0.quantity", "exceeds"),
        ({"lines": [{"line_id": "9", "quantity": 1}]}, "lines.0.line_id", "malformed"),
        ({"lines": [{"line_id": "1"}, {"line_id": "1"}]}, "lines.1.line_id", "malformed"),
        ({"lines": [{"line_id": "1", "amount": "39.99"}]}, "lines.0.amount", "exceeds"),
        ({"shipping": "4.96"}, "shipping", "exceeds"),
        ({"appeasement": "-1.00"}, "appeasement", "malformed"),
        ({"appeasement": "1.001"}, "appeasement", "malformed"),
        ({}, "lines", "malformed"),
        (
            {"appeasement": "1.00", "tenders": [{"payment": "T9", "amount": "1.00"}]},
            "tenders.0.payment",
            "malformed",
        ),
        (
            {"appeasement": "1.00", "tenders": [{"payment": "T1", "amount": "0.99"}]},
            "tenders",
            "malformed",
        ),
    ],
)
def test_what_is_wrong_is_named_and_keeps_nothing(
    desk: Desk, said: dict[str, Any], field: str, code: str
) -> None:
    refused = desk.refused(**said)
    assert (refused.field, refused.code) == (field, code)
    assert refused.remedy
    assert desk.case().asked == ()


def test_units_that_have_not_left_are_cancelled_and_not_refunded(desk: Desk) -> None:
    found = desk.case()
    row = desk.world.cases.find("shop:77")
    assert row is not None
    desk.world.cases.commit(found.model_copy(update={"shipments": ()}), row.rev)
    assert desk.refused(lines=ONE).field == "lines.0.quantity"
    assert desk.ask(appeasement="5.00")["total"] == "5.00"


def test_units_are_worth_what_was_paid_for_them_to_the_cent() -> None:
    made = order()
    line = made.lines[0].model_copy(update={"discounts": (Discount(title="TEN", amount=gbp(99)),)})
    desk = Desk(lines=(line,), total=gbp(4394))
    totals = [desk.ask(key=f"k{n}", refund_id=f"CS-{n}", lines=ONE)["total"] for n in (1, 2)]
    assert totals == ["19.49", "19.50"]


def test_a_refund_the_channel_refuses_is_told_and_may_be_asked_for_again(desk: Desk) -> None:
    desk.ask(lines=ONE)
    desk.till.refuses = True
    desk.tell()
    (issue,), _ = open_page(desk.world.store)
    assert issue.kind is IssueKind.REFUND_REJECTED
    assert "the payment is too old" in issue.summary
    assert desk.ask(key="k2", refund_id="CS-2", appeasement="44.93")["left"] == "0.00"
    desk.till.refuses = False
    desk.teller.tell("shop:77", retry_rejected=True)
    assert len(set(desk.till.keys)) == 3  # a refusal spends its key


def test_a_refund_of_what_somebody_else_collects_is_recorded_and_credited() -> None:
    desk = Desk(called=True, payments=())
    said = desk.ask(lines=ONE, appeasement="1.00")
    assert (said["state"], said["total"], said["left"]) == ("recorded", "20.99", "23.94")
    (message,) = desk.world.queues.sent
    assert (message.queue, message.body) == ("erp-write", {"case": "shop:77"})
    desk.world.crediting.credit("shop:77")
    ((_, wish),) = desk.world.erp.credits
    assert wish.reference == f"SHOP-R{said['name']}"
    assert desk.case().refunds[0].total == gbp(2099)


def test_a_channel_that_gives_nothing_back_is_not_asked(desk: Desk) -> None:
    calls = RefundCalls(
        desk.world.store,
        desk.world.queues,
        desk.world.cases,
        desk.world.clock,
        desk.world.retailer,
        frozenset(),
    )
    said = {"order_id": "shop:77", "refund_id": "CS-1", "reason": "x", "appeasement": "1.00"}
    with pytest.raises(RejectedError) as refused:
        calls.take(said, caller="desk", key="k1")
    assert refused.value.field == "order_id"


def test_the_books_of_an_order_agree_once_it_is_refunded_by_call_and_credited(desk: Desk) -> None:
    desk.ask(lines=ONE)
    desk.tell()
    desk.echo()
    desk.world.crediting.credit("shop:77")
    shares = books.shares(desk.case(), OrderPolicy())
    assert Bucket.NOT_REFUNDED not in {share.bucket for share in shares}


def test_a_refund_that_is_asked_for_waits_in_the_lane_of_its_channel(desk: Desk) -> None:
    desk.ask(lines=ONE)
    row = desk.world.cases.find("shop:77")
    assert row is not None
    assert desk.world.cases.put(row.case, row.rev).lane == keys.case_lane("shop")
    desk.tell()
    assert desk.world.cases.put(desk.case(), row.rev).lane is None
