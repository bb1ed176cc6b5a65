"""Refunds we ask the shop for: made once, of the payments meant, told back by their note."""

from typing import Any

import pytest

from shared.domain import asked_refunds
from shared.errors import InDoubtError, RejectedError
from shared.model.asked_refund import AskedRefund
from shared.model.base import Json
from shared.model.case import Case, CaseState
from shared.model.order import Order
from shared.model.order_policy import OrderPolicy
from shared.model.refund_call import RefundCall
from tests.connectors.shopify.world import NOW, World, world


class Sale:
    """Two mugs with their postage, paid at once, of which both have left."""

    def __init__(self, **over: Json) -> None:
        self.there: World = world()
        line: Json = {"title": "A", "price": "9.00", "quantity": 2, "discount": {"amount": "1.00"}}
        wish: dict[str, Json] = {"lines": [line], "tax_rate": "0.19"}
        self.placed = self.there.ordered(**(wish | over))

    @property
    def order(self) -> Order:
        return self.there.read(self.placed)

    def asked(self, **over: object) -> AskedRefund:
        order = self.order
        said = {"order_id": order.order_id, "refund_id": "R1", "reason": "broken"} | over
        case = Case(order=order, reference="X", state=CaseState.SHIPPED, captured_at=NOW)
        call = RefundCall.model_validate(said)
        return asked_refunds.asked(case, call, OrderPolicy(), at=NOW)

    def make(self, asked: AskedRefund, key: str = "k1") -> str:
        return self.there.shop.make_refund(self.order, asked, key)

    def find(self, name: str) -> list[str]:
        return list(self.there.shop.refunds_named(self.order, name))


def test_a_refund_is_made_and_told_back_under_its_name() -> None:
    sale = Sale()
    asked = sale.asked(appeasement="2.50")
    made = sale.make(asked)
    assert sale.find(asked.name) == [made]
    assert sale.find("C000000000") == []
    (refund,) = sale.order.refunds
    assert (refund.refund_id, refund.asked, refund.total.text()) == (made, asked.name, "2.50")


def test_a_refund_that_staff_make_was_asked_for_by_nobody() -> None:
    sale = Sale()
    sale.there.simulator.control("refund", order=sale.placed["id"], lines=[], amount="1.00")
    (refund,) = sale.order.refunds
    assert refund.asked is None


def test_the_same_key_twice_is_one_refund() -> None:
    sale = Sale()
    asked = sale.asked(appeasement="2.50")
    order = sale.order
    makes = [sale.there.shop.make_refund(order, asked, "k1") for _ in range(2)]
    assert makes[0] == makes[1]
    assert len(sale.order.refunds) == 1


def test_a_lost_answer_is_a_doubt_and_the_refund_is_found() -> None:
    sale = Sale()
    asked = sale.asked(appeasement="2.50")
    order = sale.order
    sale.there.wire.loses = "GiveBack"
    with pytest.raises(InDoubtError):
        sale.there.shop.make_refund(order, asked, "k1")
    assert len(sale.find(asked.name)) == 1


def test_each_payment_gives_back_what_is_said_of_it() -> None:
    sale = Sale(gift_card="5.00")
    card, gift = sorted(sale.order.payments, key=lambda p: p.gateway == "gift_card")
    tenders = [{"payment": gift.reference, "amount": "4.00"}]
    tenders += [{"payment": card.reference, "amount": "1.00"}]
    sale.make(sale.asked(appeasement="5.00", tenders=tenders))
    back: Any = sale.there.simulator.control("payments", order=sale.placed["id"])
    gone = {one["gateway"]: one["amount"] for one in back if one["kind"] == "REFUND"}
    assert gone == {"gift_card": 400, card.gateway: 100}


def test_more_than_is_left_is_refused_by_the_shop() -> None:
    sale = Sale()
    asked = sale.asked(appeasement="10.00")
    order = sale.order
    sale.make(asked, "k1")
    with pytest.raises(RejectedError, match="more than can be refunded"):
        sale.there.shop.make_refund(order, asked.model_copy(update={"name": "C000000001"}), "k2")


def test_a_refund_goes_back_in_the_currency_the_shopper_paid_in() -> None:
    sale = Sale(shown_in="SEK", rate="11.25")
    order = sale.order
    asked = sale.asked(appeasement=order.total.text())
    sale.make(asked)
    (refund,) = sale.order.refunds
    assert refund.total == order.total
    assert refund.shopper == order.shopper_total == asked.shopper
