"""Reading orders from the shop: short ones in one call, long ones page by page."""

from datetime import timedelta

import pytest

from sandbox.vendors.shopify.simulator import Plan
from shared.domain.orders import check_totals
from shared.errors import RetryableError, ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.model.base import Json
from shared.model.order import Order
from tests.connectors.shopify.world import NOW, World, jacket, mug, retailer, world
from tests.fakes import FreePacer, MemoryStore, SetClock

CUSTOMER: Json = {"name": "Ada", "email": "ada@example.com", "city": "London", "country": "GB"}


def custom(count: int) -> list[Json]:
    return [{"title": f"Line {i}", "price": f"{i + 1}.07", "quantity": 2} for i in range(count)]


def with_prices(there: World, **levels: int) -> None:
    there.list(jacket("M", "L"))
    for sku in ("TJ-M", "TJ-L"):
        there.simulator.control("set_price", sku=sku, price=11900)
        for place, name in (("1", "london"), ("2", "leeds")):
            there.simulator.control(
                "set_stock",
                sku=sku,
                location=f"gid://shopify/Location/{place}",
                available=levels.get(name, 0),
            )


def test_a_short_order_is_one_call() -> None:
    there = world()
    with_prices(there, london=9)
    placed = there.ordered(lines=[{"sku": "TJ-M"}], customer=CUSTOMER)
    before = len(there.wire.sent)
    order = there.read(placed)
    assert len(there.wire.sent) - before == 1
    assert (order.channel, order.external_id) == ("web", str(placed["id"]))
    assert order.customer.email == "ada@example.com"
    assert order.shipping_address is not None
    assert order.shipping_address.country == "GB"


def test_an_order_can_be_asked_for_by_its_global_id() -> None:
    there = world()
    placed = there.ordered(lines=custom(1))
    assert there.shop.read_order(str(placed["gid"])) == there.read(placed)


def test_an_order_the_shop_does_not_have_is_none() -> None:
    assert world().shop.read_order("404") is None


@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize("rate", ["0", "0.07", "0.19", "0.255"])
def test_goods_discounts_freight_and_taxes_add_up(included: bool, rate: str) -> None:  # noqa: FBT001
    there = world()
    placed = there.ordered(
        lines=[*custom(3), {"title": "Gift", "price": "5.55", "discount": {"amount": "1.11"}}],
        shipping={"price": "4.95"},
        discount={"code": "TEN", "amount": "3.34"},
        taxes_included=included,
        tax_rate=rate,
    )
    order = there.read(placed)
    assert order.total.amount == placed["total"]
    assert order.total_tax.amount == placed["tax"]
    assert check_totals(order, tolerance_minor=0) is None
    assert order.discounts().amount == 334 + 111


def test_a_line_lies_where_the_shop_sends_it_from() -> None:
    there = world()
    with_prices(there, leeds=3)
    order = there.read(there.ordered(lines=[{"sku": "TJ-M", "quantity": 2}]))
    assert [line.location for line in order.lines] == ["leeds"]


def test_a_line_sent_from_a_place_nobody_mapped_has_no_location() -> None:
    there = world()
    with_prices(there)
    york = there.simulator.control("add_location", name="York")
    there.simulator.control("add_location", name="Hull")
    assert york == "gid://shopify/Location/3"
    variant = there.simulator.shop.variants[there.simulator.shop.skus["TJ-M"]]
    variant.levels[3] = type(next(iter(variant.levels.values())))(available=1)
    order = there.read(there.ordered(lines=[{"sku": "TJ-M"}]))
    assert [line.location for line in order.lines] == [None]


def test_an_order_of_650_lines_is_read_whole() -> None:
    there = world()
    placed = there.ordered(lines=custom(650), tax_rate="0.2")
    order = there.read(placed)
    assert len(order.lines) == 650
    assert order.total.amount == placed["total"]
    assert check_totals(order, tolerance_minor=0) is None
    assert max(cost for _, cost in there.wire.stated) <= 1000


def test_a_long_order_is_finished_although_a_bucket_holds_fewer_points_than_it_costs() -> None:
    clock = SetClock(NOW)
    ours = retailer()
    pacer = LeasedPacer(ours.connection("shop"), MemoryStore(), clock)
    there = world(pacer=pacer, plan=Plan(points_per_second=100, bucket=2000))
    placed = there.ordered(lines=custom(650))
    order = None
    for _ in range(40):
        try:
            order = there.read(placed)
            break
        except ThrottledError as error:
            after = error.after or timedelta(seconds=1)
            clock.at += after
            there.clock.at += after
    assert order is not None
    assert len(order.lines) == 650
    assert there.counter("throttled") == 0
    assert there.wire.operations().count("OrderRead") == 1


def test_an_order_that_changes_while_it_is_read_is_read_again() -> None:
    there = world(pacer=(pacer := FreePacer(left=100_000)))
    placed = there.ordered(lines=custom(100))
    pacer.left = 132 + 403
    with pytest.raises(ThrottledError):
        there.read(placed)
    there.clock.advance(minutes=1)
    there.simulator.control("cancel", order=placed["id"])
    pacer.left = 100_000
    order = there.read(placed)
    assert order.cancelled_at is not None
    assert len(order.lines) == 100


def test_an_order_that_changes_between_two_pages_is_to_be_tried_again() -> None:
    there = world()
    placed = there.ordered(lines=custom(100))

    class Meddling(FreePacer):
        def take(self, cost: int) -> None:
            super().take(cost)
            if cost > 132:  # the second page; the first of any order costs that
                there.clock.advance(seconds=1)
                there.simulator.control("cancel", order=placed["id"])

    other = world(pacer=Meddling())
    other.wire.simulator = there.simulator
    with pytest.raises(RetryableError, match="changed"):
        other.shop.read_order(str(placed["id"]))


def test_lines_of_a_long_order_keep_their_locations() -> None:
    there = world(order_lines=5)
    sizes = [f"S{i}" for i in range(130)]
    there.list(jacket(*sizes))
    for size in sizes:
        there.simulator.control(
            "set_stock", sku=f"TJ-{size}", location="gid://shopify/Location/2", available=1
        )
    placed = there.ordered(lines=[{"sku": f"TJ-{size}", "price": "1.00"} for size in sizes])
    assert {line.location for line in there.read(placed).lines} == {"leeds"}


def test_an_order_split_over_more_places_than_come_with_it_is_read_whole() -> None:
    there = world()
    there.list(mug())
    variant = there.simulator.shop.variants[there.simulator.shop.skus["MUG"]]
    for i in range(3, 8):
        there.simulator.control("add_location", name=f"Place {i}")
    level = type(next(iter(variant.levels.values())))
    variant.levels = {place: level(available=1) for place in there.simulator.shop.locations}
    placed = there.ordered(lines=[{"sku": "MUG", "quantity": 7, "price": "1.00"}])
    before = len(there.wire.sent)
    order = there.read(placed)
    assert order.lines[0].quantity == 7
    assert there.wire.operations()[before:] == ["OrderRead", "Placements", "Placements"]


def test_refunds_are_read_with_their_lines() -> None:
    there = world()
    placed = there.ordered(lines=custom(3), tax_rate="0.2")
    there.simulator.control("refund", order=placed["id"], lines=[{"line": _line(placed, 0)}])
    there.simulator.control(
        "refund", order=placed["id"], lines=[{"line": _line(placed, 1)}], restock=False
    )
    order = there.read(placed)
    assert [refund.lines[0].restock for refund in order.refunds] == [True, False]
    assert [refund.total for refund in order.refunds] == [
        refund.lines[0].amount for refund in order.refunds
    ]
    assert [payment.kind for payment in order.payments] == ["capture", "refund", "refund"]


def test_a_refund_of_many_lines_is_read_whole() -> None:
    there = world()
    placed = there.ordered(lines=custom(130))
    rows: Json = [{"line": _line(placed, i)} for i in range(130)]
    there.simulator.control("refund", order=placed["id"], lines=rows)
    assert len(there.read(placed).refunds[0].lines) == 130


def test_more_refunds_than_come_with_an_order_are_all_read() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "Sweet", "price": "0.50", "quantity": 20}])
    for _ in range(12):
        there.simulator.control("refund", order=placed["id"], lines=[{"line": _line(placed, 0)}])
    order = there.read(placed)
    assert (len(order.refunds), len(order.payments)) == (12, 13)


def _line(placed: dict[str, Json], index: int) -> Json:
    lines = placed["lines"]
    assert isinstance(lines, list)
    row = lines[index]
    assert isinstance(row, dict)
    return row["id"]


def drained(there: World, **since: int) -> list[Order]:
    """Every page of a poll."""
    start = NOW + timedelta(**since) if since else None
    found: list[Order] = []
    page: str | None = None
    while True:
        answer = there.shop.orders_since(start, page=page)
        found += answer.items
        page = answer.next
        if page is None:
            return found


def test_a_poll_pages_through_every_order_in_the_order_of_change() -> None:
    there = world()
    placed = []
    for _ in range(11):
        placed.append(str(there.ordered(lines=custom(2))["id"]))
        there.clock.advance(seconds=1)
    there.simulator.control("cancel", order=placed[0])
    assert [order.external_id for order in drained(there)] == [*placed[1:], placed[0]]


def test_a_poll_asks_only_for_what_changed_since() -> None:
    there = world()
    there.ordered(lines=custom(1))
    there.clock.advance(hours=1)
    late = there.ordered(lines=custom(1))
    assert [order.external_id for order in drained(there, minutes=30)] == [str(late["id"])]


def test_a_poll_finishes_long_orders_too() -> None:
    there = world()
    there.ordered(lines=custom(120))
    assert len(drained(there)[0].lines) == 120


def test_an_order_of_a_test_gateway_is_refused_and_hides_no_other() -> None:
    there = world()
    test = there.ordered(lines=custom(1), test=True)
    real = there.ordered(lines=custom(1))
    page = there.shop.orders_since(None, page=None)
    assert [order.external_id for order in page.items] == [str(real["id"])]
    [refusal] = page.refused
    assert (refusal.subject, refusal.field) == (str(test["id"]), "test")
    assert refusal.remedy


def test_orders_of_a_test_gateway_can_be_accepted() -> None:
    there = world(test_orders="accept")
    placed = there.ordered(lines=custom(1), test=True)
    assert there.read(placed).external_id == str(placed["id"])


def test_a_poll_never_costs_more_than_a_single_call_may() -> None:
    for lines in (1, 10, 40):
        there = world(order_lines=lines)
        there.ordered(lines=custom(1))
        there.shop.orders_since(None, page=None)
        assert max(cost for _, cost in there.wire.stated) <= 1000
