"""Orders that change: edited, paid later, on terms, judged by their risk."""

from datetime import timedelta

import pytest

from shared.domain import orders, payments
from shared.domain.payments import PaymentState
from shared.model.base import Json
from shared.model.order import FraudVerdict, Order
from tests.connectors.shopify.world import World, world
from tests.domain.world import NOW

LINES: Json = [
    {"title": "A", "price": "5.00", "quantity": 3, "sku": "A"},
    {"title": "B", "price": "2.00", "quantity": 1, "sku": "B"},
]


def read(there: World, placed: dict[str, Json]) -> Order:
    found = there.read(placed)
    assert found is not None
    return found


def units(order: Order) -> dict[str, int]:
    return {line.channel_sku: line.quantity for line in order.lines}


def paid(order: Order) -> PaymentState:
    return payments.state_of(order, order.payments, now=NOW)


def test_units_an_edit_removes_are_no_part_of_the_order_and_its_total_agrees() -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    there.simulator.control("edit", order=placed["id"], sku="A", quantity=1)
    order = read(there, placed)
    assert units(order) == {"A": 1, "B": 1}
    assert orders.check_totals(order, tolerance_minor=0) is None


@pytest.mark.parametrize("included", [True, False])
def test_of_removed_units_discount_and_tax_go_too_and_the_total_agrees(included: bool) -> None:  # noqa: FBT001
    """The shop says allocations of all units that ever were, removed ones too."""
    there = world()
    sale: Json = {"amount": "2.00", "title": "sale"}
    placed = there.ordered(
        lines=LINES, discount=sale, tax_rate="0.19", taxes_included=included, paid="nothing"
    )
    whole = read(there, placed)
    there.simulator.control("edit", order=placed["id"], sku="A", quantity=2)
    order = read(there, placed)
    assert orders.check_totals(order, tolerance_minor=0) is None
    before, after = (each.lines[0] for each in (whole, order))
    off = before.discounts[0].amount.amount
    assert abs(after.discounts[0].amount.amount - off * 2 / 3) < 1
    assert abs(after.taxes[0].amount.amount - before.taxes[0].amount.amount * 2 / 3) < 1


def test_an_edit_that_was_undone_leaves_its_trace() -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    for quantity in (3, 2):
        there.simulator.control("edit", order=placed["id"], sku="A", quantity=quantity)
    told = read(there, placed)
    assert [(line.quantity, line.removed) for line in told.lines] == [(2, 1), (1, 0)]


def test_a_line_that_is_edited_away_and_one_that_is_added() -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    there.simulator.control("edit", order=placed["id"], sku="B", quantity=0)
    there.simulator.control("edit", order=placed["id"], sku="C", quantity=2, price="1.50")
    order = read(there, placed)
    assert units(order) == {"A": 3, "C": 2}
    assert order.total.amount == 3 * 500 + 2 * 150


def test_refunded_units_are_still_part_of_what_was_ordered() -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    there.simulator.control("refund", order=placed["id"], lines=[{"sku": "A", "quantity": 2}])
    order = read(there, placed)
    assert units(order) == {"A": 3, "B": 1}
    (refund,) = order.refunds
    assert [(line.quantity, line.cancelled) for line in refund.lines] == [(2, True)]


def test_units_that_left_cannot_be_edited_away() -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    order = there.simulator.shop.orders[int(str(placed["id"]))]
    for placement in order.placements:
        for line in placement.lines:
            line.remaining = 0
    with pytest.raises(ValueError, match="fulfilled already"):
        there.simulator.control("edit", order=placed["id"], sku="A", quantity=1)


@pytest.mark.parametrize(
    ("recommendation", "verdict"),
    [
        ("NONE", FraudVerdict.NONE),
        ("ACCEPT", FraudVerdict.APPROVED),
        ("INVESTIGATE", FraudVerdict.PENDING),
        ("CANCEL", FraudVerdict.REJECTED),
    ],
)
def test_what_the_shop_recommends_is_the_verdict(
    recommendation: str, verdict: FraudVerdict
) -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    there.simulator.control("assess", order=placed["id"], recommendation=recommendation)
    assert read(there, placed).fraud is verdict


def test_an_authorisation_holds_until_it_expires_or_is_captured() -> None:
    there = world()
    until = (NOW - timedelta(hours=1)).isoformat()
    placed = there.ordered(lines=LINES, paid="authorization", expires_at=until)
    assert paid(read(there, placed)) is PaymentState.EXPIRED
    there.simulator.control("pay", order=placed["id"])
    assert paid(read(there, placed)) is PaymentState.CAPTURED


def test_an_order_on_terms_is_to_be_paid_later() -> None:
    there = world()
    placed = there.ordered(lines=LINES, paid="nothing", terms_days=30)
    order = read(there, placed)
    assert order.terms_days == 30
    assert paid(order) is PaymentState.ON_TERMS


def test_an_order_all_of_which_was_edited_away_counts_as_cancelled() -> None:
    there = world()
    placed = there.ordered(lines=LINES)
    for sku in ("A", "B"):
        there.simulator.control("edit", order=placed["id"], sku=sku, quantity=0)
    order = read(there, placed)
    assert order.cancelled_at == order.updated_at
    assert units(order) == {"A": 3, "B": 1}
