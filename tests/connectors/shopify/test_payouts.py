"""Payouts of Shopify Payments: read by the movement, whatever lies between them."""

from datetime import timedelta

import pytest

from shared.connectors.shopify.payouts import Payouts
from shared.errors import AccessError, RejectedError
from shared.model.base import Json
from shared.model.books import PaidOut, Payout, PayoutKind
from shared.ports import Page
from tests.connectors.shopify.world import NOW, World, eur, world

DAY = NOW.date().isoformat()


def sold(there: World, price: str = "30.00", **more: Json) -> str:
    wish: Json = [{"title": "A", "price": price}]
    return str(there.ordered(lines=wish, **more)["id"])


def paid(there: World, state: str = "PAID") -> int:
    return int(str(there.simulator.control("pay_out", state=state)))


def heads(there: World) -> list[Payout]:
    """Those of them that left come last."""
    found = there.shop.payouts_since(None, page=None).items
    return sorted(found, key=lambda one: one.left)


def movements(there: World) -> Page[PaidOut]:
    return there.shop.movements_of(heads(there)[-1], page=None)


def test_a_payout_has_what_was_charged_and_given_back_with_its_fees() -> None:
    there = world()
    order = sold(there, gift_card="10.00")
    there.simulator.control("refund", order=int(order), lines=[], amount="12.00")
    number = paid(there)
    found = movements(there)
    assert [(one.order_id, one.line.kind, one.line.gross, one.line.fee) for one in found.items] == [
        (f"web:{order}", PayoutKind.CHARGE, eur(2000), eur(55)),
        (f"web:{order}", PayoutKind.REFUND, eur(200), eur(0)),
    ]
    assert {(one.line.payout, one.line.day) for one in found.items} == {(str(number), DAY)}
    assert (found.next, found.refused) == (None, [])


def test_only_what_has_left_is_a_payout() -> None:
    there = world()
    sold(there)
    number = paid(there, "SCHEDULED")
    assert heads(there) == []
    for state in ("IN_TRANSIT", "PAID"):
        there.simulator.control("payout_state", number=number, state=state)
        assert [(one.payout, one.state) for one in heads(there)] == [(str(number), state)]
    for state in ("FAILED", "CANCELED"):
        there.simulator.control("payout_state", number=number, state=state)
        assert [(one.state, one.left) for one in heads(there)] == [(state, False)]


def test_what_failed_is_paid_out_by_another_under_the_same_reference() -> None:
    there = world()
    sold(there)
    first = paid(there)
    before = movements(there).items[0].line
    there.simulator.control("payout_state", number=first, state="FAILED")
    second = paid(there)
    after = movements(there).items[0].line
    assert (before.reference, before.payout, after.payout) == (
        after.reference,
        str(first),
        str(second),
    )


def test_movements_and_payouts_are_read_page_by_page() -> None:
    there = world()
    orders = [sold(there, "1.00") for _ in range(103)]
    paid(there)
    for _ in range(26):
        paid(there)
    first = there.shop.payouts_since(None, page=None)
    second = there.shop.payouts_since(None, page=first.next)
    assert ([len(first.items), len(second.items)], second.next) == ([25, 2], None)
    one = there.shop.movements_of(first.items[0], page=None)
    two = there.shop.movements_of(first.items[0], page=one.next)
    assert [m.order_id for m in (*one.items, *two.items)] == [f"web:{name}" for name in orders]
    assert two.next is None


def test_a_poll_looks_back_for_payouts_that_changed_since() -> None:
    there = world()
    sold(there)
    number = paid(there, "SCHEDULED")
    there.clock.advance(days=29)
    there.simulator.control("payout_state", number=number, state="PAID")
    seen = there.shop.payouts_since(there.clock.now() - timedelta(minutes=10), page=None)
    assert [one.payout for one in seen.items] == [str(number)]
    there.clock.advance(days=2)
    assert there.shop.payouts_since(there.clock.now(), page=None).items == []


def test_what_is_of_no_order_is_left_and_what_is_no_payment_is_refused_by_its_type() -> None:
    there = world()
    order = sold(there)
    there.simulator.control("book", kind="ADJUSTMENT", amount="-3.00")
    number = there.simulator.control("book", kind="CHARGEBACK_HOLD", amount="-30.00", order=order)
    paid(there)
    found = movements(there)
    assert [one.line.kind for one in found.items] == [PayoutKind.CHARGE]
    [refusal] = found.refused
    assert (refusal.subject, refusal.field, refusal.value) == (
        str(number),
        "type",
        "CHARGEBACK_HOLD",
    )
    assert f"-30.00 EUR for order {order}" in refusal.message


def test_without_the_scope_the_shop_says_which_one_is_missing() -> None:
    there = world()
    there.simulator.control("grant_payouts", on=False)
    with pytest.raises(AccessError, match="read_shopify_payments_payouts"):
        heads(there)


def test_a_shop_without_shopify_payments_is_told_to_leave_the_setting_out() -> None:
    there = world()
    there.simulator.balance.activated = False
    with pytest.raises(RejectedError) as raised:
        heads(there)
    assert raised.value.field == "settings.payouts"


def test_a_day_is_that_of_the_retailer() -> None:
    there = world()
    sold(there)
    paid(there)
    api = there.shop._api  # noqa: SLF001 - the same shop, of a retailer elsewhere
    east = Payouts(api, there.clock, "web", "Pacific/Kiritimati", 30)
    [head] = east.since(None, page=None).items
    assert head.day == (NOW + timedelta(hours=14)).date().isoformat()
