from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import lifecycle, orders
from shared.model.case import Case, CaseState, ErpLine
from shared.model.money import Money
from shared.model.order import (
    Discount,
    Order,
    OrderLine,
    Shipment,
    ShipmentLine,
    ShippingLine,
    TaxLine,
)
from tests.domain.world import NOW


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")


def line(line_id: str = "1", quantity: int = 2, price: int = 1000, **over: object) -> OrderLine:
    fields: dict[str, object] = {
        "line_id": line_id,
        "channel_sku": f"SKU-{line_id}",
        "title": "Hat",
        "quantity": quantity,
        "unit_price": gbp(price),
    }
    return OrderLine.model_validate(fields | over)


def order(*lines: OrderLine, total: int | None = None, **over: object) -> Order:
    fields: dict[str, object] = {
        "channel": "shop",
        "external_id": "77",
        "number": "#77",
        "placed_at": NOW,
        "updated_at": NOW,
        "currency": "GBP",
        "taxes_included": True,
        "lines": lines or (line(),),
        "total": gbp(total or 0),
        "total_tax": gbp(0),
    }
    return Order.model_validate(fields | over)


def case(*lines: OrderLine, state: CaseState = CaseState.RELEASED, **over: object) -> Case:
    fields: dict[str, object] = {
        "order": order(*lines),
        "reference": "SHOP-77",
        "state": state,
        "captured_at": NOW,
    }
    return Case.model_validate(fields | over)


def shipment(*quantities: tuple[str, int], shipment_id: str = "80") -> Shipment:
    return Shipment(
        shipment_id=shipment_id,
        erp_order="5001",
        shipped_at=NOW,
        lines=tuple(
            ShipmentLine(erp_item=f"{line_id}0", sku="HAT-M", quantity=units, line_id=line_id)
            for line_id, units in quantities
        ),
    )


def test_goods_less_discounts_plus_freight_is_the_total() -> None:
    taken = order(
        line(discounts=(Discount(title="TENOFF", amount=gbp(300)),)),
        shipping=(ShippingLine(title="Post", code="P", price=gbp(495)),),
        total=2195,
    )
    assert orders.check_totals(taken, tolerance_minor=0) is None


def test_taxes_are_added_only_when_prices_do_not_contain_them() -> None:
    taxed = line(taxes=(TaxLine(title="VAT", amount=gbp(400)),))
    exclusive = order(taxed, total=2400, taxes_included=False)
    assert orders.check_totals(exclusive, tolerance_minor=0) is None
    assert orders.check_totals(order(taxed, total=2000), tolerance_minor=0) is None


def test_a_cent_of_difference_is_a_difference() -> None:
    differ = orders.check_totals(order(total=2001), tolerance_minor=0)
    assert differ == orders.TotalsDiffer(stated=gbp(2001), computed=gbp(2000))
    assert orders.check_totals(order(total=2001), tolerance_minor=1) is None


def test_a_mapping_fills_in_the_sku_and_drops_no_line() -> None:
    taken = order(line("1"), line("2"), line("3", channel_sku=""))
    known = orders.mapped(taken, {"SKU-1": "HAT-M"}, custom=None)
    assert [each.sku for each in known.lines] == ["HAT-M", None, None]
    assert orders.unmapped(known) == ("SKU-2", "custom line 'Hat'")


def test_a_line_without_a_code_becomes_the_article_for_custom_lines() -> None:
    known = orders.mapped(order(line(channel_sku="")), {}, custom="MISC")
    assert known.lines[0].sku == "MISC"


def test_the_reference_is_the_same_for_every_telling_of_an_order() -> None:
    again = order(updated_at=NOW + timedelta(days=1), total=5)
    assert orders.reference(order()) == orders.reference(again) == "SHOP-77"


def test_holds_are_what_is_ordered_less_what_has_left() -> None:
    taken = case(line("1", 5, sku="HAT-M"), line("2", 1, sku="CAP"))
    open_holds = orders.holds(
        taken.model_copy(update={"shipments": (shipment(("1", 3)),)}), location="london"
    )
    assert {name: hold.quantity for name, hold in open_holds.items()} == {
        "shop:77/1": 2,
        "shop:77/2": 1,
    }


def test_a_cancelled_order_holds_nothing() -> None:
    assert orders.holds(case(line(sku="HAT-M"), state=CaseState.CANCELLED), location="x") == {}


def test_a_line_is_held_where_the_channel_says() -> None:
    held = orders.holds(case(line(sku="HAT-M", location="leeds")), location="london")
    assert [hold.location for hold in held.values()] == ["leeds"]


def test_a_shipment_finds_its_lines_through_the_items_of_the_erp() -> None:
    taken = case(line("1"), erp_lines={"1": ErpLine(item="10", place=1, units=1)})
    bare = shipment(("1", 1)).model_copy(
        update={"lines": (ShipmentLine(erp_item="10", sku="HAT-M", quantity=1),)}
    )
    assert orders.resolved(taken, bare).lines[0].line_id == "1"


@given(parts=st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_an_order_is_shipped_exactly_when_every_unit_has_left(parts: list[int]) -> None:
    known = ErpLine(item="10", place=1, units=sum(parts))
    taken = case(
        line("1", sum(parts), sku="HAT-M"),
        state=CaseState.ACCEPTED,
        erp_order="5001",
        erp_lines={"1": known},
    )
    for i, units in enumerate(parts):
        gone = shipment(("1", units), shipment_id=str(i))
        taken = taken.model_copy(update={"shipments": (*taken.shipments, gone)})
        last = i == len(parts) - 1
        expected = CaseState.SHIPPED if last else CaseState.PARTLY_SHIPPED
        assert lifecycle.settled(taken, now=NOW).state is expected
        left = sum(h.quantity for h in orders.holds(taken, location="london").values())
        assert left == sum(parts[i + 1 :])


@given(hops=st.integers(1, 150))
def test_a_timeline_stays_short_and_keeps_its_beginning_and_end(hops: int) -> None:
    taken = case()
    for i in range(hops):
        taken = orders.noted(taken, f"hop {i}", now=NOW)
    assert len(taken.timeline) == min(hops, orders.TIMELINE_MAX)
    assert taken.timeline[0].what == "hop 0"
    assert taken.timeline[-1].what == f"hop {hops - 1}"
    gaps = [hop.detail for hop in taken.timeline if hop.what == orders.CUT]
    assert gaps == [f"{hops - 59} steps are left out"] * (hops > orders.TIMELINE_MAX)
    assert orders.ever(taken, "never") is bool(gaps)
    assert orders.ever(taken, "hop 0")
