"""Returns that the ERP made are opened in the channel too, once, and are one return."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows.cases import Cases
from shared.flows.returns_opened import ReturnTeller
from shared.model.case import IntentState
from shared.model.order import Order
from shared.model.returns import ErpReturn, Return
from tests.domain.world import RETAILER
from tests.flows.test_returns import asked, case, granted, made, refund, state, told, work
from tests.flows.world import World, order, shipment

INTENT = "open_return#erp:6001"


@dataclass
class Shop:
    """Holds what was opened; `errors` are raised after it was, if `keeps`."""

    opened: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    keeps: bool = True

    def returns_named(self, order: Order, return_id: str) -> Sequence[str]:
        del order
        return ["31" for name in self.opened if name == return_id]

    def open_return(self, order: Order, one: Return) -> str:
        del order
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            assert one.return_id not in self.opened, "a return is opened twice"
            self.opened.append(one.return_id)
        if error is not None:
            raise error
        return "31"


class Opening:
    def __init__(self, **more: object) -> None:
        connections = tuple(
            c.model_copy(update={"settings": {**c.settings, "open_returns": True}, **more})
            if c.name == "shop"
            else c
            for c in RETAILER.connections
        )
        self.world = w = World(RETAILER.model_copy(update={"connections": connections}))
        w.know("M")
        w.erp.stock["HAT-M"] = 8
        w.capture.take(order())
        w.sender.send("shop:77")
        w.shipments.record(shipment(), source=w.erp)
        w.queues.sent.clear()
        self.shop = Shop()
        settle = w.sender.settle
        self.teller = ReturnTeller("shop", self.shop, w.cases, w.queues, w.issues, w.clock, settle)

    def record(self, said: ErpReturn | None = None) -> None:
        self.world.returns.record(said or made(), source=self.world.erp)

    def tell(self, *, again: bool = False) -> None:
        self.teller.tell("shop:77", retry_rejected=again)


@pytest.fixture
def opening() -> Opening:
    return Opening()


def test_a_return_the_erp_made_is_opened_once(opening: Opening) -> None:
    opening.record()
    assert [dict(m.body) for m in opening.world.queues.take("shop-write")] == [{"ship": "shop:77"}]
    for _ in range(2):
        opening.record()
        opening.tell()
    assert opening.shop.opened == ["erp:6001"]
    assert state(opening.world, INTENT) is IntentState.APPLIED


def test_its_echo_is_the_same_return_and_the_erp_is_asked_for_none(opening: Opening) -> None:
    opening.record()
    opening.tell()
    echo = granted().model_copy(update={"names": "erp:6001"})
    told(opening.world, echo)
    work(opening.world)
    assert asked(opening.world) == []
    assert [(r.return_id, r.called) for r in case(opening.world).returns] == [
        ("erp:6001", ("shop:31",))
    ]
    assert opening.world.erp.credits == []


def test_a_lost_answer_is_looked_for_before_it_is_opened_again(opening: Opening) -> None:
    opening.record()
    opening.shop.errors = [InDoubtError("timed out")]
    with pytest.raises(RetryableError):
        opening.tell()
    opening.tell()
    assert opening.shop.opened == ["erp:6001"]


def test_what_never_arrived_is_opened_once_it_cannot_land(opening: Opening) -> None:
    opening.record()
    opening.shop.errors, opening.shop.keeps = [InDoubtError("timed out")], False
    for _ in range(2):
        with pytest.raises(RetryableError):
            opening.tell()
    opening.world.clock.advance(seconds=60)
    opening.tell()
    assert opening.shop.opened == ["erp:6001"]


def test_what_the_channel_refuses_is_told_and_opened_by_a_replay(opening: Opening) -> None:
    opening.record()
    opening.shop.errors, opening.shop.keeps = [RejectedError("1 cannot come back")], False
    opening.tell()
    opening.tell()
    (issue,) = [one for one in opening.world.open() if one.kind == "return_rejected"]
    assert issue.subject == "shop:77/erp:6001"
    assert issue.replay == {"queue": "shop-write", "ship": "shop:77", "retry": "rejected"}
    opening.tell(again=True)
    assert opening.shop.opened == ["erp:6001"]
    assert "return_rejected" not in opening.world.kinds()


def test_what_was_refunded_meanwhile_is_not_opened(opening: Opening) -> None:
    opening.record()
    told(opening.world, refunds=(refund(),))
    opening.tell()
    assert opening.shop.opened == []
    assert state(opening.world, INTENT) is IntentState.APPLIED


@pytest.mark.parametrize("keeps", [True, False])
def test_what_may_be_open_is_looked_for_though_it_was_refunded_meanwhile(
    opening: Opening, *, keeps: bool
) -> None:
    opening.record()
    opening.shop.errors, opening.shop.keeps = [InDoubtError("timed out")], keeps
    with pytest.raises(RetryableError):
        opening.tell()
    told(opening.world, refunds=(refund(),))
    opening.world.queues.sent.clear()
    if not keeps:
        with pytest.raises(RetryableError, match="may still land"):
            opening.tell()
        opening.world.clock.advance(seconds=60)
    opening.tell()
    assert opening.shop.opened == ["erp:6001"] * keeps
    assert state(opening.world, INTENT) is IntentState.APPLIED
    assert len(opening.world.queues.take("shop-read")) == keeps


def test_what_waited_when_the_setting_was_taken_back_waits_no_longer(opening: Opening) -> None:
    opening.record()
    taken = replace(opening.teller, cases=Cases(opening.world.store, opening.world.clock, RETAILER))
    taken.tell("shop:77")
    assert opening.shop.opened == []
    assert state(opening.world, INTENT) is IntentState.APPLIED


def test_a_return_that_a_refund_asked_for_is_not_opened(opening: Opening) -> None:
    told(opening.world, granted())
    work(opening.world)
    opening.record(made("6501", reference="SHOP-V31"))
    opening.tell()
    assert opening.shop.opened == []


def test_a_channel_that_locks_us_out_is_told_of_and_asked_later(opening: Opening) -> None:
    opening.record()
    opening.shop.errors, opening.shop.keeps = [AccessError("write_returns")], False
    with pytest.raises(RetryableError):
        opening.tell()
    assert "access" in opening.world.kinds()
    opening.tell()
    assert opening.shop.opened == ["erp:6001"]


def test_nothing_is_opened_in_shadow() -> None:
    opening = Opening(shadow=True)
    opening.record()
    opening.tell()
    assert opening.shop.opened == []


def test_without_the_setting_nothing_is_planned() -> None:
    opening = Opening(settings={})
    opening.record()
    opening.tell()
    assert state(opening.world, INTENT) is None
    assert opening.shop.opened == []


def test_an_order_nobody_knows_has_nothing_to_open(opening: Opening) -> None:
    opening.teller.tell("shop:78")
    assert opening.shop.opened == []
