"""Orders paid by gift card and card, in a shopper's own currency, and what is given back."""

import pytest

from shared.domain.tenders import tendered
from shared.model.base import Json
from shared.model.money import Money
from shared.model.order import Order, PaymentKind
from tests.connectors.shopify.world import World, eur, world

CART: Json = [{"title": "A", "price": "30.00", "quantity": 2}]


def usd(amount: int) -> Money:
    return Money(amount=amount, currency="USD")


def placed(there: World, **more: Json) -> dict[str, Json]:
    return there.ordered(lines=CART, gift_card="10.00", **more)


def foreign(there: World) -> dict[str, Json]:
    return placed(there, shown_in="USD", rate="1.1055")


def give(there: World, order: dict[str, Json], amount: str, **more: Json) -> Json:
    return there.simulator.control("refund", order=order["id"], lines=[], amount=amount, **more)


def gateways(order: Order, kind: PaymentKind) -> list[tuple[str, Money, Money | None]]:
    return [(p.gateway, p.amount, p.shopper) for p in order.payments if p.kind is kind]


def test_a_gift_card_and_a_card_are_two_payments_and_one_call() -> None:
    there = world()
    order = placed(there)
    before = len(there.wire.sent)
    found = there.read(order)
    assert len(there.wire.sent) - before == 1
    assert gateways(found, PaymentKind.CAPTURE) == [
        ("gift_card", eur(1000), None),
        ("sandbox", eur(5000), None),
    ]
    assert {payment.at for payment in found.payments} == {found.placed_at}
    assert found.shopper_total is None


def test_what_the_shopper_was_shown_stands_beside_the_shops_money() -> None:
    there = world()
    found = there.read(foreign(there))
    assert (found.currency, found.total, found.shopper_total) == ("EUR", eur(6000), usd(6633))
    assert gateways(found, PaymentKind.CAPTURE) == [
        ("gift_card", eur(1000), usd(1106)),
        ("sandbox", eur(5000), usd(5527)),
    ]


def test_a_refund_names_the_payments_it_went_back_to_in_both_currencies() -> None:
    there = world()
    order = foreign(there)
    give(there, order, "12.00", tenders={"gift_card": "3.00", "sandbox": "9.00"})
    found = there.read(order)
    (refund,) = found.refunds
    assert (refund.total, refund.shopper) == (eur(1200), usd(331 + 994))
    shares = tendered(found, found.payments, found.refunds)
    assert isinstance(shares, tuple)
    assert [(s.gateway, s.amount, s.shopper) for s in shares] == [
        ("gift_card", eur(300), usd(331)),
        ("sandbox", eur(900), usd(994)),
    ]


def test_refunds_in_many_steps_give_back_each_payment_to_the_cent() -> None:
    there = world()
    order = foreign(there)
    for _ in range(6):
        give(there, order, "7.77")
    give(there, order, "13.38")
    found = there.read(order)
    taken = gateways(found, PaymentKind.CAPTURE)
    for gateway, amount, shown in taken:
        back = [x for x in gateways(found, PaymentKind.REFUND) if x[0] == gateway]
        assert sum(each.amount for _, each, _ in back) == amount.amount
        assert shown is not None
        assert sum(each.amount for _, _, each in back if each) == shown.amount
    assert sum(r.shopper.amount for r in found.refunds if r.shopper) == 6633


@pytest.mark.parametrize(
    ("amount", "tenders"),
    [
        ("60.01", None),
        ("12.00", {"gift_card": "10.01", "sandbox": "1.99"}),
        ("12.00", {"gift_card": "1.00"}),
        ("1.00", {"voucher": "1.00"}),
    ],
)
def test_the_shop_gives_no_payment_more_back_than_it_took(
    amount: str, tenders: dict[str, Json] | None
) -> None:
    there = world()
    order = placed(there)
    with pytest.raises(ValueError, match=r"go back|exceeds"):
        give(there, order, amount, tenders=tenders)
    assert there.read(order).refunds == ()


def test_an_order_nobody_paid_gives_nothing_back() -> None:
    there = world()
    order = there.ordered(lines=CART, paid="authorization")
    line = order["lines"][0]["id"]  # type: ignore[index, call-overload]
    there.simulator.control("refund", order=order["id"], lines=[{"line": line}])
    (refund,) = there.read(order).refunds
    assert (refund.total, refund.payments, refund.lines[0].quantity) == (eur(0), (), 1)


def test_payments_of_an_order_that_changes_meanwhile_are_read_anew() -> None:
    there = world()
    order = foreign(there)
    give(there, order, "1.00")
    first = there.read(order)
    give(there, order, "2.00")
    again = there.read(order)
    assert [len(one.refunds) for one in (first, again)] == [1, 2]
    assert again.payments[: len(first.payments)] == first.payments
