"""What is left of an order: exactly what was sold less what went back for what was cancelled."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import amounts, demand, lifecycle
from shared.domain.demand import Amendment
from shared.model.case import Case, CaseState, ErpHeader, ErpLine, PartAmounts
from shared.model.money import split
from shared.model.order import (
    Address,
    Discount,
    Order,
    OrderLine,
    Refund,
    RefundLine,
    ShippingLine,
    TaxLine,
)
from shared.model.order_terms import OrderTerms
from tests.domain.world import NOW
from tests.flows.world import gbp, order

HOME = Address(city="London", country="GB")
MINOR = st.integers(0, 5000)


def line(
    units: int = 3, price: int = 1000, off: int = 300, tax: int = 540, line_id: str = "1"
) -> OrderLine:
    return OrderLine(
        line_id=line_id,
        channel_sku="HAT-M",
        title="Hat",
        sku="HAT-M",
        quantity=units,
        unit_price=gbp(price),
        discounts=(Discount(title="sale", amount=gbp(off)),) if off else (),
        taxes=(TaxLine(title="VAT", amount=gbp(tax)),) if tax else (),
    )


def post(price: int = 495, tax: int = 0, code: str = "P") -> ShippingLine:
    taxes = (TaxLine(title="VAT", amount=gbp(tax)),) if tax else ()
    return ShippingLine(title="Post", code=code, price=gbp(price), taxes=taxes)


def sold(*lines: OrderLine, **over: object) -> Order:
    made = order(taxes_included=False)
    parts = lines or (line(),)
    shipping = over.get("shipping", ())
    costs = [amounts.of_line(made, x).gross(x.quantity).amount for x in parts]
    carried = [x.price.amount + sum(t.amount.amount for t in x.taxes) for x in shipping]  # type: ignore[attr-defined]
    return made.model_copy(update={"lines": parts, "total": gbp(sum(costs + carried))} | over)


def back(units: int, amount: int = 0, tax: int = 0, line_id: str = "1") -> Refund:
    part = RefundLine(
        line_id=line_id, quantity=units, amount=gbp(amount), tax=gbp(tax), cancelled=True
    )
    return Refund(refund_id="9", created_at=NOW, total=gbp(0), lines=(part,))


def taken(of: Order, **over: object) -> Case:
    """The order as the ERP has just taken it."""
    held = {
        x.line_id: ErpLine(item=f"{i}0", place=i, units=x.quantity)
        for i, x in enumerate(of.lines, 1)
    }
    case = Case(
        order=of,
        reference="SHOP-77",
        state=CaseState.ACCEPTED,
        erp_order="5001",
        erp_lines=held,
        captured_at=NOW,
    )
    return case.model_copy(update=over)


def told(case: Case, later: Order) -> Case:
    return lifecycle.settled(case.model_copy(update={"told": later}), now=NOW)


def done(case: Case, wish: Amendment) -> Case:
    """The ERP did all that was asked."""
    lines = {
        x.line_id: ErpLine(
            item=f"{x.place}0",
            place=x.place,
            units=x.units,
            rejected=not x.units,
            amounts=x.amounts,
        )
        for x in wish.lines
    }
    case = lifecycle.amended(case, lines)
    if wish.header is not None:
        case = case.model_copy(update={"erp_header": wish.header})
    return lifecycle.settled(case, now=NOW)


@given(
    units=st.integers(1, 5),
    price=MINOR,
    share=st.integers(0, 100),
    tax=MINOR,
    data=st.data(),
)
def test_what_is_left_and_what_was_cancelled_sum_to_what_was_sold(
    units: int, price: int, share: int, tax: int, data: st.DataObject
) -> None:
    one = line(units, price, price * units * share // 100, tax)
    whole, of = amounts.of_line(sold(one), one).gross(units), sold(one)
    kept = data.draw(st.integers(0, units - 1))
    net = whole.amount - tax
    gone, vat = (split(amount, [1] * units)[kept:] for amount in (net, tax))
    left = amounts.left_of(of, one, [back(units - kept, sum(gone), sum(vat))], kept)
    assert left.gross(kept).amount + sum(gone) + sum(vat) == whole.amount


@given(kept=st.integers(0, 4), price=MINOR, tax=MINOR)
def test_where_a_channel_does_not_say_what_went_back_units_share_to_the_minor_unit(
    kept: int, price: int, tax: int
) -> None:
    one = line(5, price, 0, tax)
    left = amounts.left_of(sold(one), one, [back(5 - kept)], kept)
    exact = price * kept, tax * kept / 5
    assert left.price * kept - left.off == gbp(exact[0])
    assert abs(left.tax.amount - exact[1]) < 1


def test_of_prices_that_contain_the_tax_only_these_are_told() -> None:
    one = line(3, 1000, 300, 450)
    of = sold(one, taxes_included=True, total=gbp(2700))
    assert amounts.left_of(of, one, [back(1, 900, 150)], 2) == PartAmounts(
        price=gbp(1000), off=gbp(200), tax=gbp(0)
    )


def test_units_cancelled_before_they_left_take_their_discount_and_tax_along() -> None:
    case = taken(sold(), refunds=(back(1, 900, 180),))
    wish = demand.amendment(case)
    (change,) = wish.lines
    assert (change.units, change.amounts) == (
        2,
        PartAmounts(price=gbp(1000), off=gbp(200), tax=gbp(360)),
    )
    after = done(case, wish)
    assert amounts.due(after) == gbp(2160)
    assert not demand.amendment(after)


def test_what_nobody_changed_is_not_asked_for_and_costs_the_case_nothing() -> None:
    case = taken(sold(shipping=(post(),)))
    assert not demand.amendment(case)
    assert not demand.amendment(told(case, case.order))
    kept = told(case, case.order).model_dump(mode="json")
    assert not {"erp_header", "refused_header"} & kept.keys()
    assert "amounts" not in kept["erp_lines"]["1"]


def test_a_discount_given_after_the_erp_took_the_order_is_asked_for() -> None:
    later = sold(line(off=500))
    case = told(taken(sold()), later)
    wish = demand.amendment(case)
    assert [(x.units, x.amounts and x.amounts.off) for x in wish.lines] == [(3, gbp(500))]
    after = done(case, wish)
    assert (after.told, after.order.total, amounts.due(after)) == (None, later.total, later.total)


def test_an_amount_of_goods_that_left_is_asked_for_too() -> None:
    gone = ErpLine(item="10", place=1, units=3, delivered=True)
    case = told(taken(sold(), erp_lines={"1": gone}), sold(line(off=500)))
    assert [x.units for x in demand.changes(case)] == [3]


def test_freight_ends_with_the_last_unit_and_stays_with_what_left() -> None:
    whole = sold(shipping=(post(),), terms=OrderTerms(freight_sku="F", freight_tax_codes=("1",)))
    end = whole.model_copy(update={"cancelled_at": NOW})
    wish = demand.amendment(told(taken(whole), end))
    assert (wish.lines[0].units, wish.header) == (0, ErpHeader())
    after = done(told(taken(whole), end), wish)
    assert (after.state, amounts.due(after)) == (CaseState.CANCELLED, gbp(0))
    left = taken(whole).erp_lines["1"].model_copy(update={"delivered": True})
    assert demand.amendment(told(taken(whole, erp_lines={"1": left}), end)).header is None


def test_freight_an_edit_takes_away_is_asked_for_by_its_tax_code() -> None:
    terms = OrderTerms(freight_sku="F", freight_tax_codes=("1", "2"))
    before = sold(shipping=(post(), post(200)), terms=terms)
    later = sold(shipping=(post(),), terms=terms.model_copy(update={"freight_tax_codes": ("1",)}))
    wish = demand.amendment(told(taken(before), later)).header
    assert wish is not None
    assert {code: part.price for code, part in wish.freight.items()} == {"1": gbp(495)}


def test_another_address_matters_while_goods_are_to_leave_and_never_if_it_is_blanked() -> None:
    terms = OrderTerms(send_address=True)
    before = sold(terms=terms, shipping_address=HOME)
    moved = before.model_copy(update={"shipping_address": HOME.model_copy(update={"city": "Ely"})})
    wish = demand.amendment(told(taken(before), moved)).header
    assert wish is not None
    assert wish.address == moved.shipping_address
    for blank in (None, Address(name="A")):
        gone = before.model_copy(update={"shipping_address": blank})
        assert not demand.amendment(told(taken(before), gone))
    unsaid = sold(shipping_address=HOME)
    elsewhere = moved.model_copy(update={"terms": None})
    assert not demand.amendment(told(taken(unsaid), elsewhere))


def test_what_the_erp_did_not_take_is_remembered_once_the_order_is_as_told() -> None:
    case = told(taken(sold()), sold(line(off=500)))
    costs = demand.changes(case)[0].amounts
    held = case.erp_lines["1"].model_copy(update={"refused": 3, "refused_amounts": costs})
    after = lifecycle.settled(lifecycle.amended(case, {"1": held}), now=NOW)
    assert after.told is None
    assert not demand.amendment(after)
    assert amounts.known_line(after, "1") == amounts.of_line(sold(), line())
    assert demand.amendment(told(after, sold(line(off=600))))


def test_a_total_beside_its_parts_stays_beside_what_is_left() -> None:
    """Such as a tip, which is no line of ours."""
    of = sold()
    tipped = of.model_copy(update={"total": of.total + gbp(1)})
    assert amounts.due(taken(tipped)) == tipped.total
