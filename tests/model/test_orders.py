from hypothesis import given

from shared.model.case import Intent, IntentKind, IntentState
from shared.model.order import Discount, Order, ShippingLine, TaxLine
from shared.model.target import TargetState
from tests.factories import (
    make_case,
    make_hold,
    make_hold_card,
    make_issue,
    make_line,
    make_money,
    make_order,
    make_target,
)
from tests.strategies import orders


def intent(name: str, state: IntentState) -> Intent:
    return Intent(
        intent_id=name,
        kind=IntentKind.POST_ORDER,
        connection="erp",
        reference="SW-77",
        state=state,
    )


def test_an_order_is_known_by_its_channel_and_its_number_there() -> None:
    assert make_order(channel="shop", external_id="4711").order_id == "shop:4711"


def test_an_order_adds_up_its_goods_freight_discounts_and_taxes() -> None:
    line = make_line(
        quantity=3,
        unit_price=make_money(1000),
        discounts=(Discount(title="ten", amount=make_money(300)),),
        taxes=(TaxLine(title="VAT", amount=make_money(450)),),
    )
    freight = ShippingLine(
        title="Post",
        code="post",
        price=make_money(500),
        discounts=(Discount(title="half", amount=make_money(250)),),
        taxes=(TaxLine(title="VAT", amount=make_money(50)),),
    )
    order = make_order(lines=(line, make_line(line_id="2", quantity=1)), shipping=(freight,))
    assert order.goods() == make_money(3000 + 1999)
    assert order.freight() == make_money(500)
    assert order.discounts() == make_money(550)
    assert order.taxes() == make_money(500)


@given(order=orders())
def test_every_sum_of_an_order_is_in_its_currency(order: Order) -> None:
    sums = (order.goods(), order.freight(), order.discounts(), order.taxes())
    assert {money.currency for money in sums} == {order.currency}


def test_holds_are_counted_by_location() -> None:
    card = make_hold_card(
        make_hold(line_id="1", quantity=2),
        make_hold(line_id="2", quantity=3),
        make_hold(line_id="3", quantity=7, location="leeds"),
    )
    assert (card.at("london"), card.at("leeds"), card.at("york")) == (5, 7, 0)


def test_an_intent_is_open_until_it_is_applied_or_rejected() -> None:
    states = {state for state in IntentState if intent("post", state).open}
    assert states == {IntentState.PLANNED, IntentState.SENT, IntentState.IN_DOUBT}


def test_an_intent_of_a_case_is_found_by_its_name() -> None:
    posted, told = intent("post", IntentState.APPLIED), intent("ship-80", IntentState.PLANNED)
    case = make_case(intents=(posted, told))
    assert case.intent("ship-80") == told
    assert case.intent("ship-81") is None


def test_an_exception_is_one_by_its_kind_and_subject() -> None:
    assert make_issue(subject="shop/HAT-X").issue_id == "unmapped_sku#shop/HAT-X"


def test_a_target_is_dirty_until_the_channel_applied_or_rejected_it() -> None:
    dirty = {state for state in TargetState if make_target(state=state).dirty}
    assert dirty == {TargetState.DIRTY, TargetState.IN_DOUBT}
