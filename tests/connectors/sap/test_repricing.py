"""Amounts of sales orders at the simulated tenant: what is left costs what the shop says."""

from collections.abc import Sequence

import httpx
import pytest

from shared.connectors.sap import addresses
from shared.domain import amounts
from shared.domain.demand import AmendedOrder, Amendment, LineChange
from shared.model.base import Json
from shared.model.case import ErpHeader, PartAmounts
from shared.model.order import (
    Address,
    Customer,
    Discount,
    Order,
    Refund,
    RefundLine,
    ShippingLine,
    TaxLine,
)
from shared.model.order_terms import OrderTerms
from tests.connectors.sap.world import Tenant, hat, stock
from tests.domain.world import NOW
from tests.flows.world import gbp, order

HOME = Address(name="A. Shopper", lines=("1 Road",), city="London", postcode="N1", country="GB")
ITEMS = OrderTerms(freight_sku="FREIGHT", freight_tax_codes=("1",))


def tenant(sold: Order, *, ship_to_function: str = "") -> Tenant:
    made = Tenant(ship_to_function=ship_to_function)
    freight: dict[str, Json] = {"product": "FREIGHT", "title": "Freight", "product_type": "SERV"}
    made.load(materials=[hat("M"), hat("S"), freight], stock=[stock("HAT-M"), stock("HAT-S")])
    made.client.post_order(sold, "SHOP-77")
    made.seen.clear()
    return made


def sold(**over: object) -> Order:
    """Three for 10.00 less 3.00, on which come 5.40 of tax."""
    (line,) = order(("HAT-M", 3)).lines
    line = line.model_copy(
        update={
            "sku": "HAT-M",
            "unit_price": gbp(1000),
            "discounts": (Discount(title="sale", amount=gbp(300)),),
            "taxes": (TaxLine(title="VAT", amount=gbp(540)),),
        }
    )
    fields = {"lines": (line,), "taxes_included": False, "total": gbp(3240)} | over
    return order().model_copy(update=fields)


def post(price: int = 495, tax: int = 99) -> ShippingLine:
    return ShippingLine(
        title="Post", code="P", price=gbp(price), taxes=(TaxLine(title="VAT", amount=gbp(tax)),)
    )


def shipped(**over: object) -> Order:
    return sold(shipping=(post(),), total=gbp(3240 + 594), **over)


def refund(units: int, amount: int, tax: int) -> Refund:
    line = RefundLine(line_id="1", quantity=units, amount=gbp(amount), tax=gbp(tax), cancelled=True)
    return Refund(refund_id="9", created_at=NOW, total=gbp(amount + tax), lines=(line,))


def number(made: Tenant) -> str:
    return next(iter(made.simulator.tenant.orders.after(None))).number


def gross(made: Tenant) -> str:
    return str(next(iter(made.simulator.tenant.orders.after(None))).gross)


def amend(
    made: Tenant, wished: Order, *lines: LineChange, header: ErpHeader | None = None
) -> AmendedOrder:
    return made.client.amend_order(wished, number(made), Amendment(lines, header))


def brought(
    wished: Order, units: int, refunds: Sequence[Refund] = (), *, gone: int = 0
) -> LineChange:
    (line,) = wished.lines
    costs = amounts.left_of(wished, line, refunds, units) if units else None
    return LineChange("1", 1, units, "10", line, costs, gone)


def writes(made: Tenant) -> list[str]:
    return [
        f"{r.method} {r.url.path.rsplit('/', 1)[-1].split('(')[0]}"
        for r, _ in made.seen
        if r.method != "GET" and "A_" in r.url.path
    ]


def test_of_a_line_cancelled_in_part_discount_and_tax_go_with_the_units() -> None:
    made = tenant(sold())
    change = brought(sold(), 2, [refund(1, 900, 180)])
    answer = amend(made, sold(), change)
    assert gross(made) == "21.60"
    assert (answer.total, answer.nets) == (gbp(2160), {"10": gbp(1800)})
    amend(made, sold(), change)
    assert writes(made) == ["PATCH A_SalesOrderItem", *["PATCH A_SalesOrderItemPrElement"] * 2]


def test_each_write_names_the_tag_of_the_order_as_the_last_one_left_it() -> None:
    made = tenant(sold())
    amend(made, sold(), brought(sold(), 2, [refund(1, 900, 180)]))
    tags = [r.headers["if-match"] for r, _ in made.seen if r.method == "PATCH"]
    read = [a.headers["etag"] for _, a in made.seen if "etag" in a.headers]
    assert tags == read[: len(tags)]
    assert len(set(read)) == 4


def test_a_discount_that_is_taken_back_goes_and_one_that_is_given_comes() -> None:
    made = tenant(sold())
    (line,) = sold().lines
    without = sold(lines=(line.model_copy(update={"discounts": ()}),))
    amend(made, without, brought(without, 3))
    assert (gross(made), writes(made)[-1]) == ("35.40", "DELETE A_SalesOrderItemPrElement")
    amend(made, sold(), brought(sold(), 3))
    assert (gross(made), writes(made)[-1]) == ("32.40", "POST to_PricingElement")


def test_a_line_that_is_added_after_others_were_cancelled_costs_what_is_left_of_it() -> None:
    made = tenant(sold())
    line = sold().lines[0].model_copy(update={"line_id": "2", "sku": "HAT-S"})
    costs = PartAmounts(price=gbp(1000), off=gbp(100), tax=gbp(180))
    amend(made, sold(), LineChange("2", 2, 1, line=line, amounts=costs))
    assert gross(made) == "43.20"


def test_of_an_item_half_delivered_that_is_brought_to_what_left_that_much_is_owed() -> None:
    made = tenant(sold())
    made.simulator.control("deliver", order=number(made), items={"10": 2})
    (line,) = amend(made, sold(), brought(sold(), 2, [refund(1, 900, 180)], gone=2)).lines
    assert (line.units, line.rejected, line.refused) == (2, False, "")
    assert gross(made) == "21.60"


def test_where_more_left_than_was_heard_of_the_rest_is_rejected() -> None:
    made = tenant(sold())
    made.simulator.control("deliver", order=number(made), items={"10": 2})
    (line,) = amend(made, sold(), brought(sold(), 1, [refund(2, 1800, 360)], gone=1)).lines
    assert (line.units, line.rejected, line.refused) == (3, True, "")
    (again,) = amend(made, sold(), brought(sold(), 1, [refund(2, 1800, 360)], gone=1)).lines
    assert again == line


def test_what_was_invoiced_costs_what_it_did_and_that_is_said() -> None:
    made = tenant(sold())
    made.simulator.control("deliver", order=number(made))
    made.simulator.control("bill")
    (line,) = sold().lines
    without = sold(lines=(line.model_copy(update={"discounts": ()}),))
    (after,) = amend(made, without, brought(without, 3)).lines
    assert after.refused == "SAP: Item 10 has been invoiced completely"


@pytest.mark.parametrize("terms", [ITEMS, None])
def test_freight_ends_with_the_last_unit(terms: OrderTerms | None) -> None:
    made = tenant(shipped(terms=terms))
    assert gross(made) == "38.34"
    wished = shipped(terms=terms)
    for _ in range(2):
        answer = amend(made, wished, brought(wished, 0), header=ErpHeader())
    assert (gross(made), answer.total, answer.left) == ("0", gbp(0), ())
    assert len(writes(made)) == (2 if terms else 3)


@pytest.mark.parametrize("terms", [ITEMS, None])
def test_freight_that_an_edit_takes_away_changes_or_brings_back_is_followed(
    terms: OrderTerms | None,
) -> None:
    made = tenant(shipped(terms=terms))
    for wished, comes_to in (
        (sold(terms=terms), "32.40"),
        (sold(terms=terms, shipping=(post(600, 120),)), "39.60"),
        (sold(terms=terms, shipping=(post(700, 140),)), "40.80"),
    ):
        amend(made, wished, header=amounts.header(wished))
        assert gross(made) == comes_to


def test_freight_stays_where_goods_have_left() -> None:
    made = tenant(shipped())
    made.simulator.control("deliver", order=number(made), items={"10": 1})
    answer = amend(made, shipped(), brought(shipped(), 0), header=ErpHeader())
    assert (answer.left, answer.refused) == (("freight",), "")


def test_freight_that_was_invoiced_is_refused_in_sap_s_words() -> None:
    made = tenant(shipped())
    made.simulator.control("deliver", order=number(made), items={"10": 1})
    made.simulator.control("bill")
    wished = sold(shipping=(post(600, 120),))
    answer = amend(made, wished, header=amounts.header(wished))
    assert answer.left == ("freight",)
    assert answer.refused.endswith("has been invoiced in part")


def addressed(**over: object) -> Order:
    fields = {
        "terms": OrderTerms(send_address=True, shipping_condition="01"),
        "shipping_address": HOME,
        "customer": Customer(email="a@example.com"),
    }
    return sold(**(fields | over))


def test_where_goods_go_is_changed_whole_and_once() -> None:
    made = tenant(addressed(), ship_to_function="WE")
    moved = addressed(shipping_address=HOME.model_copy(update={"lines": (), "city": "Leeds"}))
    for _ in range(2):
        answer = amend(made, moved, header=amounts.header(moved))
    assert (answer.left, answer.refused) == ((), "")
    assert writes(made) == ["PATCH A_SalesOrderPartnerAddress"]
    (held,) = made.simulator.tenant.orders.of(number(made))
    address = moved.shipping_address
    assert address is not None
    assert held.addresses["WE"] == addresses.of_changed(address, "a@example.com")


def test_an_address_the_tenant_cannot_change_is_refused() -> None:
    made = tenant(addressed(shipping_address=None), ship_to_function="WE")
    answer = amend(made, addressed(), header=amounts.header(addressed()))
    assert answer.left == ("address",)
    assert "Address of partner WE" in answer.refused


def test_the_address_of_a_customer_of_his_own_is_a_person_s_to_change() -> None:
    made = tenant(sold())
    terms = OrderTerms(customer="create", account="9001")
    wished = addressed(terms=terms)
    answer = amend(made, wished, header=amounts.header(wished))
    assert answer.left == ("address",)
    assert answer.refused == "address: the address is that of the customer"


def test_another_way_of_sending_is_told() -> None:
    made = tenant(addressed())
    wished = addressed(terms=OrderTerms(send_address=True, shipping_condition="02"))
    amend(made, wished, header=amounts.header(wished))
    (held,) = made.simulator.tenant.orders.of(number(made))
    assert held.header["ShippingCondition"] == "02"


def test_a_condition_keeps_its_type_and_one_that_is_not_there_is_unknown() -> None:
    made = tenant(sold())
    amend(made, sold(), brought(sold(), 2, [refund(1, 900, 180)]))
    patch = next(r for r, _ in made.seen if r.method == "PATCH" and "PrElement" in r.url.path)
    held = next(iter(made.simulator.tenant.orders.after(None)))
    signed = {n: patch.headers[n] for n in ("authorization", "x-csrf-token", "cookie")}
    signed["if-match"] = held.etag
    for body, url, status in (
        ({"ConditionType": "PMP0"}, str(patch.url), 400),
        ({}, str(patch.url).replace("'1')", "'7')"), 404),
    ):
        again = httpx.Request("PATCH", url, json=body, headers=signed)
        assert made.simulator.handle(again).status_code == status
